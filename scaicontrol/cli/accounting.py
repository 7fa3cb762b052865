"""Accounting integrations, and exports that prove themselves."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import accounting
from scaicontrol.services.accounting.schemas import IntegrationOut, SyncIn, TestReport

from .door import command, progress
from .moments import day_option

app = typer.Typer(name="accounting", no_args_is_help=True, help="Exports to the books, and archives.")

From = Annotated[date | None, day_option("--from", help="The first day.")]
To = Annotated[date | None, day_option("--to", help="The last day, included.")]


@command(app, "list")
async def list_(uow: UnitOfWork, partner: str | None = None) -> list[dict[str, object]]:
    """List integrations."""
    found = [IntegrationOut.model_validate(each) for each in await accounting.listing(uow, partner)]
    shown = {"id", "partner_id", "provider", "name", "is_active", "last_sync_at"}
    return [each.model_dump(mode="json", include=shown) for each in found]


@command(app)
async def show(uow: UnitOfWork, integration_id: str) -> IntegrationOut:
    """Show an integration with its settings and mapping."""
    return IntegrationOut.model_validate(await accounting.get(uow, integration_id))


def _not_ready(report: TestReport) -> bool:
    return not report.ready


@command(app, fails=_not_ready)
async def test(backend: Backend, actor: Actor, integration_id: str) -> TestReport:
    """Try settings and mapping on the last 20 documents; exports nothing."""
    return await accounting.test(backend, actor, integration_id)


@command(app, changes=True)
async def sync(
    uow: UnitOfWork, integration_id: str, first: From = None, last: To = None, *, force: bool = False
) -> str:
    """Queue a range, or what failed; a worker exports it within 15 minutes. --force exports again."""
    wanted = SyncIn.model_validate({"from": first, "to": last, "force": force})
    return f"{await accounting.request(uow, integration_id, wanted)} items wait to be exported."


@command(app)
async def export(
    backend: Backend,
    actor: Actor,
    provider: Annotated[str, typer.Option(help="ubl_archive, csv_journal, datev_csv or an installed one.")],
    partner: Annotated[str, typer.Option(help="Whose documents.")],
    first: From,
    last: To,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; it must not exist.")],
) -> dict[str, object]:
    """
    Write everything a partner issued in a stretch of days into one file; the same range gives the same bytes.

    What contradicts itself is named as left_out; `admin invariants` says more.
    """
    if first is None or last is None or last < first:
        raise invalid("to", "Give the first day with --from and the last with --to, in this order.")
    if output.exists():
        raise Conflict(f"{output} exists; name another file, or move it away.")
    with progress(f"Reading {partner} from {first} to {last}") as moved:
        made = await accounting.export(backend, actor, provider, partner, first, last, progress=moved)
    with output.open("xb") as file:
        file.write(made.artefact.body)
    said: dict[str, object] = {
        "file": str(output),
        "items": len(made.artefact.ids),
        "bytes": len(made.artefact.body),
        "sha256": sha256(made.artefact.body).hexdigest(),
    }
    if made.artefact.fingerprint:
        said["fingerprint"] = made.artefact.fingerprint
    return said | ({"left_out": dict(made.left_out)} if made.left_out else {})
