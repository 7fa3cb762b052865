"""Jobs: what each did last, whether it is late, and running one now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from scaicontrol.core import leases
from scaicontrol.core.errors import Refused
from scaicontrol.core.leases import JobLease
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork

from ..columns import TableColumn
from ..door import Door
from ..verbs import KeyAnswer, Row, VerbKey
from ..wanted import Wanted
from ..widgets.states import minute, span, state
from .details import ReadScreen, TitledSection, fields
from .lists import ListScreen

_TOO_LONG: Final = timedelta(minutes=15)  # a run that has not ended by then has died with its worker


async def _run(door: Door, row: Row, _: KeyAnswer) -> object:
    if not door.backend.settings.redis_url:
        raise Refused(
            f"Cannot run {row.id} from here: without Redis only the serving process works, out of reach from here. "
            "It runs at its next moment, or from the console's page of it (o)."
        )
    return await door.run(leases.run_now, row.id)


VERBS = (
    VerbKey(
        "r",
        "run",
        "jobs:run",
        "A worker is asked to run it beside the timetable, which is safe at any time and twice.",
        _run,
        rehearsed=False,
    ),
)


def standing(job: JobLease, now: datetime) -> str:
    """Say how a job is: running, stuck, failed, late or on time."""
    if job.is_running:
        began = job.last_started_at
        return "stuck" if began is not None and began + _TOO_LONG < now else "running"
    if job.has_failed:
        return "failed"
    return "late" if job.lateness(now) else "on_time"


def _row(job: JobLease, now: datetime) -> Row:
    how = standing(job, now)
    return Row(
        job.name,
        f"job {job.name}",
        how,
        (
            job.name,
            state(how),
            span(job.lateness(now)) if how == "late" else "–",
            minute(job.last_finished_at),
            minute(job.next_due_at),
            job.last_result or "–",
        ),
        frozenset(["run"]),
        words="wrong" if how in ("stuck", "failed", "late") else "",
    )


class JobScreen(ReadScreen, verbs=VERBS):
    """One job: its pace, its last run, and what came of it."""

    console = "job"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        job = await leases.known(uow, row_id)
        said = fields(
            ("state", state(standing(job, uow.now))),
            ("every", span(timedelta(seconds=job.every_seconds)) if job.every_seconds else None),
            ("late by", span(job.lateness(uow.now)) if job.lateness(uow.now) else None),
            ("last began", minute(job.last_started_at)),
            ("last ended", minute(job.last_finished_at)),
            ("due again", minute(job.next_due_at)),
            ("failed runs", job.failed_runs or None),
            ("tried again", minute(job.retry_at)),
            ("held by", job.holder),
            ("result", job.last_result),
        )
        return _row(job, uow.now), [("Job", said)]


class JobsScreen(ListScreen, verbs=VERBS):
    called = "jobs"
    console = "job"
    detail = JobScreen
    columns = (
        TableColumn("Job", 26),
        TableColumn("State", 10),
        TableColumn("Late by", 8, right=True),
        TableColumn("Last ended", 16, wide=True),
        TableColumn("Due again", 16, wide=True),
        TableColumn("Result", 26, grows=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        rows = [_row(job, uow.now) for job in await leases.jobs(uow)]
        return Page(rows, len(rows), 1, len(rows) or 1)
