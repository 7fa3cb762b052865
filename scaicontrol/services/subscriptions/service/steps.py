"""What several verbs do to a subscription: open a period, end it, tell what changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import and_, or_, select, update

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.ids import new_id
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.periods import civil_date
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import coupons

from .. import queries
from ..events import ChangeKind, ChangeScheduled, PriceAgreed, SubscriptionCancelled, SubscriptionChanged
from ..lifecycle import RUNNING, MomentKind
from ..models import StoryTerms, Subscription, SubscriptionMoment, SubscriptionPeriod
from ..opening import Opening, coming, first_of
from .terms import terms_of


@dataclass(frozen=True, slots=True)
class Before:
    """What a subscription was when a verb began, as far as its facts tell it."""

    state: str
    plan_key: str
    quantity: int
    mrr_amount_cents: int

    @classmethod
    def of(cls, subscription: Subscription) -> Self:
        return cls(
            str(subscription.status), subscription.plan_key, subscription.quantity, subscription.mrr_amount_cents
        )


async def changeable(uow: UnitOfWork, subscription_id: str) -> Subscription:
    """Lock a subscription that may be changed by itself."""
    subscription = await queries.get(uow, subscription_id, lock=True)
    if subscription.is_child:
        raise refused(
            RefusalCode.part_of_pack,
            f"Cannot change {subscription} alone: it belongs to pack subscription {subscription.pack_subscription_id}.",
        )
    return subscription


def start_paying(uow: UnitOfWork, subscription: Subscription, moment: datetime, zone: str) -> None:
    """Anchor the subscription on the civil day of `moment`, begin its term and open its first paid period."""
    price = subscription.recurring_price_cents
    open_period(uow, subscription, first_of(subscription, (subscription.plan, subscription.terms), price, moment, zone))


def open_period(
    uow: UnitOfWork, subscription: Subscription, opening: Opening, row: SubscriptionPeriod | None = None
) -> None:
    """Move the subscription to a period that begins, and write down what is charged for it; `row` gets new terms."""
    subscription.adopt(opening.plan, opening.terms)
    subscription.quantity, subscription.unit_price_cents = opening.quantity, opening.unit_price_cents
    subscription.next_unit_price_cents = None
    subscription.anchor_day, subscription.term_ends_at = opening.anchor_day, opening.term_ends_at
    span = opening.span
    subscription.current_period_end = subscription.renewed_through = span.end
    subscription.current_period_last_day = span.last_day
    if opening.takes_up_pending:
        subscription.drop_pending()
    if opening.takes_up_announced:
        subscription.forget_announced()
    if row is None:
        row = SubscriptionPeriod(
            id=new_id("per"),
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            subscription_id=subscription.id,
            period_start=span.start,
            base_due_at=max(span.start, opening.usage_from),  # not before anybody could know of it
            setup_price_cents=opening.setup_price_cents,
        )
        uow.session.add(row)
    subscription.current_period_start = row.period_start
    row.period_end, row.first_day, row.days, row.full_days = span.end, span.first_day, span.days, span.full_days
    row.plan_id, row.plan_version = opening.plan.id, opening.terms.number
    row.quantity, row.unit_price_cents = opening.quantity, opening.unit_price_cents
    row.currency = subscription.currency
    if row.discounts:
        coupons.take(subscription.redemptions, row.taken_off, -1)  # it is charged at the new terms instead
    row.discounts = [each.kept for each in opening.discounts] or None
    if opening.discounts:
        coupons.take(subscription.redemptions, opening.discounts)
    row.usage_from, row.usage_until, row.usage_due_at = opening.usage_from, span.end, span.end


def is_due(subscription: Subscription, now: datetime) -> bool:
    """Tell whether the period is over and another one may follow it within the term."""
    end, term = subscription.current_period_end, subscription.term_ends_at
    return end is not None and end <= now and (term is None or end < term)


def roll_forward(uow: UnitOfWork, subscription: Subscription, zone: str) -> int:
    """Renew until the current period contains this moment, each missed period with a row and a fact of its own."""
    openings = list(coming(subscription, uow.now, zone))
    for opening in openings:
        before = Before.of(subscription)
        open_period(uow, subscription, opening)
        tell_renewal(uow, subscription, before, zone)
        if opening.takes_up_pending:
            tell_changed(uow, subscription, before, changed_kind(subscription, before))
    return len(openings)


async def catch_up(uow: UnitOfWork, subscription: Subscription) -> None:
    """Open the periods that began before this verb, where the renewal job has not come by yet."""
    if subscription.status in RUNNING and is_due(subscription, uow.now):
        roll_forward(uow, subscription, (await terms_of(uow, subscription.partner_id)).zone)


def tell_renewal(uow: UnitOfWork, subscription: Subscription, before: Before, zone: str) -> None:
    start = subscription.current_period_start or uow.now
    tell_changed(uow, subscription, before, ChangeKind.renewal, step=f"period:{civil_date(start, zone)}")


def changed_kind(subscription: Subscription, before: Before) -> ChangeKind:
    """Say whether the plan was changed, or its quantity only."""
    if subscription.plan_key == before.plan_key and subscription.quantity != before.quantity:
        return ChangeKind.quantity_change
    return ChangeKind.plan_change


def tell_changed(
    uow: UnitOfWork,
    subscription: Subscription,
    before: Before,
    kind: ChangeKind,
    *,
    step: str | None = None,
    reason: str | None = None,
) -> None:
    """Count a new version and emit `subscription.changed`; the step defaults to one per version."""
    subscription.version += 1
    aspect = {
        ChangeKind.plan_change: "plan",
        ChangeKind.quantity_change: "quantity",
        ChangeKind.status_change: "status",
        ChangeKind.scheduled_cancellation_undone: "undone",
    }.get(kind, "status")
    uow.emit(
        SubscriptionChanged(
            step=step or f"{aspect}:v{subscription.version}",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            service_slug=subscription.service_slug,
            change_kind=kind,
            state=str(subscription.status),
            previous_state=before.state,
            plan_key=subscription.plan_key,
            previous_plan_key=before.plan_key,
            quantity=subscription.quantity,
            previous_quantity=before.quantity,
            currency=subscription.currency,
            mrr_amount_cents=subscription.mrr_amount_cents,
            previous_mrr_amount_cents=before.mrr_amount_cents,
            changed_at=uow.now,
            pending_cancellation_at=subscription.pending_cancellation_at,
        ),
        before={"status": before.state, "plan": before.plan_key, "quantity": before.quantity},
        after={
            "status": str(subscription.status),
            "plan": subscription.plan_key,
            "quantity": subscription.quantity,
            "unit_price_cents": subscription.recurring_price_cents,
        },
        reason=reason,
    )


def remember(
    uow: UnitOfWork,
    subscription: Subscription,
    kind: MomentKind,
    *,
    reason: str | None = None,
    before: StoryTerms | None = None,
    after: StoryTerms | None = None,
) -> None:
    """Write down for the tenant what none of its other rows remembers."""
    uow.session.add(
        SubscriptionMoment(
            id=new_id("smo"),
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            subscription_id=subscription.id,
            occurred_at=uow.now,
            kind=kind,
            reason=reason,
            before=before,
            after=after,
        )
    )


def last_day_of(subscription: Subscription) -> StoryTerms:
    """Give the last day that is paid for, as the words of a moment name it."""
    day = subscription.current_period_last_day
    return {"day": day.isoformat()} if day else {}


def tell_scheduled(uow: UnitOfWork, subscription: Subscription, reason: str | None = None) -> None:
    """Tell that a change waits for the end of the period, or was given up."""
    subscription.version += 1
    plan_key = subscription.pending_plan_key
    if (plan := subscription.pending_plan) is not None:
        price, quantity = subscription.pending_unit_price_cents or 0, subscription.pending_quantity or 1
        waits = queries.terms_told(plan.name, quantity, price, subscription.currency)
        waits |= last_day_of(subscription)
        remember(uow, subscription, MomentKind.change_scheduled, after=waits)
    else:
        remember(uow, subscription, MomentKind.change_undone)
    uow.emit(
        ChangeScheduled(
            step=f"v{subscription.version}",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            plan_key=plan_key,
            quantity=subscription.pending_quantity,
            takes_effect_at=subscription.current_period_end if plan_key else None,
        ),
        after={"pending_plan": plan_key, "pending_quantity": subscription.pending_quantity},
        reason=reason,
    )


async def stop_usage(uow: UnitOfWork, subscription: Subscription, at: datetime) -> None:
    """Let the usage of the running period, and of a one-time plan, be charged with the next run."""
    period = SubscriptionPeriod
    running = or_(period.usage_until > at, and_(period.usage_until.is_(None), period.period_end.is_(None)))
    await uow.session.execute(
        update(period)
        .where(period.subscription_id == subscription.id, running)
        .values(usage_until=at, usage_due_at=at)
        .execution_options(synchronize_session="fetch")
    )


def end(
    uow: UnitOfWork,
    subscription: Subscription,
    event: str,
    at: datetime,
    *,
    immediately: bool,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """
    Fire a terminal event and tell it; `at` is when the right to use the service ended.

    The tenant reads the reason; the audit log has the note where there is one.
    """
    before = str(subscription.status)
    subscription.advance(event)
    subscription.cancelled_at = at
    subscription.cancellation_reason = reason or subscription.cancellation_reason
    subscription.next_trial_notice_at = None
    subscription.version += 1
    uow.emit(
        SubscriptionCancelled(
            step="terminal",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            service_slug=subscription.service_slug,
            plan_key=subscription.plan_key,
            cancelled_at=at,
            effective_immediately=immediately,
            terminal_state=str(subscription.status),
            reason=subscription.cancellation_reason,
        ),
        before={"status": before},
        after={"status": str(subscription.status)},
        reason=note or subscription.cancellation_reason,
    )


async def was_told(uow: UnitOfWork, fact: DomainEvent) -> bool:
    """Tell whether this very fact stands already; for verbs that reactions may run twice."""
    key = fact.idempotency_key
    return await uow.session.scalar(select(Outbox.id).where(Outbox.source_key == key)) is not None


def tell_price(uow: UnitOfWork, subscription: Subscription, unit_price_cents: int, reason: str | None = None) -> None:
    """Tell that an operator agreed a price with this tenant."""
    uow.emit(
        PriceAgreed(
            step=f"v{subscription.version}",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            currency=subscription.currency,
            unit_price_cents=unit_price_cents,
        ),
        after={"unit_price_cents": unit_price_cents},
        reason=reason,
    )
