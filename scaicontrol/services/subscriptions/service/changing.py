"""Changing plan, quantity or price: the right changes at once, the price with the next period (contract §9.4)."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from scaicontrol.core import canonical_json
from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.periods import Period, period_from
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, registry
from scaicontrol.services.catalog.models import Plan

from .. import queries
from ..calendar import containing, days_between
from ..events import ChangeKind
from ..lifecycle import CHANGEABLE, SubscriptionStatus
from ..models import Subscription, SubscriptionChange
from ..proration import Proration, Terms, prorate
from .steps import Before, catch_up, changeable, tell_changed, tell_price
from .subscribing import check_plan, counted
from .terms import SellerTerms, terms_of


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """
    What a change would do, and the hash that applies exactly this.

    `credit_cents` and `charge_cents` are what the days that remain of the paid period move; both are 0 without
    proration. `price_from` is when the new price begins, None where nothing was paid yet.
    """

    subscription_id: str
    version: int
    plan_id: str
    plan_version: int
    plan_key: str
    previous_plan_key: str
    quantity: int
    previous_quantity: int
    currency: str
    unit_price_cents: int
    previous_unit_price_cents: int
    price_from: datetime | None
    remaining_days: int
    credit_cents: int
    charge_cents: int

    @property
    def plan_hash(self) -> str:
        """Tell this plan from every other: a later day, a new price or a change in between gives another hash."""
        values = asdict(self)
        values["price_from"] = self.price_from.isoformat() if self.price_from else None
        return hashlib.sha256(canonical_json.dumps(values)).hexdigest()


@dataclass(frozen=True, slots=True)
class _Draft:
    plan: Plan
    planned: PlannedChange
    old_days: int = 1
    new_days: int = 1


async def preview_change(
    uow: UnitOfWork, subscription_id: str, *, plan: str | None = None, quantity: int | None = None
) -> PlannedChange:
    """Say what `change_plan` would do now; nothing is changed."""
    uow.authorize("subscriptions:change")
    subscription = await queries.get(uow, subscription_id)
    return (await _draft(uow, subscription, plan, quantity)).planned


@verb
async def change_plan(
    uow: UnitOfWork,
    subscription_id: str,
    *,
    plan: str | None = None,
    quantity: int | None = None,
    plan_hash: str | None = None,
) -> Subscription:
    """
    Change the plan (an id or plan key), the quantity, or both; with a `plan_hash` only if it is as previewed.

    The right to use changes at once and the price with the next period; where the partner prorates by day, the days
    that remain are credited at the old terms and charged at the new ones.

    Raises NotFound, Refused for a state, a plan or a currency that allows no change, Invalid for a quantity out of
    range, Conflict where the change is not as previewed.
    """
    uow.authorize("subscriptions:change")
    subscription = await changeable(uow, subscription_id)
    draft = await _draft(uow, subscription, plan, quantity)
    if plan_hash is not None and plan_hash != draft.planned.plan_hash:
        raise Conflict(f"The change of {subscription} is not what was previewed any more; preview it again.")
    await _apply(uow, subscription, draft)
    return subscription


async def override_terms(
    uow: UnitOfWork,
    subscription: Subscription,
    plan: str | None,
    quantity: int | None,
    unit_price_cents: int | None,
    reason: str,
) -> None:
    """Change terms as an operator agreed them; the caller has authorized and locked."""
    draft = await _draft(uow, subscription, plan, quantity, unit_price_cents=unit_price_cents)
    await _apply(uow, subscription, draft, reason=reason)
    if unit_price_cents is not None:
        tell_price(uow, subscription, unit_price_cents, reason)


async def _draft(
    uow: UnitOfWork,
    subscription: Subscription,
    plan: str | None,
    quantity: int | None,
    *,
    unit_price_cents: int | None = None,
) -> _Draft:
    if subscription.status not in CHANGEABLE:
        raise Refused(f"Cannot change {subscription}: it is {subscription.status}; only a live one can be changed.")
    chosen = await _chosen(uow, subscription, plan)
    count = subscription.quantity if quantity is None else counted(quantity)
    price = subscription.recurring_price_cents if unit_price_cents is None else unit_price_cents
    if plan is not None and unit_price_cents is None and chosen.id != subscription.plan_id:
        effective = await catalog.effective_price(uow, chosen, subscription.partner_id, uow.now)
        if effective.currency != subscription.currency:
            raise Refused(
                f"Cannot change {subscription} to {chosen}: it is priced in {effective.currency}, "
                f"the subscription in {subscription.currency}."
            )
        price = effective.unit_price_cents
    if (chosen.id, count, price) == (
        subscription.plan_id,
        subscription.quantity,
        subscription.recurring_price_cents,
    ):
        raise Refused(f"Nothing to change: {subscription} has plan {subscription.plan_key} with quantity {count}.")
    seller = await terms_of(uow, subscription.partner_id)
    return _priced(uow, subscription, chosen, count, price, seller)


async def _chosen(uow: UnitOfWork, subscription: Subscription, plan: str | None) -> Plan:
    if plan is None:
        return subscription.plan
    chosen = await catalog.plan_by(uow, plan)
    if chosen.id == subscription.plan_id:
        return subscription.plan
    if chosen.service_id != subscription.service_id:
        raise Refused(f"Cannot change {subscription} to {chosen}: it belongs to another service.")
    service = (await registry.by_ids(uow, [chosen.service_id]))[chosen.service_id]
    check_plan(chosen, sellable=service.is_sellable, operator=uow.actor.may("subscriptions:administer"))
    if not chosen.billing_period.months or not subscription.plan.billing_period.months:
        raise Refused(f"Cannot change {subscription} to {chosen}: a one-time plan is bought beside what runs.")
    return chosen


def _priced(
    uow: UnitOfWork, subscription: Subscription, plan: Plan, quantity: int, price: int, seller: SellerTerms
) -> _Draft:
    paid = subscription.status is not SubscriptionStatus.trialing
    remaining = old_days = new_days = 1
    moved, price_from = Proration(), None
    if paid:
        current = _current(uow, subscription, seller.zone)
        if current is None:
            raise Refused(f"Cannot change {subscription}: a one-time plan has no next period.")
        price_from = current.end
        remaining = days_between(uow.now, current.end, seller.zone)
        old_days = _days(subscription.plan, current, subscription, seller.zone)
        new_days = _days(plan, current, subscription, seller.zone)
        if seller.prorates:
            old = Terms(subscription.quantity, subscription.recurring_price_cents, old_days)
            moved = prorate(old, Terms(quantity, price, new_days), remaining)
    planned = PlannedChange(
        subscription_id=subscription.id,
        version=subscription.version,
        plan_id=plan.id,
        plan_version=subscription.plan_version if plan.id == subscription.plan_id else plan.plan_version,
        plan_key=f"{subscription.service.slug}.{plan.slug}",
        previous_plan_key=subscription.plan_key,
        quantity=quantity,
        previous_quantity=subscription.quantity,
        currency=subscription.currency,
        unit_price_cents=price,
        previous_unit_price_cents=subscription.recurring_price_cents,
        price_from=price_from,
        remaining_days=remaining if paid else 0,
        credit_cents=moved.credit_cents,
        charge_cents=moved.charge_cents,
    )
    return _Draft(plan, planned, old_days, new_days)


def _current(uow: UnitOfWork, subscription: Subscription, zone: str) -> Period | None:
    """Give the period that contains this moment, also where the renewal job has not come by yet."""
    start, last = subscription.current_period_start, subscription.current_period_end
    if start is None or last is None:
        return None
    if last > uow.now or last == subscription.term_ends_at:
        return Period(start, last)
    return containing(
        uow.now, Period(start, last), subscription.plan.billing_period, subscription.anchor_day or 1, zone
    )


def _days(plan: Plan, current: Period, subscription: Subscription, zone: str) -> int:
    """Count the days a full period of `plan` has when it begins with the current one."""
    full = period_from(current.start, plan.billing_period, subscription.anchor_day or 1, zone)
    return days_between(full.start, full.end, zone)


async def _apply(uow: UnitOfWork, subscription: Subscription, draft: _Draft, *, reason: str | None = None) -> None:
    planned = draft.planned
    if planned.price_from is not None:
        await catch_up(uow, subscription)
        _remember(uow, subscription, draft, planned.price_from)
    before = Before.of(subscription)
    if draft.plan.id != subscription.plan_id:
        subscription.adopt(draft.plan, await catalog.sell(uow, draft.plan))
    subscription.quantity = planned.quantity
    if planned.price_from is None:
        subscription.unit_price_cents = planned.unit_price_cents
    else:
        subscription.next_unit_price_cents = planned.unit_price_cents
    kind = ChangeKind.plan_change
    if planned.plan_key == before.plan_key and planned.quantity != before.quantity:
        kind = ChangeKind.quantity_change
    tell_changed(uow, subscription, before, kind, reason=reason)


def _remember(uow: UnitOfWork, subscription: Subscription, draft: _Draft, period_end: datetime) -> None:
    planned = draft.planned
    uow.session.add(
        SubscriptionChange(
            id=new_id("sch"),
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            subscription_id=subscription.id,
            changed_at=uow.now,
            period_end=period_end,
            old_plan_id=subscription.plan_id,
            old_plan_version=subscription.plan_version,
            old_quantity=subscription.quantity,
            old_unit_price_cents=subscription.recurring_price_cents,
            new_plan_id=draft.plan.id,
            new_plan_version=planned.plan_version,
            new_quantity=planned.quantity,
            new_unit_price_cents=planned.unit_price_cents,
            currency=subscription.currency,
            remaining_days=planned.remaining_days,
            old_period_days=draft.old_days,
            new_period_days=draft.new_days,
            credit_cents=planned.credit_cents,
            charge_cents=planned.charge_cents,
            due_at=uow.now if planned.credit_cents or planned.charge_cents else None,
        )
    )
