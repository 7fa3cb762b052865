from typing import Annotated

from fastapi import Query

from scaicontrol.core.schemas import Out
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, catalog
from scaicontrol.services.billing.schemas import QuoteOut
from scaicontrol.services.catalog import Offer
from scaicontrol.services.catalog.schemas import OfferedPlanOut, OfferedServiceOut, OfferOut

from .door import Many, One, Router

router = Router("/catalog", tags=["catalog"])


@router.get("/services", response_model=Many[OfferOut], permission="catalog:browse", summary="Browse what is on sale")
async def services(
    uow: UnitOfWork,
    q: Annotated[str | None, Query(max_length=100)] = None,
    category: Annotated[str | None, Query(max_length=64)] = None,
) -> list[Offer]:
    """Active services with public plans; `plans_from_cents` is the cheapest one as an amount per month."""
    return await catalog.browse(uow, q=q, category=category)


@router.get(
    "/services/{slug}", response_model=One[OfferedServiceOut], permission="services:read", summary="Show a service"
)
async def service(uow: UnitOfWork, slug: str) -> Out:
    """With its metrics, its kinds of launch links and its plans at the caller's price."""
    return await catalog.offered_service(uow, slug)


@router.get(
    "/services/{slug}/plans",
    response_model=Many[OfferedPlanOut],
    permission="services:read",
    summary="List a service's plans",
)
async def plans(uow: UnitOfWork, slug: str) -> list[OfferedPlanOut]:
    """With usage prices and the price the caller's partner gives."""
    on_sale = await catalog.service_on_sale(uow, slug)
    return await catalog.offered(uow, await catalog.plans_of(uow, on_sale.id))


@router.get(
    "/services/{slug}/quotes",
    response_model=Many[QuoteOut],
    permission="services:read",
    summary="Say what a service's plans would cost us",
)
async def quotes(
    uow: UnitOfWork,
    slug: str,
    quantity: Annotated[int, Query(ge=1, le=1_000_000, description="Of which price and VAT are given.")] = 1,
    coupon: Annotated[str | None, Query(min_length=1, max_length=40, description="The code of a coupon.")] = None,
) -> list[QuoteOut]:
    """The first paid period of each plan with its VAT, after a trial where there is one."""
    return await billing.quotes(uow, slug, quantity, coupon)


@router.get("/plans/{plan_id}", response_model=One[OfferedPlanOut], permission="services:read", summary="Show a plan")
async def plan(uow: UnitOfWork, plan_id: str) -> OfferedPlanOut:
    """By its id or by its key `<service slug>.<plan slug>`."""
    return (await catalog.offered(uow, [await catalog.plan_by(uow, plan_id)]))[0]
