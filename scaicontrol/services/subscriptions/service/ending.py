from scaicontrol.core.errors import Refused
from scaicontrol.core.periods import civil_date
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from ..events import ChangeKind, SubscriptionResumed
from ..lifecycle import MomentKind, SubscriptionStatus
from ..models import Subscription
from ..opening import after_pause
from .steps import (
    Before,
    catch_up,
    changeable,
    end,
    is_due,
    last_day_of,
    open_period,
    remember,
    stop_usage,
    tell_changed,
    tell_renewal,
)
from .terms import terms_of


@verb
async def cancel(
    uow: UnitOfWork,
    subscription_id: str,
    reason: str | None = None,
    *,
    immediate: bool = False,
    note: str | None = None,
) -> Subscription:
    """
    Let a subscription run out at the end of its period; a trial, and a one-time plan, end at once.

    `immediate`, for operators, ends any at once, whatever it has paid for; usage so far is charged with the next run.
    The tenant reads the reason; a note is for the audit log only.

    Raises NotFound, and Refused for what is pending, has ended, or belongs to a pack.
    """
    uow.authorize("subscriptions:administer" if immediate else "subscriptions:cancel")
    subscription = await changeable(uow, subscription_id)
    _refuse_pending(subscription)
    if subscription.status is SubscriptionStatus.trialing:
        end(uow, subscription, "cancel", uow.now, immediately=True, reason=reason, note=note)
        return subscription
    if immediate:
        return await _end_now(uow, subscription, reason, note)
    await catch_up(uow, subscription)
    if subscription.status is SubscriptionStatus.active and subscription.current_period_end is None:
        return await _end_now(uow, subscription, reason, note)
    seller = await terms_of(uow, subscription.partner_id)
    before = Before.of(subscription)
    subscription.advance("cancel")
    subscription.pending_cancellation_at = subscription.current_period_end
    subscription.cancellation_reason = reason
    step = _scheduled_step(subscription, seller.zone)
    remember(uow, subscription, MomentKind.cancellation_scheduled, reason=reason, after=last_day_of(subscription))
    tell_changed(uow, subscription, before, ChangeKind.scheduled_cancellation, step=step, reason=note or reason)
    subscription.last_scheduled_for = subscription.pending_cancellation_at
    return subscription


def _scheduled_step(subscription: Subscription, zone: str) -> str:
    """Name the day; scheduled, undone and scheduled again for the same day needs a key of its own."""
    moment = subscription.pending_cancellation_at
    day = f"scheduled:{civil_date(moment, zone)}" if moment else "scheduled"
    return f"{day}:v{subscription.version + 1}" if moment == subscription.last_scheduled_for else day


async def _end_now(uow: UnitOfWork, subscription: Subscription, reason: str | None, note: str | None) -> Subscription:
    await catch_up(uow, subscription)
    end(uow, subscription, "cancel_now", uow.now, immediately=True, reason=reason, note=note)
    await stop_usage(uow, subscription, uow.now)
    return subscription


def _refuse_pending(subscription: Subscription) -> None:
    if subscription.status is SubscriptionStatus.pending:
        raise refused(
            RefusalCode.being_set_up, f"Cannot cancel {subscription}: it is pending; its provisioning must end first."
        )


@verb
async def resume(
    uow: UnitOfWork, subscription_id: str, *, override_arrears: bool = False, reason: str | None = None
) -> Subscription:
    """
    Undo a scheduled cancellation, or, as an operator, end a suspension.

    A suspended subscription with an unpaid invoice stays suspended unless the operator overrides that with a reason.
    Periods that passed while it was suspended are not charged.

    Raises NotFound, and Refused for what neither is suspended nor runs out, and where an unpaid invoice keeps it
    suspended.
    """
    uow.authorize("subscriptions:resume")
    subscription = await changeable(uow, subscription_id)
    if subscription.status is not SubscriptionStatus.suspended:
        return _undo_cancellation(uow, subscription, reason)
    uow.authorize("subscriptions:administer")
    if subscription.past_due_since is not None:
        if not override_arrears:
            since = f"{subscription.past_due_since:%d %B %Y}"
            raise Refused(f"Cannot resume {subscription}: an invoice is past due since {since}.")
        if not reason:
            raise Refused(f"Cannot resume {subscription} with an invoice past due without a reason.")
    subscription.advance("resume")
    subscription.suspended_at = subscription.suspended_reason = None
    _tell_resumed(uow, subscription, reason)
    await _skip_unused_periods(uow, subscription)
    return subscription


def _undo_cancellation(uow: UnitOfWork, subscription: Subscription, reason: str | None) -> Subscription:
    before = Before.of(subscription)
    subscription.advance("resume")
    subscription.pending_cancellation_at = subscription.cancellation_reason = None
    remember(uow, subscription, MomentKind.cancellation_undone)
    tell_changed(uow, subscription, before, ChangeKind.scheduled_cancellation_undone, reason=reason)
    return subscription


def _tell_resumed(uow: UnitOfWork, subscription: Subscription, reason: str | None) -> None:
    remember(uow, subscription, MomentKind.resumed)  # an operator's reason stays in the audit log
    subscription.version += 1
    uow.emit(
        SubscriptionResumed(
            step=f"v{subscription.version}",
            subscription_id=subscription.id,
            tenant_id=subscription.tenant_id,
            partner_id=subscription.partner_id,
            service_slug=subscription.service_slug,
            plan_key=subscription.plan_key,
            resumed_at=uow.now,
            mrr_amount_cents=subscription.mrr_amount_cents,
        ),
        before={"status": "suspended"},
        after={"status": "active"},
        reason=reason,
    )


async def _skip_unused_periods(uow: UnitOfWork, subscription: Subscription) -> None:
    if not is_due(subscription, uow.now):
        return
    zone = (await terms_of(uow, subscription.partner_id)).zone
    opening = after_pause(subscription, uow.now, zone)
    if opening is None:
        return  # the term ran out meanwhile: the term job ends it
    before = Before.of(subscription)
    open_period(uow, subscription, opening)
    tell_renewal(uow, subscription, before, zone)
