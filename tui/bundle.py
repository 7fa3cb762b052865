"""An incident in a file: what the screen shows, what is wrong, versions and health; no secrets, no personal data."""

import re
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import orjson

from scaicontrol import __version__
from scaicontrol.core import leases
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import attention

from .door import Door
from .health import troubles
from .verbs import Row

_HIDDEN: Final = "[redacted]"
_PERSONAL: Final = re.compile(
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+"  # a mail address
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"  # an IBAN
    r"|\b(?:sk|pk|rk|whsec|live|test)_\w{8,}"  # a key of a provider, a secret of a subscriber
    r"|\beyJ[\w-]+\.[\w.-]+"  # a token
    r"|(?i:\bbearer +|\b(?:token|secret|password|key) *[=:] *)\S+"
    r"|(?<=://)[^/\s@]+@"  # who signs in at an address
    r"|\?\S*"  # what an address asks
    r"|\+\d[\d ]{7,}\d"  # a phone number
)


def redacted(text: str) -> str:
    """Blank what names a person or opens a door; ids stay, since whoever reads it must find the rows."""
    return _PERSONAL.sub(_HIDDEN, text)


async def write(door: Door, where: Path, crumbs: Sequence[str], rows: Sequence[Row], names: frozenset[int]) -> Path:
    """
    Write the bundle beside whoever looks, readable by them alone; gives its path.

    `names` are the columns that hold what people and companies are called.
    """
    now = door.backend.clock.now()
    told = {
        "taken_at": now,
        "taken_by": door.actor.id,
        "versions": {"scaicontrol": __version__, "textual": version("textual")},
        "screen": [redacted(crumb) for crumb in crumbs],
        "rows": [_shown(row, names) for row in rows],
        "away": await troubles(door.backend),
        **await _wrong(door, now),
    }
    path = where / f"scaicontrol-incident-{now:%Y%m%dT%H%M%SZ}.json"
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    return path


def _shown(row: Row, names: frozenset[int]) -> dict[str, object]:
    cells = [_HIDDEN if at in names else redacted(str(cell)) for at, cell in enumerate(row.cells)]
    return {"id": row.id, "status": row.status, "cells": cells, "about": row.about, "allows": sorted(row.actions)}


async def _wrong(door: Door, now: datetime) -> dict[str, object]:
    """Name the findings with their first ids, and the jobs whose last run failed."""

    async def read(uow: UnitOfWork) -> dict[str, object]:
        found = await attention.findings(uow)
        jobs = await leases.jobs(uow) if uow.actor.may("jobs:read") else []
        return {
            "findings": [
                {
                    "key": each.key,
                    "severity": each.severity,
                    "count": each.count,
                    "at_risk": each.at_risk,
                    "hurts_at": each.hurts_at,
                    "first": [example.id for example in each.examples[:10]],
                }
                for each in found
            ],
            "failed_jobs": [
                {"name": job.name, "ended": job.last_finished_at, "result": redacted(job.last_result or "")}
                for job in jobs
                if job.has_failed or job.lateness(now)
            ],
        }

    return await door.ask(read)
