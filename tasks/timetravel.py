"""
Living through time: the clock moves in steps, and at each step everything that became due is done.

For the development clock and the demo world. What runs is the timetable itself, without its leases: there is one
process, and it is this one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import Clock
from scaicontrol.core.logging import get_logger

from . import schedule
from .jobs import Job, run_job

log = get_logger(__name__)

# Jobs that look at the outside or at wall time mean nothing while time is only pretended; those that prove all there is
# would prove it at every step.
_NOT_PRETENDED: Final = frozenset(
    {"registry_heartbeat_monitor", "identity_reconciliation", "orphan_sweep", "invariant_check", "chain_verify"}
)
# After every step until nothing moves any more: what a job of the step has left behind.
_ECHOES: Final = ("event_dispatcher", "provisioning_sweep", "document_render", "mail_dispatch", "payment_charge")
_ECHO_ROUNDS: Final = 6


class MovableClock(Clock, Protocol):
    def advance(self, by: timedelta) -> datetime: ...


async def live(
    backend: Backend,
    clock: MovableClock,
    until: datetime,
    *,
    step: timedelta = timedelta(hours=6),
    on_step: Callable[[datetime], None] | None = None,
) -> None:
    """Move `clock` to `until`, doing on the way what becomes due; progress is told to `on_step`."""
    while (now := clock.now()) < until:
        reached = clock.advance(min(step, until - now))
        await run_due_between(backend, now, reached)
        if on_step is not None:
            on_step(reached)


async def run_due_between(backend: Backend, after: datetime, until: datetime) -> None:
    """Run each job that was due in (after, until], once, and then its echoes."""
    for job in schedule.timetable(backend.settings):
        if job.name not in _NOT_PRETENDED and job.name not in _ECHOES and job.due_moment(until) > after:
            await job.run(backend)
    await settle(backend)


async def run_by_lease(backend: Backend) -> None:
    """Run every job once as a scheduler does, so that none stands there as late by all the time that was pretended."""
    for job in schedule.timetable(backend.settings):
        try:
            await run_job(backend, job)
        except Exception:  # noqa: BLE001  # its own row says so; the next one has its turn
            log.warning("job_failed_after_time_travel", job=job.name)


async def settle(backend: Backend) -> None:
    """Do what facts have caused, until they cause nothing more."""
    echoes = [_named(name) for name in _ECHOES]
    for _ in range(_ECHO_ROUNDS):
        results = [await job.run(backend) for job in echoes]
        if not any(_has_moved(result) for result in results):
            return


def _has_moved(result: object) -> bool:
    """Read a job's own words: anything but noughts means that something was done."""
    return any(digit in "123456789" for digit in str(result))


def _named(name: str) -> Job:
    return next(job for job in schedule.JOBS if job.name == name)
