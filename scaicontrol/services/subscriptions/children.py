"""
The subscriptions of a pack: made, moved and ended with it, by `packs` alone (contract §10).

Nothing here is told: the pack subscription has facts of its own, and one of each instead of one a child.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select

from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan

from .calendar import Window
from .lifecycle import TERMINAL, SubscriptionStatus
from .models import Subscription, SubscriptionPeriod
from .opening import Opening
from .service.converting import Payers
from .service.overriding import BULK_OF
from .service.steps import open_period, stop_usage
from .service.subscribing import NOTICE_DAYS, next_notice
from .service.terms import terms_by_partner, terms_of

__all__ = [
    "BULK_OF",
    "NOTICE_DAYS",
    "SHARED",
    "Payers",
    "begin_child",
    "catch_up_with_pack",
    "change_child",
    "drop_charge",
    "end_child",
    "follow_pack",
    "next_notice",
    "open_child_period",
    "share_anew",
    "stop_usage",
    "terms_by_partner",
    "terms_of",
]

# What a child has in common with its pack subscription.
SHARED: Final = (
    "tenant_id", "partner_id", "currency", "payment_method_id", "anchor_day", "current_period_start",
    "current_period_end", "current_period_last_day", "trial_ends_at", "past_due_since", "suspended_at",
    "suspended_reason", "pending_cancellation_at", "cancelled_at", "cancellation_reason",
)  # fmt: skip
# The way from pending to where a pack is that goes on while one of its services is still set up.
_CATCH_UP: Final[Mapping[SubscriptionStatus, tuple[str, ...]]] = {
    SubscriptionStatus.trialing: ("activate_trial",),
    SubscriptionStatus.active: ("activate",),
    SubscriptionStatus.past_due: ("activate", "mark_past_due"),
    SubscriptionStatus.suspended: ("activate", "suspend"),
    SubscriptionStatus.cancelling: ("activate", "cancel"),
}
_LAST: Final[Mapping[SubscriptionStatus, str]] = {
    SubscriptionStatus.pending: "fail_provisioning",
    SubscriptionStatus.trialing: "cancel",
}


async def begin_child(
    uow: UnitOfWork, pack_subscription_id: str, plan: Plan, unit_price_cents: int, shared: Mapping[str, object]
) -> Subscription:
    """Make a pending child under a plan, for its share of the pack's price; the calling verb has authorized."""
    child = Subscription(
        id=new_id("sub"),
        pack_subscription_id=pack_subscription_id,
        service=plan.service,
        status=SubscriptionStatus.pending,
        quantity=1,
        trial_days=0,
        unit_price_cents=unit_price_cents,
        version=1,
        **{name: shared[name] for name in SHARED},
    )
    child.adopt(plan, await catalog.sell(uow, plan))
    uow.session.add(child)
    return child


def follow_pack(child: Subscription, event: str | None, shared: Mapping[str, object]) -> None:
    """Fire on a child what was fired on its pack; one that is still set up stays pending unless the pack ended."""
    if child.status in TERMINAL:
        return
    if event is not None and child.can(event):
        child.advance(event)
    elif shared["cancelled_at"] is not None:
        child.advance("fail_provisioning")
    for name in SHARED:
        setattr(child, name, shared[name])
    child.version += 1


def catch_up_with_pack(child: Subscription, status: SubscriptionStatus, shared: Mapping[str, object]) -> None:
    """Bring a child that was set up later to where its pack is."""
    for event in _CATCH_UP.get(status, ()):
        child.advance(event)
    for name in SHARED:
        setattr(child, name, shared[name])
    child.version += 1


def open_child_period(
    uow: UnitOfWork, child: Subscription, span: Window, anchor_day: int, unit_price_cents: int, usage_from: datetime
) -> None:
    """Open the period of a child that begins with its pack's, for its share of the price; it has no term of its own."""
    opening = Opening(
        span, child.plan, child.terms, child.quantity, unit_price_cents, anchor_day, None, usage_from
    )  # fmt: skip
    open_period(uow, child, opening)


async def drop_charge(uow: UnitOfWork, child: Subscription) -> list[datetime]:
    """Charge nothing for a child that was never set up; gives the beginnings of its periods that waited to be."""
    rows = await _uncharged(uow, child)
    for row in rows:
        row.base_due_at = None
    return [row.period_start for row in rows]


async def share_anew(uow: UnitOfWork, child: Subscription, unit_price_cents: int, starts: Collection[datetime]) -> None:
    """Give a child another share of the price, also of its uncharged periods that begin at these moments."""
    child.unit_price_cents = unit_price_cents
    for row in await _uncharged(uow, child):
        if row.period_start in starts:
            row.unit_price_cents = unit_price_cents


async def _uncharged(uow: UnitOfWork, child: Subscription) -> Sequence[SubscriptionPeriod]:
    its = SubscriptionPeriod
    query = select(its).where(its.subscription_id == child.id, its.base_due_at.is_not(None))
    return (await uow.session.scalars(query.order_by(its.period_start))).all()


async def change_child(uow: UnitOfWork, child: Subscription, plan: Plan) -> None:
    """Put a child under another plan of its service, as its pack now holds; before its next period opens."""
    child.adopt(plan, await catalog.sell(uow, plan))


async def end_child(uow: UnitOfWork, child: Subscription, at: datetime, reason: str | None) -> None:
    """End one child whose pack lives on without it, or could not be set up with it."""
    child.advance(_LAST.get(child.status, "cancel_now"))
    child.cancelled_at, child.cancellation_reason = at, reason
    child.version += 1
    await stop_usage(uow, child, at)
