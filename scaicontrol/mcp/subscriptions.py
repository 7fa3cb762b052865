from functools import partial

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning, subscriptions
from scaicontrol.services.subscriptions import BulkResult, Override
from scaicontrol.services.subscriptions.schemas import (
    AdminCancelIn,
    AdminResumeIn,
    AnySubscribeIn,
    BulkAction,
    BulkIds,
    BulkOut,
    OverrideIn,
    Reason,
    SubscribedOut,
    SubscriptionFilter,
    SubscriptionOut,
    SuspendIn,
)

from .door import Paging, Tool

tool = Tool(
    "manage_subscriptions",
    "Subscriptions",
    "Read subscriptions and change their course: subscribe, override, cancel, resume, suspend, many at once.",
)


@tool.read("subscriptions:read", out=list[SubscriptionOut])
async def list_(uow: UnitOfWork, wanted: SubscriptionFilter, paging: Paging) -> Page[SubscriptionOut]:
    """List subscriptions, newest first unless sorted otherwise."""
    page = await subscriptions.page(uow, paging.request, wanted)
    return page.shown(partial(subscriptions.shown, uow.actor))


@tool.read("subscriptions:read", out=SubscriptionOut)
async def get(uow: UnitOfWork, subscription_id: Id) -> SubscriptionOut:
    """Read one subscription and what may be done with it now."""
    return subscriptions.shown(uow.actor, await subscriptions.get(uow, subscription_id))


@tool.change("subscriptions:subscribe", out=SubscribedOut, outside=True)
async def create(uow: UnitOfWork, body: AnySubscribeIn) -> SubscribedOut:
    """Subscribe a tenant to a plan and start setting the service up."""
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
    """Set plan, quantity, price or state (along the map) as an operator."""
    wanted = Override(
        reason=body.reason,
        plan=body.plan_id,
        status=body.status,
        quantity=body.quantity,
        unit_price_cents=body.unit_price_cents,
    )
    return await subscriptions.stored(uow, await subscriptions.override(uow, subscription_id, wanted))


@tool.change("subscriptions:cancel", out=SubscriptionOut, destructive=True, outside=True)
async def cancel(uow: UnitOfWork, subscription_id: Id, body: AdminCancelIn) -> SubscriptionOut:
    """Let a subscription run out at the end of its period; operators may end it at once."""
    cancelled = await subscriptions.cancel(uow, subscription_id, body.reason, immediate=body.immediate)
    return await subscriptions.stored(uow, cancelled)


@tool.change("subscriptions:resume", out=SubscriptionOut, outside=True)
async def resume(uow: UnitOfWork, subscription_id: Id, body: AdminResumeIn) -> SubscriptionOut:
    """Undo a scheduled cancellation; operators also end a suspension."""
    return await subscriptions.stored(
        uow,
        await subscriptions.resume(uow, subscription_id, override_arrears=body.override_arrears, reason=body.reason),
    )


@tool.change("subscriptions:administer", out=SubscriptionOut, destructive=True, outside=True)
async def suspend(uow: UnitOfWork, subscription_id: Id, body: SuspendIn) -> SubscriptionOut:
    """Take the right to use the service away until it is resumed."""
    return await subscriptions.stored(uow, await subscriptions.suspend(uow, subscription_id, body.reason))


@tool.change("subscriptions:administer", out=BulkOut, destructive=True, outside=True)
async def bulk(
    backend: Backend, actor: Actor, verb: BulkAction, ids: BulkIds, reason: Reason | None = None
) -> BulkResult:
    """Cancel, suspend or resume up to 500 subscriptions; one refusal does not stop the others."""
    return await subscriptions.bulk(backend, actor, verb, ids, reason)
