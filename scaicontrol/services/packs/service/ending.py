from scaicontrol.core.errors import Refused
from scaicontrol.core.periods import civil_date
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.subscriptions.calendar import containing, following
from scaicontrol.services.subscriptions.children import terms_of
from scaicontrol.services.subscriptions.events import ChangeKind
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus

from ..events import PackResumed
from ..models import PackSubscription
from .items import exchange_items
from .steps import LockedPack, catch_up, end, open_period, tell_changed


@verb
async def cancel(
    uow: UnitOfWork,
    pack_subscription_id: str,
    reason: str | None = None,
    *,
    immediate: bool = False,
    note: str | None = None,
) -> PackSubscription:
    """
    Let a pack run out at the end of its period, with everything in it; a trial, and one bought once, end at once.

    `immediate`, for operators, ends any at once, whatever it has paid for; usage so far is charged with the next run.
    The tenant reads the reason; a note is for the audit log only.

    Raises NotFound, and Refused for what is pending or has ended.
    """
    uow.authorize("subscriptions:administer" if immediate else "subscriptions:cancel")
    held = await LockedPack.lock(uow, pack_subscription_id)
    row = held.row
    if row.status is SubscriptionStatus.pending:
        raise refused(RefusalCode.being_set_up, f"Cannot cancel {row}: it is pending; its provisioning must end first.")
    if row.status is SubscriptionStatus.trialing:
        await end(uow, held, "cancel", uow.now, immediately=True, reason=reason, note=note)
        return row
    zone = (await terms_of(uow, row.partner_id)).zone
    await catch_up(uow, held, zone)
    if immediate or (row.status is SubscriptionStatus.active and row.current_period_end is None):
        await end(uow, held, "cancel_now", uow.now, immediately=True, reason=reason, note=note)
        return row
    row.pending_cancellation_at, row.cancellation_reason = row.current_period_end, reason
    held.carry("cancel")
    tell_changed(uow, held, ChangeKind.scheduled_cancellation, step=_scheduled_step(row, zone), reason=note or reason)
    row.last_scheduled_for = row.pending_cancellation_at
    return row


def _scheduled_step(row: PackSubscription, zone: str) -> str:
    """Name the day; scheduled, undone and scheduled again for the same day needs a key of its own."""
    moment = row.pending_cancellation_at
    day = f"scheduled:{civil_date(moment, zone)}" if moment else "scheduled"
    return f"{day}:v{row.version + 1}" if moment == row.last_scheduled_for else day


@verb
async def resume(
    uow: UnitOfWork, pack_subscription_id: str, *, override_arrears: bool = False, reason: str | None = None
) -> PackSubscription:
    """
    Undo a scheduled cancellation, or, as an operator, end a suspension, of the pack and everything in it.

    A suspended one with an unpaid invoice stays suspended unless the operator overrides that with a reason. Periods
    that passed while it was suspended are not charged.

    Raises NotFound, and Refused for what neither is suspended nor runs out, and where an unpaid invoice keeps it
    suspended.
    """
    uow.authorize("subscriptions:resume")
    held = await LockedPack.lock(uow, pack_subscription_id)
    row = held.row
    if row.status is not SubscriptionStatus.suspended:
        row.pending_cancellation_at = row.cancellation_reason = None
        held.carry("resume")
        tell_changed(uow, held, ChangeKind.scheduled_cancellation_undone, reason=reason)
        return row
    uow.authorize("subscriptions:administer")
    if row.past_due_since is not None:
        if not override_arrears:
            raise Refused(f"Cannot resume {row}: an invoice is past due since {row.past_due_since:%d %B %Y}.")
        if not reason:
            raise Refused(f"Cannot resume {row} with an invoice past due without a reason.")
    row.suspended_at = row.suspended_reason = None
    held.carry("resume")
    tell_changed(uow, held, ChangeKind.status_change, reason=reason)
    uow.emit(
        PackResumed(
            step=f"v{row.version}",
            pack_subscription_id=row.id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            pack_slug=row.pack_slug,
            resumed_at=uow.now,
        )
    )
    await _skip_unused_periods(uow, held)
    return row


async def _skip_unused_periods(uow: UnitOfWork, held: LockedPack) -> None:
    row, ended = held.row, held.row.current_period_end
    if ended is None or ended > uow.now:
        return
    zone, anchor = (await terms_of(uow, row.partner_id)).zone, row.anchor_day or 1
    changed = await exchange_items(uow, row, held.children, uow.now)
    span = containing(uow.now, following(ended, anchor, zone), row.pack.billing_period, anchor, zone)
    open_period(uow, held, span, max(span.start, ended))
    held.state = str(row.status)
    tell_changed(uow, held, ChangeKind.renewal, step=f"period:{span.first_day}")
    if changed:
        tell_changed(uow, held, ChangeKind.plan_change)
