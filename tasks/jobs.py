"""Running a timetabled job: claimed by (job, due moment), so that two schedulers, or two workers, do it once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Disproved, NotFound
from scaicontrol.core.keeping_up import kept_up

STALE_AFTER, RENEW_SECONDS = timedelta(minutes=5), 60.0
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the timetable. `run` is safe to run twice; its result is shown to whoever is on call."""

    name: str
    every: timedelta
    run: Callable[[Backend], Awaitable[Any]]

    def due_moment(self, now: datetime) -> datetime:
        """Give the last moment at or before `now` at which this job was due."""
        return now - (now - EPOCH) % self.every


async def run_job(backend: Backend, job: Job, due_at: datetime | None = None) -> Any:
    """
    Run `job` for its due moment unless somebody has; give its result, or None when it was not ours to run.

    A run that fails or is cancelled is due again after a pause: only success closes the moment, or a proof that came to
    its end and found something, which is kept as the result until the next.
    """
    actor = Actor.system(job.name)
    due = due_at or job.due_moment(backend.clock.now())
    try:
        number = await backend.perform(
            actor,
            leases.start_run,
            job.name,
            due,
            stale_after=STALE_AFTER,
            every=job.every,
        )
    except Conflict:
        return None  # a twin ran it for the first time ever, at the same moment
    if number is None:
        return None
    result, failed = "failed: stopped on the way", True
    try:
        async with kept_up(backend, actor, RENEW_SECONDS, leases.renew_run, job.name, number, STALE_AFTER):
            outcome = await job.run(backend)
        result, failed = f"ok: {outcome}" if outcome is not None else "ok", False
    except Disproved as error:
        result, failed = f"failed: {error}", False  # it ran to its end
        raise
    except Exception as error:
        result = f"failed: {error}"
        raise
    finally:
        # A process that is told to stop again meanwhile still says how its run ended.
        await asyncio.shield(backend.perform(actor, leases.finish_run, job.name, number, result, failed=failed))
    return outcome


def find(jobs: tuple[Job, ...], name: str) -> Job:
    for job in jobs:
        if job.name == name:
            return job
    raise NotFound(f"There is no job {name}; there are {', '.join(sorted(job.name for job in jobs))}.")
