"""What a pack holds now, brought to a subscription of it with its next period (contract §10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scaicontrol.core.errors import Refused
from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.subscriptions import children as child_steps
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads.children import services_held
from scaicontrol.services.tenants.reads import lock as lock_tenant

from .. import queries
from ..events import PackItemsChanged
from ..models import DiscountType, PackSubscription, ServicePack
from ..prices import allocated, pack_price
from ..reads import REMOVED

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What is other with the next period of a pack subscription: its services, their plans, and so its price."""

    removed: Sequence[Subscription]
    moved: Sequence[tuple[Subscription, Plan]]
    added: Sequence[Plan]
    list_prices: dict[str, int]
    price_cents: int


async def waiting(
    uow: UnitOfWork, row: PackSubscription, children: Sequence[Subscription], *, lock: bool = False
) -> ItemChange | None:
    """
    Tell what the next period changes, None where nothing waits; with `lock` for good, since somebody may begin more.

    What it costs stays where the pack has a price of its own. A percentage of other items is another price: plans it
    had already count as they were when it began, new ones as they cost now. A service that the tenant has otherwise
    waits until that is over: its use would be charged twice.
    """
    pack = await queries.held_pack(uow, row.pack_id)
    present = {child.service_id: child for child in children}
    new = {item.service_id for item in pack.items} - present.keys()
    if new and lock:
        await lock_tenant(uow, row.tenant_id)
    elsewhere = await services_held(uow, row.tenant_id, new)
    wanted = {item.service_id: item.plan for item in pack.items if item.service_id not in elsewhere}
    removed = [child for service_id, child in present.items() if service_id not in wanted]
    moved = [(present[s], plan) for s, plan in wanted.items() if s in present and present[s].plan_id != plan.id]
    added = [plan for service_id, plan in wanted.items() if service_id not in present]
    if not wanted or not (removed or moved or added):
        return None
    new_prices = await _prices_of_new(uow, row, pack)
    if new_prices is None:
        return None
    list_prices = {plan.id: row.list_prices.get(plan.id, new_prices.get(plan.id, 0)) for plan in wanted.values()}
    return ItemChange(removed, moved, added, list_prices, _price(row, pack, list_prices))


def _price(row: PackSubscription, pack: ServicePack, list_prices: Mapping[str, int]) -> int:
    if pack.discount_type is DiscountType.percentage:
        return pack_price(pack, list(list_prices.values()))
    return row.unit_price_cents


async def exchange_items(uow: UnitOfWork, row: PackSubscription, children: list[Subscription], at: datetime) -> bool:
    """Give the pack subscription what its pack holds now, as of `at`; tell whether anything differs."""
    change = await waiting(uow, row, children, lock=True)
    if change is None:
        return False
    row.list_prices, row.unit_price_cents = change.list_prices, change.price_cents
    for child in change.removed:
        await child_steps.end_child(uow, child, at, REMOVED)
        children.remove(child)
    for child, plan in change.moved:
        await child_steps.change_child(uow, child, plan)
    shared = {name: getattr(row, name) for name in child_steps.SHARED}
    new = [await child_steps.begin_child(uow, row.id, plan, 0, shared) for plan in change.added]
    children += new
    await uow.session.flush()  # their first period refers to them
    row.version += 1
    uow.emit(
        PackItemsChanged(
            step=f"v{row.version}",
            pack_subscription_id=row.id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            pack_slug=row.pack.slug,
            added=[child.id for child in new],
            changed=[child.id for child, _ in change.moved],
            removed=[child.id for child in change.removed],
        ),
        after={"plans": [child.plan_key for child in children]},
    )
    return True


async def leave_out(
    uow: UnitOfWork, row: PackSubscription, children: Sequence[Subscription], failed: Subscription
) -> None:
    """
    Charge a pack subscription without a service that could not be set up; `children` are the others.

    A percentage is taken of what is left, from the periods on that nobody has been charged for yet.
    """
    pack = await queries.held_pack(uow, row.pack_id)
    row.list_prices = {plan_id: cents for plan_id, cents in row.list_prices.items() if plan_id != failed.plan_id}
    row.unit_price_cents = _price(row, pack, row.list_prices)
    starts = await child_steps.drop_charge(uow, failed)
    if not children:
        return
    parts = allocated(row.unit_price_cents, [row.list_prices.get(child.plan_id, 0) for child in children])
    for child, cents in zip(children, parts, strict=True):
        await child_steps.share_anew(uow, child, cents, starts)


async def _prices_of_new(uow: UnitOfWork, row: PackSubscription, pack: ServicePack) -> Mapping[str, int] | None:
    """
    Price the plans that the subscription did not have when it began; None where they cannot be priced for its partner.

    Other items then wait for the next period: one partner's price in another currency shall stop nobody's renewal.
    """
    if all(item.plan_id in row.list_prices for item in pack.items):
        return {}
    try:
        return (await queries.priced(uow, pack, row.partner_id)).by_plan
    except Refused as error:
        log.warning("pack_items_wait", pack_subscription_id=row.id, pack=pack.slug, reason=error.message)
        return None
