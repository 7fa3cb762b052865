from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.jobs import JobOut, StartedOut
from scaicontrol.core.work import UnitOfWork

from .door import Many, One, Router

router = Router("/admin/jobs", tags=["admin-jobs"])


@router.get("", response_model=Many[JobOut], permission="jobs:read", summary="List what each job last did")
async def index(uow: UnitOfWork) -> list[leases.JobLease]:
    return await leases.jobs(uow)


@router.post(
    "/{name}/run", response_model=One[StartedOut], status_code=202, permission="jobs:run", summary="Run a job now"
)
async def run(backend: Backend, actor: Actor, name: str) -> StartedOut:
    """Wakes a worker; what it did is in the list. Running a job at any time is safe."""
    await leases.run_now(backend, actor, name)
    return StartedOut(job_id=name)
