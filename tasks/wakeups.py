"""The tasks a commit or the scheduler wakes, a line each."""

from scaicontrol.core.backend import Backend
from scaicontrol.services import payments, provisioning

from . import schedule
from .broker import task
from .jobs import find, run_job


@task
async def relay(backend: Backend) -> None:
    """Something was committed: settle facts and deliver webhooks now, not at the next tick."""
    await schedule.event_dispatcher(backend)


@task
async def process_inbound(backend: Backend) -> None:
    await payments.process_inbound(backend)


@task
async def provision(backend: Backend) -> None:
    await provisioning.run_due(backend)


@task
async def run_due_job(backend: Backend, name: str) -> None:
    await run_job(backend, find(schedule.JOBS, name))


@task
async def run_job_now(backend: Backend, name: str) -> None:
    """Somebody asked for a job outside its timetable."""
    await run_job(backend, find(schedule.JOBS, name), backend.clock.now())
