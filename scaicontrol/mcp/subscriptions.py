from functools import partial
from typing import Annotated

from pydantic import Field

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning, subscriptions
from scaicontrol.services.subscriptions import Override, PlannedChange
from scaicontrol.services.subscriptions.schemas import (
    AdminCancelIn,
    AdminResumeIn,
    AnySubscribeIn,
    BulkAction,
    BulkIds,
    BulkOut,
    OverrideIn,
    PlannedChangeOut,
    Reason,
    SubscribedOut,
    SubscriptionFilter,
    SubscriptionOut,
    SuspendIn,
    TermsIn,
)

from .door import Paging, Tool

PlanHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

tool = Tool(
    "manage_subscriptions",
    "Subscriptions and their course.",
)


@tool.read("subscriptions:read", out=list[SubscriptionOut])
async def list_(uow: UnitOfWork, wanted: SubscriptionFilter, paging: Paging) -> Page[SubscriptionOut]:
    """List subscriptions."""
    page = await subscriptions.page(uow, paging.request, wanted)
    return page.shown(partial(subscriptions.shown, uow.actor))


@tool.read("subscriptions:read", out=SubscriptionOut)
async def get(uow: UnitOfWork, subscription_id: Id) -> SubscriptionOut:
    """Read one and what it allows."""
    return subscriptions.shown(uow.actor, await subscriptions.get(uow, subscription_id))


@tool.change("subscriptions:subscribe", out=SubscribedOut, outside=True)
async def create(uow: UnitOfWork, body: AnySubscribeIn) -> SubscribedOut:
    """Subscribe a tenant; the service is set up."""
    done = await provisioning.subscribe(
        uow,
        body.chosen,
        tenant_id=body.tenant_id,
        quantity=body.quantity,
        trial_days=body.trial_days,
        unit_price_cents=body.unit_price_cents,
        payment_method_id=body.payment_method_id,
        external_reference=body.external_reference,
    )
    shown = await subscriptions.stored(uow, done.subscription)
    return SubscribedOut(**shown.model_dump(), workflow_id=done.workflow.id)


@tool.change("subscriptions:administer", out=SubscriptionOut, destructive=True)
async def override(uow: UnitOfWork, subscription_id: Id, body: OverrideIn) -> SubscriptionOut:
    """Set plan, price or state by hand."""
    wanted = Override(
        reason=body.reason,
        plan=body.plan_id,
        status=body.status,
        quantity=body.quantity,
        unit_price_cents=body.unit_price_cents,
    )
    return await subscriptions.stored(uow, await subscriptions.override(uow, subscription_id, wanted))


@tool.read("subscriptions:change", out=PlannedChangeOut)
async def preview_change(uow: UnitOfWork, subscription_id: Id, body: TermsIn) -> PlannedChange:
    """Say what another plan or quantity costs."""
    body.require_any()
    return await subscriptions.preview_change(
        uow, subscription_id, plan=body.plan, quantity=body.quantity, when=body.when
    )


@tool.change("subscriptions:change", out=SubscriptionOut, destructive=True, outside=True)
async def change_plan(
    uow: UnitOfWork, subscription_id: Id, body: TermsIn, plan_hash: PlanHash | None = None
) -> SubscriptionOut:
    """Change it; `plan_hash`: as previewed."""
    body.require_any()
    changed = await subscriptions.change_plan(
        uow, subscription_id, plan=body.plan, quantity=body.quantity, when=body.when, plan_hash=plan_hash
    )
    return await subscriptions.stored(uow, changed)


@tool.change("subscriptions:change", out=SubscriptionOut)
async def undo_change(uow: UnitOfWork, subscription_id: Id) -> SubscriptionOut:
    """Undo a change that waits."""
    return await subscriptions.stored(uow, await subscriptions.undo_change(uow, subscription_id))


@tool.change("subscriptions:cancel", out=SubscriptionOut, destructive=True, outside=True)
async def cancel(uow: UnitOfWork, subscription_id: Id, body: AdminCancelIn) -> SubscriptionOut:
    """End it with its period; operators also at once."""
    cancelled = await subscriptions.cancel(uow, subscription_id, body.reason, immediate=body.immediate, note=body.note)
    return await subscriptions.stored(uow, cancelled)


@tool.change("subscriptions:resume", out=SubscriptionOut, outside=True)
async def resume(uow: UnitOfWork, subscription_id: Id, body: AdminResumeIn) -> SubscriptionOut:
    """Undo a cancellation; operators also a suspension."""
    return await subscriptions.stored(
        uow,
        await subscriptions.resume(uow, subscription_id, override_arrears=body.override_arrears, reason=body.reason),
    )


@tool.change("subscriptions:administer", out=SubscriptionOut, destructive=True, outside=True)
async def suspend(uow: UnitOfWork, subscription_id: Id, body: SuspendIn) -> SubscriptionOut:
    """Take the right of use away until resumed."""
    return await subscriptions.stored(
        uow, await subscriptions.suspend(uow, subscription_id, body.reason, note=body.note)
    )


@tool.change("subscriptions:administer", out=BulkOut, destructive=True, outside=True)
async def bulk(backend: Backend, actor: Actor, verb: BulkAction, ids: BulkIds, reason: Reason | None = None) -> BulkOut:
    """One verb for up to 500, each by itself."""
    return await subscriptions.bulk(backend, actor, verb, ids, reason)
