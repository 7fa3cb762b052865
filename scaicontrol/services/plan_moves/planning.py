"""
Whom a move to the version that is sold now would touch, what it changes and from when (contract §9.6).

Nothing changes for anybody before its own first renewal after the notice.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

import rfc8785

from scaicontrol.core.errors import Refused, invalid
from scaicontrol.core.periods import civil_date, start_of_day
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, partners
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.subscriptions.forecast import renewal_from
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import of_earlier_versions

NOTICE_MAX: Final = 730
AT_ONCE: Final = 1000  # in one transaction


@dataclass(frozen=True, slots=True)
class MovedSubscription:
    """What one subscriber pays before and after, per unit and period and per month, and from when."""

    subscription_id: str
    tenant_id: str
    partner_id: str
    plan_version: int
    quantity: int
    currency: str
    unit_price_cents: int
    new_unit_price_cents: int
    monthly_cents: int
    new_monthly_cents: int
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A subscriber of an earlier version that a move does not touch, and why."""

    subscription_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """
    Who would be moved, what it changes per month and currency, and the hash that announces exactly this.

    The notice ends on a civil day of each seller's; `notice_ends_at` is when it has ended for all of them.
    """

    plan_id: str
    plan_key: str
    plan_version: int
    notice_days: int
    notice_ends_at: datetime
    subscriptions: Sequence[MovedSubscription]
    left_out: Sequence[LeftOut]

    @property
    def monthly_cents(self) -> dict[str, int]:
        return self._sum("monthly_cents")

    @property
    def new_monthly_cents(self) -> dict[str, int]:
        return self._sum("new_monthly_cents")

    def _sum(self, name: str) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for each in self.subscriptions:
            sums[each.currency] += getattr(each, name)
        return dict(sorted(sums.items()))

    @property
    def plan_hash(self) -> str:
        """Tell this move from every other: another subscriber, price or day gives another hash."""
        rows = [{**asdict(each), "effective_at": each.effective_at.isoformat()} for each in self.subscriptions]
        head = f"{self.plan_id} v{self.plan_version} {self.notice_ends_at.isoformat()} "
        return hashlib.sha256(head.encode() + rfc8785.dumps(rows)).hexdigest()


async def preview(uow: UnitOfWork, plan_id: str, *, notice_days: int, partner_id: str | None = None) -> PlannedMove:
    """Say whom a move to the version that is sold now would touch, and what it costs them; nothing is changed."""
    uow.authorize("plans:move")
    plan = await catalog.get(uow, plan_id)
    return await planned(uow, plan, await subscribers(uow, plan, partner_id), notice_days)


async def subscribers(
    uow: UnitOfWork, plan: Plan, partner_id: str | None, *, lock: bool = False
) -> Sequence[Subscription]:
    """Give who has an earlier version of a plan and lives; refuse more than one transaction should touch."""
    found = await of_earlier_versions(uow, plan, partner_id, AT_ONCE + 1, lock=lock)
    if len(found) > AT_ONCE:
        raise Refused(f"More than {AT_ONCE:,} subscriptions of {plan.key} would be moved at once; name a partner.")
    return found


async def planned(uow: UnitOfWork, plan: Plan, found: Sequence[Subscription], notice_days: int) -> PlannedMove:
    if not 0 <= notice_days <= NOTICE_MAX:
        raise invalid("notice_days", f"A notice is between 0 and {NOTICE_MAX} days, not {notice_days}.")
    zones = {each: (await partners.settings_of(uow, each)).timezone for each in {row.partner_id for row in found}}
    ends = {each: notice_end(uow.now, notice_days, zone) for each, zone in zones.items()}
    moved, left = [], []
    for subscription in found:
        reason = _keeps(subscription, plan)
        if reason is None:
            one = await _moved(uow, plan, subscription, zones[subscription.partner_id], ends[subscription.partner_id])
            if isinstance(one, MovedSubscription):
                moved.append(one)
                continue
            reason = one
        left.append(LeftOut(subscription.id, reason))
    last = max(ends.values(), default=notice_end(uow.now, notice_days, "UTC"))
    return PlannedMove(plan.id, plan.key, plan.plan_version, notice_days, last, moved, left)


def notice_end(now: datetime, notice_days: int, zone: str) -> datetime:
    """
    Say when a notice that is given now has ended: whole civil days of the seller's, of which today is none.

    Whole days, so that a preview holds as long as the day it was made on; without notice it ends with today's midnight.
    """
    return start_of_day(civil_date(now, zone) + timedelta(days=notice_days + 1 if notice_days else 0), zone)


def _keeps(subscription: Subscription, plan: Plan) -> str | None:
    """Say why a subscription keeps its version, None where it can be moved."""
    term, to_come = subscription.term_ends_at, subscription.pending_plan_id
    reasons = (
        (subscription.is_child, "it belongs to a pack"),
        (subscription.is_one_time, "it was bought once and is never renewed"),
        (subscription.status is SubscriptionStatus.pending, "it is pending"),
        (subscription.status is SubscriptionStatus.cancelling, "it runs out"),
        (term is not None, f"its fixed term holds until {term:%d %B %Y}" if term else ""),
        (subscription.next_plan_version == plan.plan_version, "the version is announced to it already"),
        (to_come not in (None, plan.id), f"it changes to {subscription.pending_plan_key} with its next period"),
    )
    return next((reason for holds, reason in reasons if holds), None)


async def _moved(
    uow: UnitOfWork, plan: Plan, subscription: Subscription, zone: str, notice_ends_at: datetime
) -> MovedSubscription | str:
    at = renewal_from(subscription, max(notice_ends_at, uow.now), zone)
    if at is None:
        return "it has no renewal to come"
    before = after = subscription.recurring_price_cents
    if not subscription.has_agreed_price:
        price = await catalog.effective_price(uow, plan, subscription.partner_id, at, plan.current)
        if price.currency != subscription.currency:
            return f"it is priced in {subscription.currency}, the new version in {price.currency}"
        after = price.unit_price_cents
    every = plan.billing_period
    return MovedSubscription(
        subscription_id=subscription.id,
        tenant_id=subscription.tenant_id,
        partner_id=subscription.partner_id,
        plan_version=subscription.plan_version,
        quantity=subscription.quantity,
        currency=subscription.currency,
        unit_price_cents=before,
        new_unit_price_cents=after,
        monthly_cents=catalog.monthly_cents(subscription.quantity * before, every),
        new_monthly_cents=catalog.monthly_cents(subscription.quantity * after, every),
        effective_at=at,
    )
