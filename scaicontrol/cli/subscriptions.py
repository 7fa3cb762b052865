"""Subscriptions: look, change, cancel, suspend, resume."""

from typing import Annotated

import typer

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.schemas import (
    ChangePlanIn,
    SubscriptionDetailOut,
    SubscriptionFilter,
    SubscriptionOut,
)

from .door import command

app = typer.Typer(name="subscriptions", no_args_is_help=True, help="List, show, change, cancel, suspend, resume.")

Told = Annotated[str, typer.Option("--reason", "-r", help="Why; the tenant reads it.")]
Note = Annotated[str, typer.Option("--note", help="For the audit log, instead of the reason.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; kept in the audit log.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    status: SubscriptionStatus | None = None,
    tenant: str | None = None,
    partner: str | None = None,
    service: str | None = None,
    page: int = 1,
    page_size: int = 50,
) -> list[dict[str, object]]:
    """List subscriptions, newest first."""
    wanted = checked(SubscriptionFilter, status=status, tenant_id=tenant, partner_id=partner, service_slug=service)
    found = await subscriptions.page(uow, PageRequest(page, page_size), wanted)
    return [
        {
            "id": row.id,
            "tenant": row.tenant_id,
            "plan": row.plan_key,
            "status": str(row.status),
            "quantity": row.quantity,
            "mrr_cents": row.mrr_amount_cents,
            "currency": row.currency,
            "paid_through": row.current_period_last_day,
        }
        for row in found.items
    ]


@command(app)
async def show(uow: UnitOfWork, subscription_id: str) -> SubscriptionDetailOut:
    """Show a subscription with its plan and timeline."""
    return await subscriptions.detail(uow, subscription_id)


@command(app, changes=True)
async def change_plan(
    uow: UnitOfWork,
    subscription_id: str,
    plan: Annotated[str, typer.Option(help="Its id or key; without it the plan stays.")] = "",
    quantity: Annotated[int | None, typer.Option(help="Without it the quantity stays.")] = None,
    when: Annotated[str, typer.Option(help="now, or period_end to let all of it wait for that.")] = "",
) -> SubscriptionOut:
    """Change plan or quantity; a plan of another interval begins a period of its own."""
    body = checked(ChangePlanIn, plan_key=plan or None, quantity=quantity, when=when or None)
    changed = await subscriptions.change_plan(
        uow, subscription_id, plan=body.plan, quantity=body.quantity, when=body.when
    )
    return await subscriptions.stored(uow, changed)


@command(app, changes=True)
async def undo_change(uow: UnitOfWork, subscription_id: str) -> SubscriptionOut:
    """Undo a change that waits for the end of the period."""
    return await subscriptions.stored(uow, await subscriptions.undo_change(uow, subscription_id))


@command(app, changes=True)
async def cancel(
    uow: UnitOfWork,
    subscription_id: str,
    immediate: Annotated[bool, typer.Option("--immediate", help="Now, not at the end of the period.")] = False,
    reason: Told = "",
    note: Note = "",
) -> SubscriptionOut:
    """Cancel a subscription at the end of its period, or at once."""
    done = await subscriptions.cancel(uow, subscription_id, reason or None, immediate=immediate, note=note or None)
    return await subscriptions.stored(uow, done)


@command(app, changes=True)
async def suspend(uow: UnitOfWork, subscription_id: str, reason: Told, note: Note = "") -> SubscriptionOut:
    """Take the right to use the service away until it is resumed."""
    suspended = await subscriptions.suspend(uow, subscription_id, reason, note=note or None)
    return await subscriptions.stored(uow, suspended)


@command(app, changes=True)
async def resume(
    uow: UnitOfWork,
    subscription_id: str,
    override_arrears: Annotated[bool, typer.Option(help="Although an invoice is past due.")] = False,
    reason: Reason = "",
) -> SubscriptionOut:
    """Undo a scheduled cancellation, or end a suspension."""
    resumed = await subscriptions.resume(uow, subscription_id, override_arrears=override_arrears, reason=reason or None)
    return await subscriptions.stored(uow, resumed)
