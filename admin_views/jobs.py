from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.leases import JobLease
from scaicontrol.core.work import UnitOfWork

from . import formatting
from .base import ControlView, ListColumn, day_column, moment_column
from .columns import Row, Value
from .language import gettext, ngettext
from .menu import MenuGroup
from .verbs import VerbButton

Given = Mapping[str, str]


async def run(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    await leases.run_now(backend, actor, pk)
    return gettext("A worker is asked to run it; what it did shows here when it is done.")


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as of a moment: what it last did, and whether it is late."""

    job: JobLease
    now: datetime

    @property
    def id(self) -> str:
        return self.job.name

    @property
    def lateness(self) -> timedelta:
        return self.job.lateness(self.now)

    @property
    def status(self) -> str:
        if self.job.is_running:
            return "running"
        if self.job.has_failed:
            return "failed"
        return "late" if self.lateness else "on time"

    def __getattr__(self, name: str) -> Value:
        return getattr(self.job, name)  # lists and files read a row's own values off it


def span(value: timedelta | None) -> str:
    """Say how long something takes or is late, in the largest unit that says it."""
    if not value:
        return formatting.NOTHING
    seconds = round(value.total_seconds())
    if seconds >= 86_400:
        return ngettext("%(num)s day", "%(num)s days", seconds // 86_400)
    if seconds >= 3600:
        return ngettext("%(num)s hour", "%(num)s hours", seconds // 3600)
    if seconds >= 60:
        return ngettext("%(num)s minute", "%(num)s minutes", seconds // 60)
    return ngettext("%(num)s second", "%(num)s seconds", seconds)


def pace(job: JobLease) -> str:
    return span(timedelta(seconds=job.every_seconds)) if job.every_seconds else formatting.NOTHING


class JobView(ControlView, model=JobLease):
    name, name_plural, icon = "Job", "Jobs", "jobs"
    category, rank = MenuGroup.operations, 60
    about = "What runs by the clock: what each did last, when it is due again, and whether it is late."
    prefix = ""  # they go by their names
    permission = "jobs:read"
    details_template = "console/job.html"
    searched = (JobLease.name,)
    search_hint = "name"
    columns = (
        ListColumn("Job", lambda row: formatting.spoken(row.id), JobLease.name, "link"),
        ListColumn("Status", lambda row: row.status, None, "status"),
        ListColumn("Late by", lambda row: span(row.lateness), None, "number"),
        ListColumn("Every", lambda row: pace(row.job), None, "number"),
        moment_column("Last run", "last_started_at", JobLease.last_started_at),
        moment_column("Next", "next_due_at"),
        ListColumn("Result", lambda row: row.last_result or formatting.NOTHING),
        day_column("First run", "created_at", JobLease.created_at),
    )
    newest = "name"
    verbs = (
        VerbButton(
            "run", "Run now", "jobs:run", "It runs beside the timetable, which is safe at any time and twice.", run
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[JobLease]:
        return leases.visible(uow)

    async def completed(self, uow: UnitOfWork, rows: Sequence[Row]) -> Sequence[Row]:
        return [JobRow(row, uow.now) for row in rows]

    async def detail(self, uow: UnitOfWork, pk: str) -> JobRow:
        return JobRow(await leases.known(uow, pk), uow.now)

    def title_of(self, detail: JobRow) -> str:
        return formatting.titled(detail.id)

    def actions_of(self, detail: JobRow) -> Sequence[str]:
        return ["run"]


JobView.identity = "job"

VIEWS = (JobView,)
