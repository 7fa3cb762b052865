"""
Which period comes next, and under which terms: the same for the renewal that opens it and for whoever looks ahead.

Pure, but for the plans it is given: nothing here reads a clock or changes a subscription.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from scaicontrol.core.periods import add_months, civil_date, start_of_day
from scaicontrol.services.catalog.models import Plan, PlanVersion
from scaicontrol.services.coupons import Discount, of_period

from .calendar import Window, following, window
from .models import Subscription


@dataclass(frozen=True, slots=True)
class Opening:
    """
    A period that begins, with the terms it is charged under.

    Its use is counted from `usage_from`: the moment of activation, or up to which the period before has counted.
    `takes_up_pending` says that a change which waited takes effect with it, `takes_up_announced` that an announced
    version does.
    """

    span: Window
    plan: Plan
    terms: PlanVersion
    quantity: int
    unit_price_cents: int
    anchor_day: int
    term_ends_at: datetime | None
    usage_from: datetime
    takes_up_pending: bool = False
    takes_up_announced: bool = False
    setup_price_cents: int = 0
    discounts: tuple[Discount, ...] = ()

    @property
    def full_cents(self) -> int:
        """What a whole period costs at these terms, before discounts."""
        return self.quantity * self.unit_price_cents


Version = tuple[Plan, PlanVersion]


def first_of(
    subscription: Subscription, version: Version, unit_price_cents: int, moment: datetime, zone: str
) -> Opening:
    """
    Give the first paid period: it begins with the civil day of `moment`, which becomes the anchor.

    It is charged for setting up, too; of a pack only its own price is charged.
    """
    first = beginning(subscription, version, (subscription.quantity, unit_price_cents), moment, zone)
    return first if subscription.is_child else replace(first, setup_price_cents=version[1].setup_price_cents)


def _discounted(subscription: Subscription, opening: Opening, taken: Counter[str]) -> Opening:
    """Take off what coupons promise for this period, and count it; `taken` are those that came before it."""
    if subscription.is_child:
        return opening  # of a pack only its own price is charged
    redeemed = [row.terms for row in subscription.redemptions if row.ended_at is None]
    before = {each.redemption_id: each.taken + taken[each.redemption_id] for each in redeemed}
    days = (opening.span.days, opening.span.full_days)
    found = of_period(redeemed, opening.plan.id, opening.full_cents, days, before)
    taken.update(each.redemption_id for each in found)
    return replace(opening, discounts=found)


def beginning(
    subscription: Subscription,
    version: Version,
    cost: tuple[int, int],
    moment: datetime,
    zone: str,
    replaced: Iterable[Discount] = (),
) -> Opening:
    """
    Give a period, of a quantity and price, that is anchored on its own first day and begins the plan's term.

    It takes the place of one with the discounts `replaced`, which do not count any more.
    """
    plan, terms = version
    quantity, unit_price_cents = cost
    first_day = civil_date(moment, zone)
    anchor_day = first_day.day
    term_ends_at = None  # a pack has no fixed term, whatever the plans in it have
    if not subscription.is_child:
        term_ends_at = _term(terms, first_day, anchor_day, zone, subscription.term_ends_at)
    span = window(first_day, plan.billing_period, anchor_day, zone, term_ends_at)
    opening = Opening(span, plan, terms, quantity, unit_price_cents, anchor_day, term_ends_at, moment)
    return _discounted(subscription, opening, Counter({each.redemption_id: -1 for each in replaced}))


def _term(terms: PlanVersion, first_day: date, anchor_day: int, zone: str, running: datetime | None) -> datetime | None:
    """Say until when a plan binds that begins on a day; a longer term that runs already stays."""
    if not terms.term_months:
        return running
    ends_at = start_of_day(add_months(first_day, terms.term_months, anchor_day), zone)
    return max(ends_at, running or ends_at)


def coming(subscription: Subscription, until: datetime, zone: str) -> Iterator[Opening]:
    """Give the periods that follow the current one and begin by `until`, never across the end of a fixed term."""
    end = subscription.current_period_end
    if end is None:
        return
    span = Window(following(end, subscription.anchor_day or 1, zone), end, end)
    now = Opening(
        span, subscription.plan, subscription.terms, subscription.quantity, subscription.recurring_price_cents,
        subscription.anchor_day or 1, subscription.term_ends_at, end,
    )  # fmt: skip
    yield from coming_after(subscription, now, until, zone)


def coming_after(subscription: Subscription, last: Opening, until: datetime, zone: str) -> Iterator[Opening]:
    """
    Give the periods that follow one and begin by `until`.

    A change that waits takes effect with the first of them, an announced version with the first after its notice.
    """
    pending, pending_terms = subscription.pending_plan, subscription.pending_terms
    announced = subscription.next_terms
    taken = Counter(each.redemption_id for each in last.discounts)
    while (end := last.span.end) is not None and end <= until:
        if last.term_ends_at is not None and end >= last.term_ends_at:
            return
        plan, terms, quantity, price = last.plan, last.terms, last.quantity, last.unit_price_cents
        anchor_day, term = last.anchor_day, last.term_ends_at
        first_day, takes_up = following(end, anchor_day, zone), pending is not None
        if pending is not None and pending_terms is not None:
            if pending.billing_period != plan.billing_period:
                anchor_day = first_day.day
            if pending.id != plan.id:
                term = _term(pending_terms, first_day, anchor_day, zone, term)
            plan, terms, quantity = pending, pending_terms, subscription.pending_quantity or quantity
            price, pending = subscription.pending_unit_price_cents or 0, None
        takes_version = announced is not None and _is_taken(subscription, plan, end)
        if announced is not None and takes_version:
            terms, announced = announced, None
            agreed = subscription.next_version_price_cents
            price = price if agreed is None else agreed
        span = window(first_day, plan.billing_period, anchor_day, zone, term)
        opened = Opening(span, plan, terms, quantity, price, anchor_day, term, end, takes_up, takes_version)
        last = _discounted(subscription, opened, taken)
        yield last


def _is_taken(subscription: Subscription, plan: Plan, end: datetime) -> bool:
    """Tell whether an announced version holds for the period that begins where one ends."""
    at = subscription.next_plan_version_at
    return at is not None and end >= at and plan.id == subscription.plan_id


def after_pause(subscription: Subscription, moment: datetime, zone: str) -> Opening | None:
    """Give the period that contains `moment`, skipping those that passed unused; None after the end of a term."""
    openings, ended = list(coming(subscription, moment, zone)), subscription.current_period_end
    if not openings or ended is None:
        return None
    last = openings[-1]
    if last.span.end is not None and last.span.end <= moment:
        return None
    return replace(
        last,
        usage_from=max(last.span.start, ended),
        takes_up_pending=any(opening.takes_up_pending for opening in openings),
        takes_up_announced=any(opening.takes_up_announced for opening in openings),
    )
