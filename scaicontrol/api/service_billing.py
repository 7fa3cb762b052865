from scaicontrol.core.errors import Forbidden
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, subscriptions
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.catalog.schemas import PlanOut
from scaicontrol.services.subscriptions import Entitlements
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.schemas import BillingStatusOut, EntitlementsOut, ServiceSubscriptionOut

from .door import Many, One, Router

router = Router("/service-billing", tags=["service-billing"])


@router.get(
    "/tenants/{tenant_id}/subscription",
    response_model=One[ServiceSubscriptionOut | None],
    permission="service_billing:read",
    summary="Show a tenant's live subscription of the caller, or null",
)
async def subscription(uow: UnitOfWork, tenant_id: str) -> ServiceSubscriptionOut | None:
    found: Subscription | None = await subscriptions.live_for_service(uow, tenant_id)
    return None if found is None else ServiceSubscriptionOut.model_validate(found)


@router.get(
    "/tenants/{tenant_id}/entitlements",
    response_model=One[EntitlementsOut],
    permission="service_billing:read",
    summary="Say what a tenant may use",
)
async def entitlements(uow: UnitOfWork, tenant_id: str) -> Entitlements:
    """A tenant without a live subscription of the caller is entitled to nothing."""
    return await subscriptions.entitlements(uow, tenant_id)


@router.get(
    "/tenants/{tenant_id}/billing-status",
    response_model=One[BillingStatusOut],
    permission="service_billing:read",
    summary="Say how a tenant stands",
)
async def billing_status(uow: UnitOfWork, tenant_id: str) -> BillingStatusOut:
    return BillingStatusOut.model_validate(await subscriptions.billing_status(uow, tenant_id))


@router.get(
    "/plans", response_model=Many[PlanOut], permission="service_billing:read", summary="List the caller's own plans"
)
async def plans(uow: UnitOfWork) -> list[Plan]:
    if uow.actor.scope.service_id is None:
        raise Forbidden("Only a service asks this, about its own plans.")
    return await catalog.plans_of(uow, uow.actor.scope.service_id)
