"""What a change exchanges: the terms that are paid for now against those that follow, written down exactly once."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Self

from sqlalchemy import func, or_, select

from scaicontrol.core.ids import new_id
from scaicontrol.core.periods import civil_date
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan, PlanVersion
from scaicontrol.services.coupons import Discount, off

from ..calendar import Window
from ..lifecycle import MomentKind
from ..models import StoryTerms, Subscription, SubscriptionChange, SubscriptionPeriod
from ..opening import Opening, coming
from ..proration import Proration
from ..queries import terms_told
from ..schemas import ChangeMoment
from .steps import (
    Before,
    catch_up,
    changed_kind,
    open_period,
    remember,
    tell_changed,
    tell_scheduled,
)

_NOTHING = Proration()


@dataclass(frozen=True, slots=True)
class Paid:
    """
    What is paid for at this moment: the period, its terms, and whether its base charge was written yet.

    `worth` is quantity and price the rest of it is paid at; a price that waits for the next period does not change it.
    What coupons take off it (`discounts`) holds for its rest, whatever it changes to.
    """

    span: Window
    plan: Plan
    terms: PlanVersion
    quantity: int
    unit_price_cents: int
    worth: tuple[int, int]
    term_ends_at: datetime | None
    is_charged: bool
    is_pending: bool
    discounts: tuple[Discount, ...] = ()

    @property
    def discount_cents(self) -> int:
        """What coupons take off a whole period of what it is worth."""
        return off(self.discounts, self.worth[0] * self.worth[1])

    @property
    def net_cents(self) -> int:
        """What a whole period of it is paid at."""
        return self.worth[0] * self.worth[1] - self.discount_cents


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A change before it is made: the new terms, when they begin, and what the days that remain are worth.

    `opening` is the period of another interval that begins today; `charged_days` is what the charge pays for.
    """

    plan: Plan
    terms: PlanVersion
    quantity: int
    unit_price_cents: int
    when: ChangeMoment
    starts_on: date | None = None
    price_from: datetime | None = None
    opening: Opening | None = None
    moved: Proration = _NOTHING
    worth: tuple[int, int] = (1, 0)
    old_discount_cents: int = 0
    new_discount_cents: int = 0
    remaining_days: int = 0
    charged_days: int = 0
    old_days: int = 1
    new_days: int = 1

    @property
    def full_cents(self) -> int:
        """What a whole period of the new terms costs, before discounts."""
        return self.quantity * self.unit_price_cents

    def waiting(self, paid: Paid) -> Self:
        """Let it wait for the end of the period that is paid for."""
        return replace(self, when="period_end", starts_on=paid.span.following_day, price_from=paid.span.end)

    def prorated(self, paid: Paid, moved: Proration, remaining_days: int) -> Self:
        """Let it take effect within the period, which goes on."""
        days = paid.span.full_days
        return replace(
            self, when="now", price_from=paid.span.end, moved=moved, remaining_days=remaining_days,
            charged_days=remaining_days, old_days=days, new_days=days, worth=paid.worth,
            old_discount_cents=paid.discount_cents, new_discount_cents=off(paid.discounts, self.full_cents),
        )  # fmt: skip

    def restarted(self, paid: Paid, opening: Opening, moved: Proration, remaining_days: int) -> Self:
        """Let it begin a period of its own today."""
        return replace(
            self, when="now", starts_on=opening.span.first_day, price_from=opening.span.start, opening=opening,
            moved=moved, remaining_days=remaining_days, charged_days=opening.span.days,
            old_days=paid.span.full_days, new_days=opening.span.full_days, worth=paid.worth,
            old_discount_cents=paid.discount_cents, new_discount_cents=off(opening.discounts, self.full_cents),
        )  # fmt: skip


async def paid_of(uow: UnitOfWork, subscription: Subscription, zone: str) -> Paid:
    """Tell what is paid for now, also where the renewal job has not come by yet."""
    ahead = list(coming(subscription, uow.now, zone))
    if ahead:
        last = ahead[-1]
        waits = subscription.pending_plan is not None and not any(each.takes_up_pending for each in ahead)
        return Paid(
            last.span, last.plan, last.terms, last.quantity, last.unit_price_cents,
            (last.quantity, last.unit_price_cents), last.term_ends_at, is_charged=False, is_pending=waits,
            discounts=last.discounts,
        )  # fmt: skip
    row = await _current_row(uow, subscription)
    return Paid(
        _span(row) if row is not None else _bounds(subscription, zone),
        subscription.plan,
        subscription.terms,
        subscription.quantity,
        subscription.recurring_price_cents,
        await _worth(uow, subscription, row),
        subscription.term_ends_at,
        is_charged=row is None or row.base_due_at is None,
        is_pending=None not in (subscription.pending_plan_id, subscription.pending_plan_version),
        discounts=() if row is None else row.taken_off,
    )


async def _current_row(uow: UnitOfWork, subscription: Subscription) -> SubscriptionPeriod | None:
    found: SubscriptionPeriod | None = await uow.session.scalar(
        select(SubscriptionPeriod).where(
            SubscriptionPeriod.subscription_id == subscription.id,
            SubscriptionPeriod.period_start == subscription.current_period_start,
        )
    )
    return found


async def _worth(uow: UnitOfWork, subscription: Subscription, row: SubscriptionPeriod | None) -> tuple[int, int]:
    """Give quantity and price the rest of the period was last paid at: those it began under, or those of a change."""
    change = SubscriptionChange
    moved: SubscriptionChange | None = await uow.session.scalar(
        select(change)
        .where(
            change.subscription_id == subscription.id,
            change.changed_at >= subscription.current_period_start,
            or_(change.credit_cents > 0, change.charge_cents > 0),
        )
        .order_by(change.changed_at.desc())
        .limit(1)
    )
    if moved is not None:
        return moved.new_quantity, moved.new_unit_price_cents
    if row is not None:
        return row.quantity, row.unit_price_cents
    return subscription.quantity, subscription.unit_price_cents or 0


def _span(row: SubscriptionPeriod) -> Window:
    return Window(row.first_day, row.period_start, row.period_end, row.days, row.full_days)


def _bounds(subscription: Subscription, zone: str) -> Window:
    start, end = subscription.current_period_start, subscription.current_period_end
    if start is None:
        raise ValueError(f"{subscription} has paid for no period.")
    first_day = civil_date(start, zone)
    days = 1 if end is None else (civil_date(end, zone) - first_day).days
    return Window(first_day, start, end, days, days)


async def apply_change(uow: UnitOfWork, subscription: Subscription, draft: Draft, *, reason: str | None = None) -> None:
    """Make a drafted change; the caller has authorized and locked. A version that is entered is sealed."""
    if draft.plan.id != subscription.plan_id:
        await catalog.sell(uow, draft.plan)
    if draft.price_from is None:  # a trial: nothing was paid, so the price is another one at once
        before, had = Before.of(subscription), _in_words(subscription)
        _take(subscription, draft)
        subscription.unit_price_cents, subscription.next_unit_price_cents = draft.unit_price_cents, None
        remember(uow, subscription, MomentKind.changed, before=had, after=_in_words(subscription))
        tell_changed(uow, subscription, before, changed_kind(subscription, before), reason=reason)
        return
    await catch_up(uow, subscription)
    before = Before.of(subscription)
    if draft.when == "period_end":
        _wait(uow, subscription, draft, reason)
        return
    await _remember(uow, subscription, draft)
    subscription.drop_pending()
    if draft.opening is not None:
        await _restart(uow, subscription, draft.opening)
    else:
        _take(subscription, draft)
        subscription.next_unit_price_cents = draft.unit_price_cents
    tell_changed(uow, subscription, before, changed_kind(subscription, before), reason=reason)


def _in_words(of: Subscription) -> StoryTerms:
    return terms_told(of.plan.name, of.quantity, of.recurring_price_cents, of.currency)


def _take(subscription: Subscription, draft: Draft) -> None:
    subscription.adopt(draft.plan, draft.terms)
    subscription.quantity = draft.quantity


def _wait(uow: UnitOfWork, subscription: Subscription, draft: Draft, reason: str | None) -> None:
    """Note what takes effect with the next period; the terms it has already give up what waited."""
    present = (subscription.plan_id, subscription.quantity, subscription.recurring_price_cents)
    if (draft.plan.id, draft.quantity, draft.unit_price_cents) == present:
        subscription.drop_pending()
    else:
        subscription.await_change(draft.plan, draft.terms, draft.quantity, draft.unit_price_cents)
    tell_scheduled(uow, subscription, reason)


async def _restart(uow: UnitOfWork, subscription: Subscription, opening: Opening) -> None:
    """
    End the running period with yesterday and begin the new one today; use counts in the one whose day it is.

    Of a period that began today nothing would be left: its row gets the new terms, so that no two begin at once. What
    was charged for it already is exchanged by the change; else it is charged at the new terms like any other.
    """
    row = await _current_row(uow, subscription)
    if row is not None and row.first_day >= opening.span.first_day:
        open_period(uow, subscription, replace(opening, usage_from=row.usage_from), row)
        return
    begins = opening.span.start
    if row is not None:
        begins = max(begins, row.usage_from)
        row.period_end = row.usage_until = row.usage_due_at = begins
    open_period(uow, subscription, replace(opening, usage_from=begins))


async def _remember(uow: UnitOfWork, subscription: Subscription, draft: Draft) -> None:
    """Write down what the change moves; the base charge of a period that it opens is that period's own."""
    charge_cents, due_at = draft.moved.charge_cents, uow.now
    if draft.opening is not None:
        due_at = draft.opening.span.start  # with the period it opens: a run that charges that gives the rest back, too
        row = await _current_row(uow, subscription)
        is_exchanged = row is not None and row.first_day >= draft.opening.span.first_day and row.base_due_at is None
        charge_cents = charge_cents if is_exchanged else 0
    uow.session.add(
        SubscriptionChange(
            id=new_id("sch"),
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            subscription_id=subscription.id,
            changed_at=await _moment(uow, subscription),
            period_end=subscription.current_period_end or uow.now,
            old_plan_id=subscription.plan_id,
            old_plan_version=subscription.plan_version,
            old_quantity=draft.worth[0],
            old_unit_price_cents=draft.worth[1],
            new_plan_id=draft.plan.id,
            new_plan_version=draft.terms.number,
            new_quantity=draft.quantity,
            new_unit_price_cents=draft.unit_price_cents,
            old_discount_cents=draft.old_discount_cents,
            new_discount_cents=draft.new_discount_cents,
            currency=subscription.currency,
            remaining_days=draft.remaining_days,
            charged_days=draft.charged_days,
            old_period_days=draft.old_days,
            new_period_days=draft.new_days,
            credit_cents=draft.moved.credit_cents,
            charge_cents=charge_cents,
            due_at=due_at if draft.moved.credit_cents or charge_cents else None,
        )
    )


async def _moment(uow: UnitOfWork, subscription: Subscription) -> datetime:
    """Give a moment of its own: what a change moves is charged once by (subscription, moment)."""
    last: datetime | None = await uow.session.scalar(
        select(func.max(SubscriptionChange.changed_at)).where(SubscriptionChange.subscription_id == subscription.id)
    )
    return uow.now if last is None or last < uow.now else last + timedelta(microseconds=1)
