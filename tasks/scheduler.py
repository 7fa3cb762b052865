"""
One leading scheduler: Taskiq's loop reads the timetable only while this process holds the lease.

The lease is a row with a fencing number, not a Redis key and not GET_LOCK. A second scheduler waits; and should both
believe they lead for a moment, the job itself refuses the second run of a due moment (`jobs.run_job`).
"""

import asyncio
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from taskiq import AsyncBroker, ScheduledTask, ScheduleSource, TaskiqScheduler
from taskiq.api import run_scheduler_task
from taskiq.exceptions import ScheduledTaskCancelledError

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.logging import get_logger

from .schedule import timetable

log = get_logger(__name__)

LEASE, TTL = "scheduler", timedelta(seconds=30)
_ACTOR = Actor.system("scheduler")


class LeasedTimetable(ScheduleSource):
    """The timetable, visible only to the holder of the lease."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.fence: int | None = None

    async def get_schedules(self) -> list[ScheduledTask]:
        fence = await self._acquire()
        if fence != self.fence:
            log.info("scheduler_lease", leads=fence is not None, fence=fence)
        self.fence = fence
        if fence is None:
            return []
        await self._wake_retries()
        return [
            ScheduledTask(
                task_name="run_due_job",
                labels={},
                args=[job.name],
                kwargs={},
                schedule_id=job.name,
                interval=int(job.every.total_seconds()),
            )
            for job in timetable(self.backend.settings)
        ]

    async def _acquire(self) -> int | None:
        try:
            return await self.backend.perform(_ACTOR, leases.acquire, LEASE, self.backend.instance, TTL)
        except (ControlError, SQLAlchemyError, OSError) as error:
            # Whoever cannot keep its lease stops leading; taskiq would go on with the timetable it knows.
            log.warning("scheduler_lease_lost", error=str(error))
            return None

    async def _wake_retries(self) -> None:
        """Runs that failed, or died with their process, do not wait for the next moment of their job."""
        try:
            known = {job.name for job in timetable(self.backend.settings)}
            for name in await self.backend.ask(_ACTOR, leases.wanting_another_run):
                if name in known:
                    await self.backend.ports.waker.wake("run_due_job", name)
        except (ControlError, SQLAlchemyError, OSError) as error:
            log.warning("retries_not_found", error=str(error))

    def pre_send(self, task: ScheduledTask) -> None:
        if self.fence is None:
            raise ScheduledTaskCancelledError  # another scheduler leads

    async def shutdown(self) -> None:
        await self.backend.perform(_ACTOR, leases.release, LEASE, self.backend.instance)


async def run_scheduler(backend: Backend, broker: AsyncBroker) -> None:
    """Enqueue due jobs until cancelled, then hand the lease on."""
    leased = LeasedTimetable(backend)
    try:
        await run_scheduler_task(
            TaskiqScheduler(broker, [leased]),
            interval=timedelta(seconds=10),
            loop_interval=timedelta(seconds=1),
        )
    finally:
        await asyncio.shield(leased.shutdown())
