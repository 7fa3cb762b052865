"""The tasks a commit or the scheduler wakes, a line each."""

from collections.abc import Awaitable, Callable

from scaicontrol.core.backend import Backend
from scaicontrol.services import payments, provisioning, webhooks

from . import schedule
from .broker import task
from .jobs import find, run_job
from .relay import react

_look_again: dict[tuple[str, str], bool] = {}


@task
async def relay(backend: Backend) -> None:
    """Something was committed: settle facts and deliver webhooks now, not at the next tick."""
    await _alone(backend, react)
    await _alone(backend, webhooks.relay)
    await webhooks.dispatch(backend)  # side by side: a subscriber that answers slowly holds up nobody


@task
async def process_inbound(backend: Backend) -> None:
    await payments.process_inbound(backend)


@task
async def provision(backend: Backend) -> None:
    await provisioning.run_due(backend)


@task
async def run_due_job(backend: Backend, name: str) -> None:
    await run_job(backend, find(schedule.timetable(backend.settings), name))


@task
async def run_job_now(backend: Backend, name: str) -> None:
    """Somebody asked for a job outside its timetable."""
    await run_job(backend, find(schedule.timetable(backend.settings), name), backend.clock.now())


async def _alone(backend: Backend, step: Callable[[Backend], Awaitable[int]]) -> None:
    """Run a step once at a time in this process: twins would fight for the same rows; a late one has it look again."""
    key = (backend.instance, step.__name__)
    waiting = key in _look_again
    _look_again[key] = True
    if waiting:
        return
    try:
        while _look_again[key]:
            _look_again[key] = False
            await step(backend)
    finally:
        del _look_again[key]
