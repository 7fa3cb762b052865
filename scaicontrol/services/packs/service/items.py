"""What a pack holds now, brought to a subscription of it with its next period (contract §10)."""

from collections.abc import Mapping
from datetime import datetime

from scaicontrol.core.errors import Refused
from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.subscriptions import children as child_steps
from scaicontrol.services.subscriptions.models import Subscription

from .. import queries
from ..events import PackItemsChanged
from ..models import DiscountType, PackSubscription, ServicePack
from ..prices import pack_price
from ..reads import REMOVED

log = get_logger(__name__)


async def exchange_items(uow: UnitOfWork, row: PackSubscription, children: list[Subscription], at: datetime) -> bool:
    """
    Give the pack subscription the services and plans its pack holds now, as of `at`; tell whether anything differs.

    What it costs stays where the pack has a price of its own. A percentage of other items is another price: plans it
    had already count as they were when it began, new ones as they cost now.
    """
    pack = await queries.get(uow, row.pack_id)
    wanted = {item.service_id: item.plan for item in pack.items}
    present = {child.service_id: child for child in children}
    removed = [child for service_id, child in present.items() if service_id not in wanted]
    moved = [(present[s], plan) for s, plan in wanted.items() if s in present and present[s].plan_id != plan.id]
    added = [plan for service_id, plan in wanted.items() if service_id not in present]
    if not (removed or moved or added):
        return False
    new_prices = await _prices_of_new(uow, row, pack)
    if new_prices is None:
        return False
    row.list_prices = {plan.id: row.list_prices.get(plan.id, new_prices.get(plan.id, 0)) for plan in wanted.values()}
    if pack.discount_type is DiscountType.percentage:
        row.unit_price_cents = pack_price(pack, list(row.list_prices.values()))
    for child in removed:
        await child_steps.end_child(uow, child, at, REMOVED)
        children.remove(child)
    for child, plan in moved:
        await child_steps.change_child(uow, child, plan)
    shared = {name: getattr(row, name) for name in child_steps.SHARED}
    new = [await child_steps.begin_child(uow, row.id, plan, 0, shared) for plan in added]
    children += new
    await uow.session.flush()  # their first period refers to them
    row.version += 1
    uow.emit(
        PackItemsChanged(
            step=f"v{row.version}",
            pack_subscription_id=row.id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            pack_slug=pack.slug,
            added=[child.id for child in new],
            changed=[child.id for child, _ in moved],
            removed=[child.id for child in removed],
        ),
        after={"plans": [child.plan_key for child in children]},
    )
    return True


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
