"""How a subscription stands: paused, behind with payments, caught up."""

from dataclasses import dataclass
from datetime import datetime

from scaicontrol.core.errors import invalid
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from ..events import ChangeKind, SubscriptionPaymentFailed, SubscriptionSuspended
from ..lifecycle import TERMINAL, MomentKind, SubscriptionStatus
from ..models import Subscription
from .steps import Before, catch_up, changeable, remember, tell_changed, was_told


@dataclass(frozen=True, slots=True)
class PaymentFailure:
    """
    A payment that did not happen; `attempt` 0 is an invoice that fell due without one.

    `occasion` tells apart what can happen again to one invoice: its money was taken back.
    """

    invoice_id: str
    amount_cents: int
    currency: str
    attempt: int = 0
    failure_code: str | None = None
    next_retry_at: datetime | None = None
    occasion: str | None = None


@verb
async def suspend(uow: UnitOfWork, subscription_id: str, reason: str, *, note: str | None = None) -> Subscription:
    """
    Take the right to use the service away until the subscription is resumed; operators and dunning do this.

    The tenant reads the reason; a note is for the audit log only.

    Raises NotFound, Invalid without a reason, Refused for a state that cannot be suspended.
    """
    uow.authorize("subscriptions:administer")
    if not reason.strip():
        raise invalid("reason", "Say why the subscription is suspended.", "missing")
    subscription = await changeable(uow, subscription_id)
    await catch_up(uow, subscription)
    before = str(subscription.status)
    subscription.advance("suspend")
    subscription.suspended_at, subscription.suspended_reason = uow.now, reason
    remember(uow, subscription, MomentKind.suspended, reason=reason)
    subscription.version += 1
    uow.emit(
        SubscriptionSuspended(
            step=f"v{subscription.version}",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            service_slug=subscription.service_slug,
            plan_key=subscription.plan_key,
            suspended_at=uow.now,
            reason=reason,
        ),
        before={"status": before},
        after={"status": "suspended"},
        reason=note or reason,
    )
    return subscription


async def mark_past_due(uow: UnitOfWork, subscription_id: str, failure: PaymentFailure) -> Subscription:
    """
    Note that a payment for the subscription failed; an active one becomes past due and still works.

    A suspended or cancelling one keeps its state and remembers the arrears (`past_due_since`), which `resume` asks for.
    The same attempt told twice is told once.
    """
    uow.authorize("subscriptions:advance")
    subscription = await changeable(uow, subscription_id)
    if subscription.status in (*TERMINAL, SubscriptionStatus.pending, SubscriptionStatus.trialing):
        return subscription
    fact = SubscriptionPaymentFailed(
        step=f"{failure.invoice_id}:{failure.occasion or failure.attempt}",
        subscription_id=subscription.id,
        tenant_id=subscription.tenant_id,
        partner_id=subscription.partner_id,
        plan_key=subscription.plan_key,
        invoice_id=failure.invoice_id,
        amount_cents=failure.amount_cents,
        currency=failure.currency,
        attempt=failure.attempt,
        failure_code=failure.failure_code,
        failed_at=uow.now,
        next_retry_at=failure.next_retry_at,
    )
    if await was_told(uow, fact):
        return subscription
    before = str(subscription.status)
    if subscription.can("mark_past_due"):
        subscription.advance("mark_past_due")
    if subscription.past_due_since is None:
        subscription.past_due_since = uow.now
        remember(uow, subscription, MomentKind.payment_failed)
    subscription.version += 1
    uow.emit(fact, before={"status": before}, after={"status": str(subscription.status)})
    return subscription


async def recover(uow: UnitOfWork, subscription_id: str) -> Subscription:
    """
    Note that nothing for the subscription is past due any more; safe to run twice.

    A suspended one stays suspended, and may now be resumed.
    """
    uow.authorize("subscriptions:advance")
    subscription = await changeable(uow, subscription_id)
    if subscription.past_due_since is not None:
        remember(uow, subscription, MomentKind.recovered)
    subscription.past_due_since = None
    if subscription.can("recover"):
        before = Before.of(subscription)
        subscription.advance("recover")
        tell_changed(uow, subscription, before, ChangeKind.status_change)
    return subscription
