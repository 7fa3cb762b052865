"""Plans: what services are sold as."""

from typing import Annotated, Any

import typer

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.schemas import PlanOut, PlanVersionOut

from .door import command

app = typer.Typer(name="plans", no_args_is_help=True, help="Plans and their prices.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    service_id: Annotated[str | None, typer.Option(help="Only plans of this service.")] = None,
    active: Annotated[bool | None, typer.Option(help="Only plans on sale, or only those that are not.")] = None,
    page: int = 1,
) -> list[dict[str, Any]]:
    """List plans with their prices."""
    found = await catalog.page(uow, PageRequest(page, 100, "sort_order"), service_id=service_id, is_active=active)
    return [
        {
            "id": plan.id,
            "plan_key": plan.key,
            "billing_period": plan.billing_period,
            "base_price_cents": plan.base_price_cents,
            "currency": plan.currency,
            "is_active": plan.is_active,
            "is_public": plan.is_public,
            "plan_version": plan.plan_version,
            "version": plan.version,
        }
        for plan in found.items
    ]


@command(app)
async def show(uow: UnitOfWork, plan: Annotated[str, typer.Argument(help="Its id or its key.")]) -> PlanOut:
    """Show a plan with its quotas and usage prices."""
    return PlanOut.model_validate(await catalog.plan_by(uow, plan))


@command(app)
async def versions(
    uow: UnitOfWork, plan: Annotated[str, typer.Argument(help="Its id or its key.")]
) -> list[PlanVersionOut]:
    """List the versions of a plan's terms, newest first."""
    found = await catalog.plan_by(uow, plan)
    return [PlanVersionOut.model_validate(each) for each in await catalog.versions(uow, found.id)]


@command(app, changes=True)
async def deactivate(uow: UnitOfWork, plan: Annotated[str, typer.Argument(help="Its id or its key.")]) -> str:
    """Take a plan off sale; who has it keeps it."""
    found = await catalog.plan_by(uow, plan)
    await catalog.deactivate(uow, found.id)
    return f"{found.key} is off sale."
