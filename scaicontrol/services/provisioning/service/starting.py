from dataclasses import dataclass

from sqlalchemy import select

from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs, subscriptions
from scaicontrol.services.packs.models import PackSubscription
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import is_held_otherwise

from ..models import ProvisioningWorkflow
from ..plan import ProvisioningAction
from ..queries import WHOLE
from .engine import new_workflow, start_if_free

FIRST = "subscribed"
_ENDS = (ProvisioningAction.suspend, ProvisioningAction.deprovision)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A new subscription and the workflow that sets it up; without a provisioning address both are done already."""

    subscription: Subscription
    workflow: ProvisioningWorkflow


@dataclass(frozen=True, slots=True)
class PackSubscribed:
    """A new pack subscription and the workflows that set its services up, one each."""

    held: PackSubscription
    workflows: list[ProvisioningWorkflow]


@verb
async def subscribe(  # noqa: PLR0913  what is agreed on
    uow: UnitOfWork,
    plan: str,
    *,
    tenant_id: str | None = None,
    quantity: int = 1,
    trial_days: int | None = None,
    unit_price_cents: int | None = None,
    payment_method_id: str | None = None,
    external_reference: str | None = None,
    coupon: str | None = None,
) -> Subscribed:
    """
    Subscribe a tenant and start setting the service up, in one transaction; surfaces call this.

    Raises NotFound for an unknown plan or tenant, Refused for a plan that cannot be sold to it.
    """
    uow.authorize("subscriptions:subscribe")
    subscription = await subscriptions.begin(
        uow,
        plan,
        tenant_id=tenant_id,
        quantity=quantity,
        trial_days=trial_days,
        unit_price_cents=unit_price_cents,
        payment_method_id=payment_method_id,
        external_reference=external_reference,
        coupon=coupon,
    )
    return Subscribed(subscription, await start(uow, subscription.id))


@verb
async def subscribe_pack(
    uow: UnitOfWork, pack: str, *, tenant_id: str | None = None, payment_method_id: str | None = None
) -> PackSubscribed:
    """
    Subscribe a tenant to a pack and start setting each of its services up, in one transaction; surfaces call this.

    Raises NotFound for an unknown pack or tenant, Refused for a pack that cannot be sold to it, Conflict where it has
    the pack, or a service of it by itself.
    """
    uow.authorize("subscriptions:subscribe")
    begun = await packs.begin(uow, pack, tenant_id=tenant_id, payment_method_id=payment_method_id)
    return PackSubscribed(begun.held, [await start(uow, child.id) for child in begun.children])


async def start(uow: UnitOfWork, subscription_id: str) -> ProvisioningWorkflow:
    """Start setting up a pending subscription; safe to run twice."""
    uow.authorize("subscriptions:subscribe")
    return await _begin(uow, await packs.locked(uow, subscription_id), ProvisioningAction.provision, FIRST)


async def follow(
    uow: UnitOfWork, subscription_id: str, action: ProvisioningAction, cause: str
) -> ProvisioningWorkflow | None:
    """
    Carry a change of a subscription to its service; `cause` names the fact, which starts one workflow however often.

    None where there is nothing to carry: a service without an address, one that was never set up, or the end of what
    the tenant goes on using under another subscription.
    """
    uow.authorize("provisioning:manage")
    subscription = await packs.locked(uow, subscription_id)
    is_told = subscription.service.provisioning_url is not None and subscription.activated_at is not None
    if not is_told or subscription.status is SubscriptionStatus.pending:
        return None
    if action in _ENDS and await is_held_otherwise(uow, subscription):
        return None
    return await _begin(uow, subscription, action, cause)


async def _begin(
    uow: UnitOfWork, subscription: Subscription, action: ProvisioningAction, cause: str
) -> ProvisioningWorkflow:
    started = select(ProvisioningWorkflow).where(
        ProvisioningWorkflow.subscription_id == subscription.id, ProvisioningWorkflow.cause == cause
    )
    existing = await uow.session.scalar(started.options(*WHOLE))
    if existing is not None:
        return existing
    workflow = new_workflow(subscription, action, cause)
    uow.session.add(workflow)
    await uow.session.flush()
    await start_if_free(uow, workflow)
    return workflow
