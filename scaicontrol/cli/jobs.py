"""What runs by itself: when it last did, and running one now."""

import importlib

import typer

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.jobs import JobOut
from scaicontrol.core.work import UnitOfWork

from .door import command

app = typer.Typer(name="jobs", no_args_is_help=True, help="Jobs: what each last did, and running one now.")


@command(app, "list")
async def list_(uow: UnitOfWork) -> list[JobOut]:
    """List what each job last did, and when it is due again."""
    return [JobOut.model_validate(job) for job in await leases.jobs(uow)]


@command(app)
async def run(backend: Backend, actor: Actor, name: str) -> str:
    """Ask a worker to run a job beside the timetable, which is safe at any time and twice."""
    if not backend.settings.redis_url:
        raise Refused(
            f"Cannot run {name} from here: without Redis only the serving process works, out of reach from here. "
            f"It runs at its next moment, or by POST /api/v1/admin/jobs/{name}/run."
        )
    processes = importlib.import_module("tasks.processes")  # by name: surfaces do not know each other
    async with processes.waking(backend) as reaching:
        await leases.run_now(reaching, actor, name)
    return f"A worker runs {name}; `scaicontrol admin jobs list` shows what it did."
