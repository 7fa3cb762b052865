"""Changing plan, quantity or price: at once, or at the end of the period that is paid for (contract §9.4)."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from scaicontrol.core import canonical_json
from scaicontrol.core.money import Money
from scaicontrol.core.periods import civil_date
from scaicontrol.core.refusals import RefusalCode, conflict, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, registry
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.coupons import off

from .. import queries
from ..lifecycle import CHANGEABLE, SubscriptionStatus
from ..models import Subscription
from ..opening import beginning, coming
from ..proration import Proration, Terms, prorate
from ..schemas import ChangeMoment
from .exchanging import Draft, Paid, apply_change, paid_of
from .steps import catch_up, changeable, tell_price, tell_scheduled
from .subscribing import check_plan, counted
from .terms import SellerTerms, terms_of

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """
    What a change would do, and the hash that applies exactly this.

    `credit_cents` is what is given back for the days of the old terms that are not used any more, `charge_cents` what
    the new ones cost instead: for the same days, or, where `restarts` says so, for a whole period that begins on
    `starts_on`. Both are net, and 0 without proration. `price_from` is when the new price begins, None where nothing
    was paid yet.
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
    when: ChangeMoment
    restarts: bool
    starts_on: date | None
    price_from: datetime | None
    remaining_days: int
    credit_cents: int
    charge_cents: int
    rest_goes_to: str | None

    @property
    def rest_cents(self) -> int:
        """What of the credit its own charge does not use up; other charges of the same invoice come first."""
        return max(self.credit_cents - self.charge_cents, 0)

    @property
    def plan_hash(self) -> str:
        """Tell this plan from every other: a later day, a new price or a change in between gives another hash."""
        values = asdict(self)
        values["price_from"] = self.price_from.isoformat() if self.price_from else None
        values["starts_on"] = self.starts_on.isoformat() if self.starts_on else None
        return hashlib.sha256(canonical_json.dumps(values)).hexdigest()


async def preview_change(
    uow: UnitOfWork,
    subscription_id: str,
    *,
    plan: str | None = None,
    quantity: int | None = None,
    when: ChangeMoment | None = None,
) -> PlannedChange:
    """Say what `change_plan` would do now; nothing is changed."""
    uow.authorize("subscriptions:change")
    subscription = await queries.get(uow, subscription_id)
    return _planned(subscription, await _draft(uow, subscription, plan, quantity, when))


@verb
async def change_plan(
    uow: UnitOfWork,
    subscription_id: str,
    *,
    plan: str | None = None,
    quantity: int | None = None,
    when: ChangeMoment | None = None,
    plan_hash: str | None = None,
) -> Subscription:
    """
    Change the plan (an id or plan key), the quantity, or both; with a `plan_hash` only if it is as previewed.

    The right to use changes at once and the price with the next period; where the partner prorates by day, the days
    that remain are credited at the old terms and charged at the new ones. A plan of another interval begins a period
    of its own today, at its own price, and the days of the old one that are not used are credited; where the partner
    does not prorate it waits for the end of the period, as any change does with `when="period_end"`.

    Raises NotFound, Refused for a state, a plan, a currency or a fixed term that allows no change, Invalid for a
    quantity out of range, Conflict where the change is not as previewed.
    """
    uow.authorize("subscriptions:change")
    subscription = await changeable(uow, subscription_id)
    draft = await _draft(uow, subscription, plan, quantity, when)
    if plan_hash is not None and plan_hash != _planned(subscription, draft).plan_hash:
        raise conflict(
            RefusalCode.preview_outdated,
            f"The change of {subscription} is not what was previewed any more; preview it again.",
        )
    await apply_change(uow, subscription, draft)
    return subscription


@verb
async def undo_change(uow: UnitOfWork, subscription_id: str) -> Subscription:
    """
    Give up the change that waits for the end of the period: the subscription goes on as it is.

    Raises NotFound, and Refused where no change waits, also because its period has begun.
    """
    uow.authorize("subscriptions:change")
    subscription = await changeable(uow, subscription_id)
    await catch_up(uow, subscription)
    if subscription.pending_plan_id is None:
        raise refused(RefusalCode.nothing_to_change, f"No change of {subscription} waits for the end of its period.")
    subscription.drop_pending()
    tell_scheduled(uow, subscription)
    return subscription


async def override_terms(
    uow: UnitOfWork,
    subscription: Subscription,
    plan: str | None,
    quantity: int | None,
    unit_price_cents: int | None,
    reason: str,
) -> None:
    """Change terms as an operator agreed them, also against a fixed term; the caller has authorized and locked."""
    draft = await _draft(uow, subscription, plan, quantity, None, unit_price_cents=unit_price_cents, is_agreed=True)
    await apply_change(uow, subscription, draft, reason=reason)
    if unit_price_cents is not None:
        subscription.has_agreed_price, subscription.next_version_price_cents = True, None
        tell_price(uow, subscription, unit_price_cents, reason)


async def _draft(
    uow: UnitOfWork,
    subscription: Subscription,
    plan: str | None,
    quantity: int | None,
    when: ChangeMoment | None,
    *,
    unit_price_cents: int | None = None,
    is_agreed: bool = False,
) -> Draft:
    if subscription.status not in CHANGEABLE:
        raise refused(
            RefusalCode.wrong_status,
            f"Cannot change {subscription}: it is {subscription.status}; only a live one can be changed.",
            status=str(subscription.status),
        )
    seller = await terms_of(uow, subscription.partner_id)
    if subscription.status is SubscriptionStatus.trialing:
        paid = None
        if when == "period_end":
            raise refused(
                RefusalCode.trial_changes_at_once,
                f"Cannot change {subscription} at its period's end: it is a trial and has paid for none.",
            )
    else:
        paid = await paid_of(uow, subscription, seller.zone)
    now = subscription if paid is None else paid
    chosen = await _chosen(uow, subscription, plan, now.plan)
    terms = now.terms if chosen.id == now.plan.id else chosen.current
    count = now.quantity if quantity is None else counted(quantity)
    present = subscription.recurring_price_cents if paid is None else paid.unit_price_cents
    price = present if unit_price_cents is None else unit_price_cents
    if plan is not None and unit_price_cents is None and chosen.id != now.plan.id:
        effective = await catalog.effective_price(uow, chosen, subscription.partner_id, uow.now)
        if effective.currency != subscription.currency:
            raise refused(
                RefusalCode.other_currency,
                f"Cannot change {subscription} to {chosen}: it is priced in {effective.currency}, "
                f"the subscription in {subscription.currency}.",
                currency=effective.currency,
            )
        price = effective.unit_price_cents
    is_same = (chosen.id, count, price) == (now.plan.id, now.quantity, present)
    if is_same and not (paid is not None and paid.is_pending):
        raise refused(
            RefusalCode.nothing_to_change,
            f"Nothing to change: {subscription} has plan {subscription.plan_key} with quantity {count}.",
        )
    if paid is None:
        return Draft(chosen, terms, count, price, "now")
    draft = Draft(chosen, terms, count, price, when or "now")
    if not is_agreed:
        _keep_term(uow, subscription, paid, draft, seller.zone)
    return _priced(uow, subscription, paid, draft, when, seller)


async def _chosen(uow: UnitOfWork, subscription: Subscription, plan: str | None, present: Plan) -> Plan:
    if plan is None:
        return present
    chosen = await catalog.plan_by(uow, plan)
    if chosen.id == present.id:
        return present
    if chosen.service_id != subscription.service_id:
        raise refused(
            RefusalCode.other_service, f"Cannot change {subscription} to {chosen}: it belongs to another service."
        )
    service = (await registry.by_ids(uow, [chosen.service_id]))[chosen.service_id]
    check_plan(chosen, sellable=service.is_sellable, operator=uow.actor.may("subscriptions:administer"))
    if not chosen.billing_period.months or not present.billing_period.months:
        raise refused(
            RefusalCode.bought_once,
            f"Cannot change {subscription} to {chosen}: a one-time plan is bought beside what runs.",
        )
    return chosen


def _priced(
    uow: UnitOfWork,
    subscription: Subscription,
    paid: Paid,
    draft: Draft,
    when: ChangeMoment | None,
    seller: SellerTerms,
) -> Draft:
    """Say what a change of a paid subscription moves: by when it takes effect, and for how many days."""
    if paid.span.end is None:
        raise refused(RefusalCode.bought_once, f"Cannot change {subscription}: a one-time plan has no next period.")
    restarts = draft.plan.billing_period != paid.plan.billing_period
    moment: ChangeMoment = when or ("period_end" if restarts and not seller.prorates else "now")
    if moment == "period_end":
        return draft.waiting(paid)
    if restarts and not seller.prorates:
        raise refused(
            RefusalCode.paid_until,
            f"Cannot change {subscription} to {draft.plan} now: its period is paid until "
            f"{paid.span.last_day:%d %B %Y}, and its seller gives no days back; change it at the end of the period.",
            day=f"{paid.span.last_day:%Y-%m-%d}",
        )
    if restarts:
        return _restarted(uow, subscription, paid, draft, seller.zone)
    remaining = paid.span.days_from(civil_date(uow.now, seller.zone))
    moved = Proration()
    if seller.prorates:
        days = paid.span.full_days
        old = Terms(1, paid.net_cents, days)
        new = Terms(1, draft.full_cents - off(paid.discounts, draft.full_cents), days)
        moved = prorate(old, new, remaining)
    return draft.prorated(paid, moved, remaining)


def _restarted(uow: UnitOfWork, subscription: Subscription, paid: Paid, draft: Draft, zone: str) -> Draft:
    """Credit the unused days of the old period, and charge a whole one of the new interval from today on."""
    today = civil_date(uow.now, zone)
    cost = (draft.quantity, draft.unit_price_cents)
    # A period that began today and was not charged yet is simply charged at its new terms.
    is_replaced = today <= paid.span.first_day
    replaced = paid.discounts if is_replaced else ()
    opening = beginning(subscription, (draft.plan, draft.terms), cost, uow.now, zone, replaced)
    remaining = paid.span.days_from(today)
    old = Terms(1, paid.net_cents, paid.span.full_days)
    credit = 0 if is_replaced and not paid.is_charged else old.for_days(remaining)
    new = Terms(1, draft.full_cents - off(opening.discounts, draft.full_cents), opening.span.full_days)
    return draft.restarted(paid, opening, Proration(credit, new.for_days(opening.span.days)), remaining)


def _keep_term(uow: UnitOfWork, subscription: Subscription, paid: Paid, draft: Draft, zone: str) -> None:
    """Refuse what would pay less than was agreed until the end of a fixed term; an operator may agree on it."""
    term = paid.term_ends_at
    if term is None or term <= uow.now:
        return
    agreed = monthly_cents(paid.quantity * paid.unit_price_cents, paid.plan.billing_period)
    wanted = monthly_cents(draft.quantity * draft.unit_price_cents, draft.plan.billing_period)
    if wanted >= agreed:
        return
    cost = sum(
        Terms(opening.quantity, opening.unit_price_cents, opening.span.full_days).for_days(opening.span.days)
        for opening in coming(subscription, term, zone)
        if opening.span.start > uow.now
    )
    last = civil_date(term - _INSTANT, zone)
    left = f"staying until then costs {Money(cost, subscription.currency)} more" if cost else "it is paid until then"
    raise refused(
        RefusalCode.term_runs,
        f"Cannot change {subscription} to {draft.plan} with quantity {draft.quantity}: its term ends on "
        f"{last:%d %B %Y}, before which it cannot cost less; {left}. Its seller may agree to end it earlier.",
        day=last.isoformat(),
    )


def _planned(subscription: Subscription, draft: Draft) -> PlannedChange:
    rest = draft.moved.credit_cents > draft.moved.charge_cents
    return PlannedChange(
        subscription_id=subscription.id,
        version=subscription.version,
        plan_id=draft.plan.id,
        plan_version=draft.terms.number,
        plan_key=f"{subscription.service.slug}.{draft.plan.slug}",
        previous_plan_key=subscription.plan_key,
        quantity=draft.quantity,
        previous_quantity=subscription.quantity,
        currency=subscription.currency,
        unit_price_cents=draft.unit_price_cents,
        previous_unit_price_cents=subscription.recurring_price_cents,
        when=draft.when,
        restarts=draft.opening is not None,
        starts_on=draft.starts_on,
        price_from=draft.price_from,
        remaining_days=draft.remaining_days,
        credit_cents=draft.moved.credit_cents,
        charge_cents=draft.moved.charge_cents,
        rest_goes_to="credit_note" if rest else None,
    )
