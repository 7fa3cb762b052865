from typing import Annotated, Literal

from pydantic import Field

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import In, Price
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning, subscriptions
from scaicontrol.services.subscriptions import (
    AdminCancelIn,
    AdminResumeIn,
    BulkOut,
    BulkResult,
    Override,
    OverrideIn,
    SubscribedOut,
    SubscribeIn,
    Subscription,
    SubscriptionOut,
    SubscriptionStatus,
    SuspendIn,
)

from .door import Paging, Tool

tool = Tool(
    "manage_subscriptions",
    "Subscriptions",
    "Read subscriptions and change their course: subscribe, override, cancel, resume, suspend, many at once.",
)


class Wanted(In):
    """Which subscriptions of a list; what is left out does not narrow it."""

    status: SubscriptionStatus | None = None
    tenant_id: Id | None = None
    partner_id: Id | None = None
    service_slug: str | None = None
    plan_id: Id | None = None
    q: str | None = None


class CreateIn(SubscribeIn):
    """Operators name the tenant and may agree on trial days and a price."""

    tenant_id: Id | None = None
    trial_days: Annotated[int, Field(ge=0, le=730)] | None = None
    unit_price_cents: Price | None = None


class BulkIn(In):
    """One verb for up to 500 subscriptions, each by itself."""

    verb: Literal["cancel", "cancel_immediate", "suspend", "resume"]
    ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


@tool.read("subscriptions:read", out=list[SubscriptionOut])
async def list_(uow: UnitOfWork, wanted: Wanted, paging: Paging) -> Page[Subscription]:
    """List subscriptions, newest first unless sorted otherwise."""
    return await subscriptions.page(uow, paging.request, **wanted.model_dump())


@tool.read("subscriptions:read", out=SubscriptionOut)
async def get(uow: UnitOfWork, subscription_id: Id) -> Subscription:
    """Read one subscription and what may be done with it now."""
    return await subscriptions.get(uow, subscription_id)


@tool.change("subscriptions:subscribe", out=SubscribedOut, outside=True)
async def create(uow: UnitOfWork, body: CreateIn) -> SubscribedOut:
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
    await uow.session.flush()
    shown = SubscriptionOut.model_validate(done.subscription)
    return SubscribedOut(**shown.model_dump(), workflow_id=done.workflow.id)


@tool.change("subscriptions:administer", out=SubscriptionOut, destructive=True)
async def override(uow: UnitOfWork, subscription_id: Id, body: OverrideIn) -> Subscription:
    """Set plan, quantity, price or state (along the map) as an operator."""
    wanted = Override(
        reason=body.reason,
        plan=body.plan_id,
        status=body.status,
        quantity=body.quantity,
        unit_price_cents=body.unit_price_cents,
    )
    return await subscriptions.override(uow, subscription_id, wanted)


@tool.change("subscriptions:cancel", out=SubscriptionOut, destructive=True, outside=True)
async def cancel(uow: UnitOfWork, subscription_id: Id, body: AdminCancelIn) -> Subscription:
    """Let a subscription run out at the end of its period; operators may end it at once."""
    verb = subscriptions.cancel_now if body.immediate else subscriptions.cancel
    return await verb(uow, subscription_id, body.reason)


@tool.change("subscriptions:resume", out=SubscriptionOut, outside=True)
async def resume(uow: UnitOfWork, subscription_id: Id, body: AdminResumeIn) -> Subscription:
    """Undo a scheduled cancellation; operators also end a suspension."""
    return await subscriptions.resume(uow, subscription_id, override_arrears=body.override_arrears, reason=body.reason)


@tool.change("subscriptions:administer", out=SubscriptionOut, destructive=True, outside=True)
async def suspend(uow: UnitOfWork, subscription_id: Id, body: SuspendIn) -> Subscription:
    """Take the right to use the service away until it is resumed."""
    return await subscriptions.suspend(uow, subscription_id, body.reason)


@tool.change("subscriptions:administer", out=BulkOut, destructive=True, outside=True)
async def bulk(backend: Backend, actor: Actor, body: BulkIn) -> BulkResult:
    """Cancel, suspend or resume up to 500 subscriptions; one refusal does not stop the others."""
    if body.verb == "suspend" and not body.reason:
        raise invalid("reason", "Say why the subscriptions are suspended.", "missing")
    return await subscriptions.bulk(backend, actor, body.verb, body.ids, body.reason)
