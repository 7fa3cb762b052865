"""Plans as a customer sees them: with the price the customer's partner gives."""

from collections.abc import Sequence

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import registry

from . import queries
from .models import Plan
from .prices import effective_prices, price_of
from .schemas import OfferedPlanOut, OfferedServiceOut, PlanOut


async def offered(uow: UnitOfWork, plans: Sequence[Plan]) -> list[OfferedPlanOut]:
    """Price plans for the actor; without a partner, as the platform, at the list price."""
    uow.authorize("plans:read")
    partner_id = uow.actor.partner_id
    prices = (
        {plan.id: price_of(plan, None) for plan in plans}
        if partner_id is None
        else await effective_prices(uow, plans, partner_id, uow.now)
    )
    return [
        OfferedPlanOut.model_construct(
            **dict(PlanOut.model_validate(plan)),
            effective_price_cents=prices[plan.id].unit_price_cents,
            effective_currency=prices[plan.id].currency,
        )
        for plan in plans
    ]


async def offered_service(uow: UnitOfWork, slug: str) -> OfferedServiceOut:
    """Give a service on sale with what it measures, how it is opened, and its plans."""
    uow.authorize("services:read")
    service = await queries.service_on_sale(uow, slug)
    return OfferedServiceOut(
        id=service.id,
        slug=service.slug,
        name=service.name,
        description=service.description,
        icon_url=service.icon_url,
        category=service.category,
        health_status=service.health_status,
        metrics=service.metrics,
        entrypoint_kinds=await registry.entrypoint_kinds(uow, service.id),
        plans=await offered(uow, await queries.plans_of(uow, service.id)),
    )
