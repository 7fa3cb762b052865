"""
Job leases: one holder at a time for a named job, with a fencing number that only grows.

Rows, not GET_LOCK and not Redis: named locks are per node on Galera, and Redis may be emptied (contract §25.1).
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, String, Text, literal_column, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column, synonym

from scaicontrol.db import Model

from .actor import Actor
from .backend import Backend
from .errors import Conflict, NotFound
from .verbs import verb
from .work import UnitOfWork

FIRST_RETRY, LAST_RETRY = timedelta(seconds=30), timedelta(minutes=15)


class JobLease(Model):
    bookkeeping = True
    __tablename__ = "job_leases"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    id: Mapped[str] = synonym("name")  # lists go by it
    holder: Mapped[str | None] = mapped_column(String(100))
    fence: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]
    last_due_at: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    last_finished_at: Mapped[datetime | None]
    last_result: Mapped[str | None] = mapped_column(Text)
    every_seconds: Mapped[int | None]  # its pace as the timetable had it at the last run
    failed_runs: Mapped[int] = mapped_column(
        default=0, server_default=literal_column("0")
    )  # in a row; success begins anew

    @property
    def has_failed(self) -> bool:
        """Whether its last run ended badly; one that proved something wrong is not tried again before its moment."""
        return (self.last_result or "").startswith("failed")

    @property
    def next_due_at(self) -> datetime | None:
        """When it is due again, as far as it has run at a known pace."""
        if self.last_due_at is None or self.every_seconds is None:
            return None
        return self.last_due_at + timedelta(seconds=self.every_seconds)

    def lateness(self, now: datetime) -> timedelta:
        """Tell by how much it has missed its next moment; within one more pace it is not late yet."""
        due = self.next_due_at
        if due is None or now < due + timedelta(seconds=self.every_seconds or 0):
            return timedelta()
        return now - due

    @property
    def retry_at(self) -> datetime | None:
        """When a failed run is due again: only success closes its moment."""
        if self.is_running or not self.failed_runs or self.last_finished_at is None:
            return None
        pause: timedelta = min(FIRST_RETRY * 2 ** min(self.failed_runs - 1, 10), LAST_RETRY)
        return self.last_finished_at + pause

    def wants_another_run(self, now: datetime) -> bool:
        """Tell whether the run it last began has failed and waited, or belongs to a process that died."""
        if self.is_running:
            return self.expires_at is not None and self.expires_at <= now
        return self.retry_at is not None and self.retry_at <= now

    @property
    def is_running(self) -> bool:
        return self.last_started_at is not None and (
            self.last_finished_at is None or self.last_finished_at < self.last_started_at
        )


async def acquire(uow: UnitOfWork, name: str, holder: str, ttl: timedelta) -> int | None:
    """Take or keep the lease; give the fencing number, or None while somebody else holds it."""
    uow.authorize("jobs:run")
    lease = await uow.session.get(JobLease, name)
    if lease is None:
        uow.session.add(JobLease(name=name, holder=holder, fence=1, expires_at=uow.now + ttl))
        return 1
    mine = lease.holder == holder and lease.expires_at is not None and lease.expires_at > uow.now
    fence = lease.fence if mine else lease.fence + 1
    taken = await uow.session.execute(
        update(JobLease)
        .where(JobLease.name == name, JobLease.fence == lease.fence)
        .where(or_(JobLease.holder == holder, JobLease.expires_at.is_(None), JobLease.expires_at <= uow.now))
        .values(holder=holder, fence=fence, expires_at=uow.now + ttl)
        .execution_options(synchronize_session=False)
    )
    return fence if taken.rowcount == 1 else None  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult


async def release(uow: UnitOfWork, name: str, holder: str) -> None:
    """Let the next holder in at once, at a graceful stop."""
    uow.authorize("jobs:run")
    await uow.session.execute(
        update(JobLease).where(JobLease.name == name, JobLease.holder == holder).values(expires_at=None, holder=None)
    )


async def start_run(
    uow: UnitOfWork, name: str, due_at: datetime, *, stale_after: timedelta, every: timedelta | None = None
) -> int | None:
    """
    Claim the run of a job for one due moment and give its number; None when that moment was claimed already.

    This is what makes two schedulers harmless: (job, due moment) succeeds once. A run that failed may be claimed again
    after a pause, and one that never finished `stale_after` its last sign of life (`renew_run`).
    """
    uow.authorize("jobs:run")
    pace = round(every.total_seconds()) if every else None
    lease = await uow.session.get(JobLease, name, with_for_update=True)
    if lease is None:
        lease = JobLease(name=name, fence=1, last_due_at=due_at, last_started_at=uow.now, every_seconds=pace)
        lease.expires_at = uow.now + stale_after
        uow.session.add(lease)
        return lease.fence
    if lease.last_due_at is not None and lease.last_due_at >= due_at:
        if not lease.wants_another_run(uow.now):
            return None
        due_at = lease.last_due_at
    lease.last_due_at, lease.last_started_at, lease.expires_at = due_at, uow.now, uow.now + stale_after
    lease.every_seconds = pace or lease.every_seconds
    lease.fence += 1
    return lease.fence


async def renew_run(uow: UnitOfWork, name: str, number: int, stale_after: timedelta) -> None:
    """Say that a run is still alive; one that was taken for dead and replaced says nothing any more."""
    uow.authorize("jobs:run")
    lease = await uow.session.get(JobLease, name, with_for_update=True)
    if lease is not None and lease.is_running and lease.fence == number:
        lease.expires_at = uow.now + stale_after


async def finish_run(uow: UnitOfWork, name: str, number: int, result: str, *, failed: bool = False) -> None:
    """
    Close the moment of a run, or have it tried again after a pause that grows.

    A run that was taken for dead and replaced closes nothing: the other one still runs.

    Raises Conflict where none began.
    """
    uow.authorize("jobs:run")
    lease = await uow.session.get(JobLease, name, with_for_update=True)
    if lease is None:
        raise Conflict(f"Job {name} was never started.")
    if lease.fence != number:
        return
    lease.last_finished_at, lease.last_result, lease.expires_at = uow.now, result[:10_000], None
    lease.failed_runs = lease.failed_runs + 1 if failed else 0


async def wanting_another_run(uow: UnitOfWork) -> list[str]:
    """Name the jobs whose last run failed and has waited, or died with its process."""
    return [lease.name for lease in await jobs(uow) if lease.wants_another_run(uow.now)]


async def known(uow: UnitOfWork, name: str) -> JobLease:
    """Find a job that has run before, or say that there is none of this name."""
    uow.authorize("jobs:read")
    lease = await uow.session.get(JobLease, name)
    if lease is None:
        raise NotFound(f"No job {name} has ever run; `GET /admin/jobs` lists those that have.")
    return lease


@verb
async def run_now(backend: Backend, actor: Actor, name: str) -> None:
    """Wake a worker to run a job beside the timetable; running one at any time is safe."""
    actor.require("jobs:run")
    await backend.ask(actor, known, name)
    await backend.ports.waker.wake("run_job_now", name)


def visible(uow: UnitOfWork) -> Select[JobLease]:
    """Every read of several jobs starts here."""
    uow.authorize("jobs:read")
    return select(JobLease)


async def jobs(uow: UnitOfWork) -> list[JobLease]:
    """List what each job last did, for the on-call screen."""
    return list(await uow.session.scalars(visible(uow).order_by(JobLease.name)))
