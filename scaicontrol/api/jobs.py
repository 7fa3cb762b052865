from pydantic import Field

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.schemas import Moment, Out
from scaicontrol.core.work import UnitOfWork

from .door import Many, One, Router

router = Router("/admin/jobs", tags=["admin-jobs"])


class JobOut(Out):
    name: str = Field(examples=["monthly_invoice_generator"])
    holder: str | None
    last_due_at: Moment | None
    last_started_at: Moment | None
    last_finished_at: Moment | None
    last_result: str | None = Field(examples=["ok: 2"])
    every_seconds: int | None = Field(description="Its pace at the last run.")
    next_due_at: Moment | None


class StartedOut(Out):
    job_id: str = Field(examples=["identity_reconciliation"])


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
