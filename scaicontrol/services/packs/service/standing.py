"""How a pack subscription stands, with everything in it: paused, behind with payments, caught up."""

from scaicontrol.core.errors import invalid
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.subscriptions import PaymentFailure
from scaicontrol.services.subscriptions.children import terms_of
from scaicontrol.services.subscriptions.events import ChangeKind
from scaicontrol.services.subscriptions.lifecycle import TERMINAL, SubscriptionStatus

from ..events import PackSuspended
from ..models import PackSubscription
from .steps import LockedPack, catch_up, tell_changed


@verb
async def suspend(
    uow: UnitOfWork, pack_subscription_id: str, reason: str, *, note: str | None = None
) -> PackSubscription:
    """
    Take the right to use every service of the pack away until it is resumed; operators and dunning do this.

    The tenant reads the reason; a note is for the audit log only.

    Raises NotFound, Invalid without a reason, Refused for a state that cannot be suspended.
    """
    uow.authorize("subscriptions:administer")
    if not reason.strip():
        raise invalid("reason", "Say why the pack subscription is suspended.", "missing")
    held = await LockedPack.lock(uow, pack_subscription_id)
    await catch_up(uow, held, (await terms_of(uow, held.row.partner_id)).zone)
    held.row.suspended_at, held.row.suspended_reason = uow.now, reason
    held.carry("suspend")
    tell_changed(uow, held, ChangeKind.status_change, reason=note or reason)
    row = held.row
    uow.emit(
        PackSuspended(
            step=f"v{row.version}",
            pack_subscription_id=row.id,
            tenant_id=row.tenant_id,
            partner_id=row.partner_id,
            pack_slug=row.pack_slug,
            suspended_at=uow.now,
            reason=reason,
        )
    )
    return row


async def mark_past_due(uow: UnitOfWork, pack_subscription_id: str, failure: PaymentFailure) -> PackSubscription:
    """
    Note that a payment for the pack failed; an active one becomes past due and still works.

    A suspended or cancelling one keeps its state and remembers the arrears. What is told once stays told: `failure` is
    announced by the payment's own facts.
    """
    uow.authorize("subscriptions:advance")
    held = await LockedPack.lock(uow, pack_subscription_id)
    row = held.row
    if row.status in (*TERMINAL, SubscriptionStatus.pending, SubscriptionStatus.trialing):
        return row
    if row.past_due_since is not None and not row.can("mark_past_due"):
        return row
    row.past_due_since = row.past_due_since or uow.now
    held.carry("mark_past_due" if row.can("mark_past_due") else None)
    tell_changed(uow, held, ChangeKind.status_change, reason=f"A payment for invoice {failure.invoice_id} failed.")
    return row


async def recover(uow: UnitOfWork, pack_subscription_id: str) -> PackSubscription:
    """
    Note that nothing for the pack is past due any more; safe to run twice.

    A suspended one stays suspended, and may now be resumed.
    """
    uow.authorize("subscriptions:advance")
    held = await LockedPack.lock(uow, pack_subscription_id)
    row = held.row
    if row.past_due_since is None:
        return row
    row.past_due_since = None
    was_past_due = row.can("recover")
    held.carry("recover" if was_past_due else None)
    if was_past_due:
        tell_changed(uow, held, ChangeKind.status_change)
    return row
