"""What a service may know of its own tenants: its subscription, what it entitles to, and how the tenant stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scaicontrol.core.errors import Forbidden, NotFound
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.tenants.reads import has_billing_profile

from . import queries
from .lifecycle import SubscriptionStatus
from .models import Subscription

REFRESH_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Entitlements:
    entitled: bool
    state: str | None = None
    plan_key: str | None = None
    features: dict[str, Any] | None = None
    quotas: dict[str, int] | None = None
    valid_until: datetime | None = None
    refresh_after_seconds: int = REFRESH_SECONDS


@dataclass(frozen=True, slots=True)
class BillingStatus:
    has_billing_profile: bool
    standing: str
    currency: str | None


async def live_for_service(uow: UnitOfWork, tenant_id: str) -> Subscription | None:
    """Give the tenant's live subscription of the calling service, or None."""
    uow.authorize("service_billing:read")
    service_id = uow.actor.scope.service_id
    if service_id is None:
        raise Forbidden("Only a service asks this, about its own tenants.")
    return await queries.live(uow, tenant_id, service_id)


async def entitlements(uow: UnitOfWork, tenant_id: str) -> Entitlements:
    """Say what a tenant may use of the calling service now; without a live subscription, nothing."""
    subscription = await live_for_service(uow, tenant_id)
    if subscription is None:
        return Entitlements(entitled=False, features={}, quotas={})
    entitled = subscription.is_entitled
    return Entitlements(
        entitled=entitled,
        state=str(subscription.status),
        plan_key=subscription.plan_key,
        features=subscription.plan.features if entitled else {},
        quotas=subscription.terms.quotas if entitled else {},
        valid_until=_valid_until(subscription) if entitled else None,
    )


def _valid_until(subscription: Subscription) -> datetime | None:
    return subscription.pending_cancellation_at or subscription.current_period_end


async def billing_status(uow: UnitOfWork, tenant_id: str) -> BillingStatus:
    """Say how a tenant stands with the calling service; a stranger's tenant is not found."""
    subscription = await live_for_service(uow, tenant_id)
    if subscription is None:
        raise NotFound(f"Tenant {tenant_id} has no live subscription of this service.")
    standing = {
        SubscriptionStatus.past_due: "past_due",
        SubscriptionStatus.suspended: "suspended",
    }.get(subscription.status, "good")
    return BillingStatus(await has_billing_profile(uow, tenant_id), standing, subscription.currency)
