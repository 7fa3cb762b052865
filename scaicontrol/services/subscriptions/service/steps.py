"""What several verbs do to a subscription: open a period, end it, tell what changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import or_, select, update

from scaicontrol.core.errors import Refused
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.ids import new_id
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.periods import add_months, civil_date
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..calendar import window
from ..events import ChangeKind, PriceAgreed, SubscriptionCancelled, SubscriptionChanged
from ..lifecycle import RUNNING
from ..models import Subscription, SubscriptionPeriod
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
        raise Refused(
            f"Cannot change {subscription} alone: it belongs to pack subscription {subscription.pack_subscription_id}."
        )
    return subscription


def start_paying(uow: UnitOfWork, subscription: Subscription, start: datetime, zone: str) -> None:
    """Anchor the subscription at `start`, begin its term and open its first paid period."""
    subscription.anchor_day = civil_date(start, zone).day
    months = subscription.terms.term_months
    if months:
        subscription.term_ends_at = add_months(start, months, subscription.anchor_day, zone)
    open_period(uow, subscription, start, zone)


def open_period(uow: UnitOfWork, subscription: Subscription, start: datetime, zone: str) -> None:
    """Move the subscription to the period that begins at `start` and write down what is charged for it."""
    if subscription.next_unit_price_cents is not None:
        subscription.unit_price_cents, subscription.next_unit_price_cents = subscription.next_unit_price_cents, None
    span = window(
        start, subscription.plan.billing_period, subscription.anchor_day or 1, zone, subscription.term_ends_at
    )
    subscription.current_period_start, subscription.current_period_end = span.start, span.end
    subscription.renewed_through = span.end
    uow.session.add(
        SubscriptionPeriod(
            id=new_id("per"),
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            subscription_id=subscription.id,
            period_start=span.start,
            period_end=span.end,
            plan_id=subscription.plan_id,
            plan_version=subscription.plan_version,
            quantity=subscription.quantity,
            unit_price_cents=subscription.unit_price_cents or 0,
            currency=subscription.currency,
            days=span.days,
            full_days=span.full_days,
            base_due_at=span.start,
            usage_due_at=span.end,
        )
    )


def is_due(subscription: Subscription, now: datetime) -> bool:
    """Tell whether the period is over and another one may follow it within the term."""
    end, term = subscription.current_period_end, subscription.term_ends_at
    return end is not None and end <= now and (term is None or end < term)


def roll_forward(uow: UnitOfWork, subscription: Subscription, zone: str) -> int:
    """Renew until the current period contains this moment, each missed period with a row and a fact of its own."""
    renewed = 0
    while is_due(subscription, uow.now) and subscription.current_period_end is not None:
        before = Before.of(subscription)
        open_period(uow, subscription, subscription.current_period_end, zone)
        tell_renewal(uow, subscription, before, zone)
        renewed += 1
    return renewed


async def catch_up(uow: UnitOfWork, subscription: Subscription) -> None:
    """Open the periods that began before this verb, where the renewal job has not come by yet."""
    if subscription.status in RUNNING and is_due(subscription, uow.now):
        roll_forward(uow, subscription, (await terms_of(uow, subscription.partner_id)).zone)


def tell_renewal(uow: UnitOfWork, subscription: Subscription, before: Before, zone: str) -> None:
    start = subscription.current_period_start or uow.now
    tell_changed(uow, subscription, before, ChangeKind.renewal, step=f"period:{civil_date(start, zone)}")


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


async def stop_usage(uow: UnitOfWork, subscription: Subscription, at: datetime) -> None:
    """Let the usage of the running period, and of a one-time plan, be charged with the next run."""
    running = or_(SubscriptionPeriod.usage_due_at > at, SubscriptionPeriod.period_end.is_(None))
    await uow.session.execute(
        update(SubscriptionPeriod)
        .where(SubscriptionPeriod.subscription_id == subscription.id, running)
        .values(usage_due_at=at)
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
) -> None:
    """Fire a terminal event and tell it; `at` is when the right to use the service ended."""
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
        reason=subscription.cancellation_reason,
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
