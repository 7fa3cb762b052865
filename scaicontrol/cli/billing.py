"""Billing runs: plan, compare, apply."""

from datetime import datetime
from typing import Annotated

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing
from scaicontrol.services.billing.schemas import ComparedOut, QuarantineOut, RunOut

from .door import command
from .moments import moment_option

app = typer.Typer(name="billing", no_args_is_help=True, help="Billing runs: plan, compare, apply.")


@command(app)
async def plan(
    backend: Backend,
    actor: Actor,
    partner: Annotated[str, typer.Option(help="Whose tenants to bill.")],
    as_of: Annotated[datetime | None, moment_option(help="UTC; now when left out.")] = None,
) -> RunOut:
    """Compute what is due; writes no document."""
    moment = as_of or backend.clock.now()
    return RunOut.model_validate(await billing.plan(backend, actor, partner, moment))


@command(app, "list")
async def list_(uow: UnitOfWork, partner: str | None = None) -> list[RunOut]:
    """List runs, newest first."""
    page = await billing.page_runs(uow, PageRequest(), partner_id=partner)
    return [RunOut.model_validate(run) for run in page.items]


@command(app)
async def compare(
    uow: UnitOfWork, run_id: str, other: Annotated[str | None, typer.Option("--with")] = None
) -> list[ComparedOut]:
    """Hold a run against the last applied one."""
    return await billing.compare(uow, run_id, other)


@command(app, changes=True)
async def apply(backend: Backend, actor: Actor, run_id: str, plan_hash: str) -> RunOut:
    """Write exactly what was planned; `plan-hash` is what the plan printed."""
    return RunOut.model_validate(await billing.apply(backend, actor, run_id, plan_hash))


@command(app)
async def quarantine(uow: UnitOfWork, run_id: str | None = None) -> list[QuarantineOut]:
    """List what was set aside and is not resolved."""
    page = await billing.page_quarantine(uow, PageRequest(page_size=200), run_id=run_id, is_open=True)
    return [QuarantineOut.model_validate(item) for item in page.items]


@command(app, changes=True)
async def resolve(uow: UnitOfWork, item_id: str, resolution: str, reason: str) -> QuarantineOut:
    """Resolve a quarantined charge: retry, waive or manual."""
    return QuarantineOut.model_validate(await billing.resolve(uow, item_id, resolution, reason))
