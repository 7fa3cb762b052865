from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import joinedload

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, registry
from scaicontrol.services.registry.models import Service
from scaicontrol.services.registry.reads import named as service_named
from scaicontrol.services.registry.reads import on_sale

from .models import Plan, PlanVersion, PriceOverride

SORTABLE = {"created_at": Plan.created_at, "name": Plan.name, "slug": Plan.slug, "sort_order": Plan.sort_order}
OVERRIDES_SORTABLE = {"created_at": PriceOverride.created_at, "valid_from": PriceOverride.valid_from}
_WHOLE = (joinedload(Plan.service), joinedload(Plan.current).selectinload(PlanVersion.usage_prices))


def visible(uow: UnitOfWork) -> Select[Plan]:
    """
    Every read starts here: operators and partners see every plan, a service its own, tenants what is on sale.

    Plans come with their service and the version that is sold now.
    """
    uow.authorize("plans:read")
    query = select(Plan).options(*_WHOLE)
    match uow.actor.scope.kind:
        case "platform" | "partner":
            return query
        case "service":
            return query.where(Plan.service_id == uow.actor.scope.service_id)
        case _:
            return query.where(Plan.is_active, Plan.is_public, Plan.service_id.in_(on_sale()))


async def get(uow: UnitOfWork, plan_id: str, *, lock: bool = False) -> Plan:
    query = visible(uow).where(Plan.id == plan_id)
    if lock:  # by itself: the joined service row is written by every heartbeat
        await uow.session.scalar(select(Plan).where(Plan.id == plan_id).with_for_update())
    plan = await uow.session.scalar(query)
    if plan is None:
        raise NotFound(f"No plan {plan_id}.")
    return plan


async def plan_by(uow: UnitOfWork, id_or_key: str) -> Plan:
    """Find a plan by its id or by its key `<service slug>.<plan slug>`, among the plans the actor may see."""
    service_slug, dot, plan_slug = id_or_key.partition(".")
    if not dot:
        return await get(uow, id_or_key)
    named = visible(uow).where(Plan.service_id.in_(service_named(service_slug)), Plan.slug == plan_slug)
    plan = await uow.session.scalar(named)
    if plan is None:
        raise NotFound(f"No plan {id_or_key}.")
    return plan


async def plans_by_id(uow: UnitOfWork, plan_ids: Iterable[str]) -> Mapping[str, Plan]:
    """
    Give plans by id with service and current version, in whatever state: for rows that refer to them already.

    No permission of its own: the caller was authorized for the rows that refer.
    """
    wanted = set(plan_ids)
    if not wanted:
        return {}
    rows = await uow.session.scalars(select(Plan).options(*_WHOLE).where(Plan.id.in_(wanted)))
    return {plan.id: plan for plan in rows}


async def called(uow: UnitOfWork, words: str, limit: int) -> Mapping[str, str]:
    """Give the keys of plans that hold these words in a name or slug, by id; of a key both parts may be begun."""
    service, dot, slug = words.partition(".")
    of_service = Plan.service_id.in_(await registry.called(uow, service, limit))
    holds: ColumnElement[bool]
    if dot:
        holds = and_(of_service, Plan.slug.icontains(slug, autoescape=True))
    else:
        holds = or_(of_service, *(each.icontains(words, autoescape=True) for each in (Plan.name, Plan.slug)))
    rows = await uow.session.scalars(visible(uow).where(holds).order_by(Plan.slug, Plan.id).limit(limit))
    return {plan.id: plan.key for plan in rows}


async def page(
    uow: UnitOfWork,
    request: PageRequest,
    *,
    service_id: str | None = None,
    is_active: bool | None = None,
    q: str | None = None,
) -> Page[Plan]:
    query = visible(uow)
    if service_id is not None:
        query = query.where(Plan.service_id == service_id)
    if is_active is not None:
        query = query.where(Plan.is_active == is_active)
    if q:
        query = query.where(Plan.name.icontains(q, autoescape=True))
    return await paginate(uow, query, request, SORTABLE)


async def plans_of(uow: UnitOfWork, service_id: str) -> list[Plan]:
    """List a service's plans that the actor may see, in the order of the shop window."""
    ordered = (
        visible(uow).where(Plan.service_id == service_id).order_by(Plan.sort_order, Plan.base_price_cents, Plan.id)
    )
    return list(await uow.session.scalars(ordered))


@dataclass(frozen=True, slots=True)
class Offer:
    """An active service with public plans, as everybody may see it; the price is the lowest one, per month."""

    id: str
    slug: str
    name: str
    description: str
    icon_url: str | None
    category: str
    health_status: str
    plans_from_cents: int
    currency: str


async def browse(uow: UnitOfWork, *, q: str | None = None, category: str | None = None) -> list[Offer]:
    """List what is on sale, by name, with the cheapest plan of each service."""
    uow.authorize("catalog:browse")
    offered = (
        select(Plan)
        .options(joinedload(Plan.service))
        .where(Plan.service_id.in_(on_sale(q, category)), Plan.is_active, Plan.is_public)
        .order_by(Plan.sort_order, Plan.id)
    )
    by_service: defaultdict[Service, list[Plan]] = defaultdict(list)
    for plan in await uow.session.scalars(offered):
        by_service[plan.service].append(plan)
    return [_offer(service, plans) for service, plans in sorted(by_service.items(), key=lambda each: each[0].name)]


def _offer(service: Service, plans: list[Plan]) -> Offer:
    # A trial is not a price. Two currencies cannot be compared: the first plan of the shop window decides.
    priced = [plan for plan in plans if plan.tier != "trial"] or plans
    currency = priced[0].currency
    return Offer(
        id=service.id,
        slug=service.slug,
        name=service.name,
        description=service.description,
        icon_url=service.icon_url,
        category=service.category,
        health_status=service.health_status,
        plans_from_cents=min(plan.mrr_amount_cents for plan in priced if plan.currency == currency),
        currency=currency,
    )


async def service_on_sale(uow: UnitOfWork, slug: str) -> Service:
    """Find a service people may look at in the catalogue."""
    uow.authorize("services:read")
    service = await registry.find_by_slug(uow, slug)
    if service is None or not service.is_sellable:
        raise NotFound(f"No service '{slug}' is on sale.")
    return service


def visible_overrides(uow: UnitOfWork) -> Select[PriceOverride]:
    """Every read of price overrides starts here; a partner sees its own."""
    uow.authorize("price_overrides:read")
    return select(PriceOverride)


async def override(uow: UnitOfWork, partner_id: str, override_id: str) -> PriceOverride:
    wanted = visible_overrides(uow).where(PriceOverride.partner_id == partner_id, PriceOverride.id == override_id)
    found = await uow.session.scalar(wanted)
    if found is None:
        raise NotFound(f"No price override {override_id} of partner {partner_id}.")
    return found


async def overrides(uow: UnitOfWork, partner_id: str, request: PageRequest) -> Page[PriceOverride]:
    query = visible_overrides(uow).where(PriceOverride.partner_id == partner_id)
    await partners.get(uow, partner_id)
    return await paginate(uow, query, request, OVERRIDES_SORTABLE)


async def overrides_of(uow: UnitOfWork, plan_id: str) -> Sequence[PriceOverride]:
    """List what partners pay of their own for a plan, the latest first."""
    query = visible_overrides(uow).where(PriceOverride.plan_id == plan_id)
    return (await uow.session.scalars(query.order_by(PriceOverride.valid_from.desc(), PriceOverride.id))).all()


async def find_override(uow: UnitOfWork, override_id: str) -> PriceOverride:
    """Find a price override of whichever partner the actor may see."""
    found = await uow.session.scalar(visible_overrides(uow).where(PriceOverride.id == override_id))
    if found is None:
        raise NotFound(f"No price override {override_id}.")
    return found
