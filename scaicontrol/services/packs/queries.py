from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.ids import prefix_of
from scaicontrol.core.lifecycle import permitted
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, subscriptions
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.catalog.reads import WITH_CURRENT_TERMS
from scaicontrol.services.subscriptions.lifecycle import TERMINAL, offered_in
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads.children import children_of

from .models import PackSubscription, ServicePack, ServicePackItem
from .prices import pack_price
from .schemas import (
    PackChildOut,
    PackDetailOut,
    PackItemOut,
    PackOut,
    PackSubscriptionFilter,
    PackSubscriptionOut,
)

SORTABLE = {
    "created_at": ServicePack.created_at,
    "name": ServicePack.name,
    "slug": ServicePack.slug,
    "sort_order": ServicePack.sort_order,
}
SUBSCRIPTIONS_SORTABLE = {"created_at": PackSubscription.created_at, "status": PackSubscription.status}
WHOLE = (
    selectinload(ServicePack.items).options(
        joinedload(ServicePackItem.service), joinedload(ServicePackItem.plan).options(*WITH_CURRENT_TERMS)
    ),
)


def visible(uow: UnitOfWork) -> Select[ServicePack]:
    """Every read of packs starts here: operators and partners see each, others what is on sale; with their items."""
    uow.authorize("packs:read")
    query = select(ServicePack).options(*WHOLE)
    if uow.actor.scope.kind in ("platform", "partner"):
        return query
    return query.where(ServicePack.is_active, ServicePack.is_public)


async def get(uow: UnitOfWork, pack_id: str, *, lock: bool = False) -> ServicePack:
    """Find a pack by its id."""
    if lock:  # by itself: its services are written by every heartbeat
        await uow.session.scalar(select(ServicePack).where(ServicePack.id == pack_id).with_for_update())
    pack = await uow.session.scalar(visible(uow).where(ServicePack.id == pack_id))
    if pack is None:
        raise NotFound(f"No pack {pack_id}.")
    return pack


async def held_pack(uow: UnitOfWork, pack_id: str) -> ServicePack:
    """
    Give the pack that somebody has, with its items, on sale or not, whoever asks.

    No permission of its own: the calling verb has authorized.
    """
    pack: ServicePack = (
        await uow.session.scalars(select(ServicePack).options(*WHOLE).where(ServicePack.id == pack_id))
    ).one()
    return pack


async def pack_by(uow: UnitOfWork, id_or_slug: str) -> ServicePack:
    """Find a pack by its id or its slug, among those the actor may see."""
    wanted = (ServicePack.id == id_or_slug) | (ServicePack.slug == id_or_slug)
    pack = await uow.session.scalar(visible(uow).where(wanted))
    if pack is None:
        raise NotFound(f"No pack {id_or_slug}.")
    return pack


async def page(uow: UnitOfWork, request: PageRequest, *, is_active: bool | None = None) -> Page[ServicePack]:
    """List packs."""
    query = visible(uow)
    if is_active is not None:
        query = query.where(ServicePack.is_active == is_active)
    return await paginate(uow, query, request, SORTABLE)


async def on_sale(uow: UnitOfWork) -> list[ServicePack]:
    """List the packs whoever asks could subscribe to now, in the order of the shop window."""
    query = visible(uow).where(ServicePack.is_active, ServicePack.is_public)
    ordered = query.order_by(ServicePack.sort_order, ServicePack.name, ServicePack.id)
    return [pack for pack in await uow.session.scalars(ordered) if is_sellable(pack)]


def is_sellable(pack: ServicePack) -> bool:
    """Tell whether every service and plan of a pack is sold now."""
    return pack.is_active and all(item.service.is_sellable and item.plan.is_active for item in pack.items)


@dataclass(frozen=True, slots=True)
class PackPrice:
    """What a pack costs a partner's tenant for one period, and what each of its plans would cost by itself."""

    price_cents: int
    currency: str
    by_plan: Mapping[str, int]


async def priced(uow: UnitOfWork, pack: ServicePack, partner_id: str | None) -> PackPrice:
    """
    Price a pack for a partner's tenants, or, without one, at list prices; the calling verb has authorized.

    Raises Refused where a plan of it is priced in another currency for this partner.
    """
    plans = [item.plan for item in pack.items]
    effective = await catalog.prices_of(uow, plans, partner_id, uow.now) if partner_id else {}
    by_plan: dict[str, int] = {}
    for item in pack.items:
        price = effective.get(item.plan_id) or catalog.price_of(item.plan, None)
        if item.override_price_cents is not None:
            by_plan[item.plan_id] = item.override_price_cents
            continue
        if price.currency != pack.currency:
            raise refused(
                RefusalCode.other_currency,
                f"Cannot price {pack}: {item.plan.key} costs {price.currency} here, the pack {pack.currency}.",
                currency=price.currency,
            )
        by_plan[item.plan_id] = price.unit_price_cents
    return PackPrice(pack_price(pack, list(by_plan.values())), pack.currency, by_plan)


async def shown_packs(uow: UnitOfWork, packs: Iterable[ServicePack]) -> list[PackOut]:
    """Say packs as surfaces show them, at the price of the caller's partner; at list prices where it has none."""
    return [_shown_pack(pack, await _price_shown(uow, pack)) for pack in packs]


async def _price_shown(uow: UnitOfWork, pack: ServicePack) -> PackPrice:
    try:
        return await priced(uow, pack, uow.actor.scope.partner_id)
    except Refused:
        return await priced(uow, pack, None)


def _shown_pack(pack: ServicePack, price: PackPrice) -> PackOut:
    plain = {
        name: getattr(pack, name)
        for name in PackOut.model_fields
        if name not in ("items", "price_cents", "items_price_cents", "mrr_amount_cents")
    }
    return PackOut.model_validate(
        plain
        | {
            "items": [_shown_item(item, price) for item in pack.items],
            "price_cents": price.price_cents,
            "items_price_cents": sum(price.by_plan.values()),
            "mrr_amount_cents": monthly_cents(price.price_cents, pack.billing_period),
        }
    )


def _shown_item(item: ServicePackItem, price: PackPrice) -> PackItemOut:
    return PackItemOut(
        plan_id=item.plan_id,
        service_id=item.service_id,
        service_slug=item.service.slug,
        service_name=item.service.name,
        plan_key=item.plan.key,
        plan_name=item.plan.name,
        override_price_cents=item.override_price_cents,
        item_price_cents=price.by_plan[item.plan_id],
        sort_order=item.sort_order,
    )


async def detail_of(uow: UnitOfWork, pack: ServicePack) -> PackDetailOut:
    """Say a pack with how many live subscriptions of it the actor can see."""
    live = select(func.count()).where(PackSubscription.pack_id == pack.id, PackSubscription.status.not_in(TERMINAL))
    shown = (await shown_packs(uow, [pack]))[0]
    return PackDetailOut(**shown.model_dump(), live_subscriptions=await uow.session.scalar(live) or 0)


async def stored_pack(uow: UnitOfWork, pack: ServicePack) -> PackDetailOut:
    """Say what was just changed as surfaces show it, with the moments the database will keep."""
    await uow.write()
    return await detail_of(uow, pack)


async def is_kept(uow: UnitOfWork, pack_id: str) -> bool:
    """Tell whether a pack is still there; the calling verb has authorized."""
    return await uow.session.get(ServicePack, pack_id) is not None


async def was_ever_subscribed(uow: UnitOfWork, pack_id: str) -> bool:
    """Tell whether anybody ever subscribed to a pack."""
    query = select(PackSubscription.id).where(PackSubscription.pack_id == pack_id).limit(1)
    return await uow.session.scalar(query) is not None


# Subscriptions to packs


def visible_subscriptions(uow: UnitOfWork) -> Select[PackSubscription]:
    """Every read of pack subscriptions starts here; they come with their pack."""
    uow.authorize("subscriptions:read")
    return select(PackSubscription).options(selectinload(PackSubscription.pack))


async def get_subscription(uow: UnitOfWork, pack_subscription_id: str, *, lock: bool = False) -> PackSubscription:
    """Find a pack subscription; with `lock` nobody else changes it until this transaction ends."""
    query = visible_subscriptions(uow).where(PackSubscription.id == pack_subscription_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No pack subscription {pack_subscription_id}.")
    return found


async def page_of_subscriptions(
    uow: UnitOfWork, request: PageRequest, wanted: PackSubscriptionFilter | None = None
) -> Page[PackSubscription]:
    """List pack subscriptions."""
    query, wanted = visible_subscriptions(uow), wanted or PackSubscriptionFilter()
    for column, value in (
        (PackSubscription.status, wanted.status),
        (PackSubscription.tenant_id, wanted.tenant_id),
        (PackSubscription.pack_id, wanted.pack_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return await paginate(uow, query, request, SUBSCRIPTIONS_SORTABLE)


def offered(actor: Actor, held: PackSubscription) -> list[str]:
    """Name what `actor` may do with a pack subscription now; its services change with the pack, not by a plan."""
    return permitted(actor, set(offered_in(actor, held.status)) - {"change_plan"}, _PERMISSIONS)


_PERMISSIONS = {
    "cancel": "subscriptions:cancel",
    "cancel_now": "subscriptions:administer",
    "resume": "subscriptions:resume",
    "suspend": "subscriptions:administer",
}


async def shown(uow: UnitOfWork, held: Sequence[PackSubscription]) -> list[PackSubscriptionOut]:
    """Say pack subscriptions, with their services, as surfaces show them to the actor."""
    children: defaultdict[str, list[Subscription]] = defaultdict(list)
    for child in await children_of(uow, [row.id for row in held]):
        children[str(child.pack_subscription_id)].append(child)
    return [_shown(uow.actor, row, children[row.id]) for row in held]


def _shown(actor: Actor, held: PackSubscription, children: Sequence[Subscription]) -> PackSubscriptionOut:
    fields = PackSubscriptionOut.model_fields.keys() - {"available_actions", "children"}
    ended = held.status in TERMINAL
    mine = [child for child in children if ended or child.status not in TERMINAL]
    return PackSubscriptionOut.model_validate(
        {name: getattr(held, name) for name in fields}
        | {
            "available_actions": offered(actor, held),
            "children": [PackChildOut.model_validate(child) for child in mine],
        }
    )


async def stored(uow: UnitOfWork, held: PackSubscription) -> PackSubscriptionOut:
    """Say what was just changed as surfaces show it, with the moments the database will keep."""
    await uow.write()
    return (await shown(uow, [held]))[0]


async def live_of_pack(uow: UnitOfWork, tenant_id: str, pack_id: str) -> PackSubscription | None:
    """Give a tenant's subscription to a pack that has not ended; the calling verb has authorized."""
    found: PackSubscription | None = await uow.session.scalar(
        select(PackSubscription).where(
            PackSubscription.tenant_id == tenant_id,
            PackSubscription.pack_id == pack_id,
            PackSubscription.status.not_in(TERMINAL),
            ~PackSubscription.is_one_time,
        )
    )
    return found


async def subject(uow: UnitOfWork, subject_id: str, *, lock: bool = False) -> Subscription | PackSubscription:
    """Find what is charged: a pack subscription by a `psb_` id, else a subscription."""
    if is_pack(subject_id):
        return await get_subscription(uow, subject_id, lock=lock)
    return await subscriptions.get(uow, subject_id, lock=lock)


async def locked(uow: UnitOfWork, subscription_id: str) -> Subscription:
    """
    Find and lock a subscription; of a child its pack first.

    Everybody locks a parent before its children, and the tenant, who may begin nothing meanwhile, last of all: two that
    did so in two orders would wait for each other.
    """
    found = await subscriptions.get(uow, subscription_id)
    if found.pack_subscription_id is not None:
        await get_subscription(uow, found.pack_subscription_id, lock=True)
    return await subscriptions.get(uow, subscription_id, lock=True)


def is_pack(subject_id: str) -> bool:
    """Tell the id of a pack subscription from that of a subscription."""
    return prefix_of(subject_id) == "psb"
