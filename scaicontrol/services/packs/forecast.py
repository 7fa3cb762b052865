"""Looking ahead: what the coming periods of packs hold and cost, with the items that wait for them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.catalog.models import Plan, PlanVersion
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions.forecast import Foreseen
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads.children import children_of

from .models import PackSubscription
from .prices import allocated
from .service.items import waiting


class _Part(NamedTuple):
    """What is in a pack by then, under which version of which plan."""

    subscription_id: str
    service: Service
    plan: Plan
    terms: PlanVersion


async def with_other_items(uow: UnitOfWork, foreseen: Iterable[Foreseen]) -> list[Foreseen]:
    """
    Give what is foreseen as renewals and the ends of trials of packs will open it: with other items, at their price.

    No permission of its own: the calling verb has authorized.
    """
    alone: list[Foreseen] = []
    packed: defaultdict[str, list[Foreseen]] = defaultdict(list)
    for each in foreseen:
        (alone if each.pack_subscription_id is None else packed[each.pack_subscription_id]).append(each)
    if not packed:
        return alone
    rows = select(PackSubscription).options(selectinload(PackSubscription.pack))
    children: defaultdict[str, list[Subscription]] = defaultdict(list)
    for child in await children_of(uow, packed, live=True):
        children[str(child.pack_subscription_id)].append(child)
    for row in await uow.session.scalars(rows.where(PackSubscription.id.in_(packed)).order_by(PackSubscription.id)):
        alone += await _of_pack(uow, row, children[row.id], packed[row.id])
    return alone


async def _of_pack(
    uow: UnitOfWork, row: PackSubscription, children: Sequence[Subscription], foreseen: Sequence[Foreseen]
) -> list[Foreseen]:
    """Give each coming period once for everything that is in the pack by then, also what is still being set up."""
    change = await waiting(uow, row, children)
    removed: Sequence[Subscription] = ()
    moved: dict[str, Plan] = {}
    price_cents, list_prices = row.unit_price_cents, row.list_prices
    if change is not None:
        removed, moved = change.removed, {child.id: plan for child, plan in change.moved}
        price_cents, list_prices = change.price_cents, change.list_prices
    held: list[_Part] = []
    for child in children:
        plan = moved.get(child.id, child.plan)
        if child not in removed:
            held.append(_Part(child.id, child.service, plan, plan.current if child.id in moved else child.terms))
    # Named so as to stand behind those that there are, as the ones that will be made do.
    held += [_Part(f"waiting:{plan.id}", plan.service, plan, plan.current) for plan in (change.added if change else ())]
    parts = allocated(price_cents, [list_prices.get(part.plan.id, 0) for part in held])
    return [
        each._replace(
            subscription_id=part.subscription_id,
            service=part.service,
            opening=replace(each.opening, plan=part.plan, terms=part.terms, unit_price_cents=cents),
        )
        for each in {each.opening.span.start: each for each in foreseen}.values()
        for part, cents in zip(held, parts, strict=True)
    ]
