"""Change plans: what waits for another person, and deciding about it."""

from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes
from scaicontrol.services.changes.lifecycle import PlanStatus
from scaicontrol.services.changes.schemas import ChangePlanFilter, ChangePlanOut

from .door import command

app = typer.Typer(name="plans-approve", no_args_is_help=True, help="List, show, approve, reject, apply change plans.")

Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; kept in the audit log.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    status: Annotated[PlanStatus | None, typer.Option(help="Such as pending_approval.")] = None,
    action: Annotated[str | None, typer.Option(help="A verb, such as invoices.void.")] = None,
    page: int = 1,
    page_size: int = 50,
) -> list[dict[str, Any]]:
    """List change plans, newest first."""
    found = await changes.page(uow, PageRequest(page, page_size), ChangePlanFilter(status=status, action=action))
    return [
        {
            "id": plan.id,
            "status": str(plan.status),
            "action": plan.action,
            "rule": plan.policy_rule,
            "created_by": plan.created_by,
            "on_behalf_of": plan.on_behalf_of,
            "expires_at": plan.expires_at,
        }
        for plan in found.items
    ]


@command(app)
async def show(uow: UnitOfWork, plan_id: str) -> ChangePlanOut:
    """Show everything a plan would leave."""
    return changes.shown(uow.actor, await changes.get(uow, plan_id))


@command(app, changes=True)
async def approve(
    uow: UnitOfWork, plan_id: str, reason: Annotated[str | None, typer.Option("--reason", "-r")] = None
) -> ChangePlanOut:
    """Let whoever planned it apply it."""
    return changes.shown(uow.actor, await changes.approve(uow, plan_id, reason))


@command(app, changes=True)
async def reject(uow: UnitOfWork, plan_id: str, reason: Reason) -> ChangePlanOut:
    """End a plan."""
    return changes.shown(uow.actor, await changes.reject(uow, plan_id, reason))


@command(app, changes=True)
async def apply(
    backend: Backend, actor: Actor, plan_id: str, plan_hash: Annotated[str, typer.Argument(help="As you have read it.")]
) -> ChangePlanOut:
    """Do exactly what your own plan showed, once."""
    return changes.shown(actor, await changes.apply(backend, actor, plan_id, plan_hash))
