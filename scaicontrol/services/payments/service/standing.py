"""What payments mean for subscriptions: past due, recovered, resumed (contract §18.4)."""

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, packs, subscriptions
from scaicontrol.services.invoices.reads.documents import charging
from scaicontrol.services.invoices.reads.receivables import is_charged_late
from scaicontrol.services.subscriptions import PaymentFailure

from ..models import Dunning, Payment
from .dunning_steps import SUSPENDED_BY_DUNNING, billed_subscriptions, end_dunning


async def mark_past_due(uow: UnitOfWork, invoice_id: str, payment_id: str | None = None) -> None:
    """Mark the subscriptions of an invoice as past due, after a failed payment or a due date without one."""
    uow.authorize("payments:collect")
    invoice = await invoices.get(uow, invoice_id)
    if invoice.amount_due_cents <= 0:
        return
    payment = await uow.session.get(Payment, payment_id) if payment_id else None
    failure = PaymentFailure(
        invoice_id=invoice.id,
        amount_cents=invoice.amount_due_cents,
        currency=invoice.currency,
        attempt=payment.attempt if payment else 0,
        failure_code=payment.failure_code if payment else None,
        next_retry_at=payment.next_retry_at if payment else None,
        occasion=f"reopened:{invoice.times_reopened}" if invoice.times_reopened and payment is None else None,
    )
    for subscription_id in billed_subscriptions(invoice):
        mark = packs.mark_past_due if packs.is_pack(subscription_id) else subscriptions.mark_past_due
        await mark(uow, subscription_id, failure)


async def recover(uow: UnitOfWork, invoice_id: str) -> None:
    """
    Free the subscriptions of a settled invoice that owe nothing else.

    One that dunning had suspended is resumed; an operator's pause is not.
    """
    uow.authorize("payments:collect")
    invoice = await invoices.get(uow, invoice_id)
    await end_dunning(uow, invoice_id)
    for subscription_id in billed_subscriptions(invoice):
        if await in_arrears(uow, subscription_id):
            continue
        await _free(uow, subscription_id)


async def _free(uow: UnitOfWork, subscription_id: str) -> None:
    """Free one subscription, or pack subscription, that owes nothing else."""
    its = packs if packs.is_pack(subscription_id) else subscriptions
    freed = await its.recover(uow, subscription_id)
    if freed.status == "suspended" and freed.suspended_reason == SUSPENDED_BY_DUNNING:
        await its.resume(uow, subscription_id)


async def in_arrears(uow: UnitOfWork, subscription_id: str) -> bool:
    """Tell whether any past-due invoice charges this subscription."""
    uow.authorize("payments:read")
    if await is_charged_late(uow, subscription_id):
        return True
    pursued = select(Dunning.invoice_id).where(
        Dunning.invoice_id.in_(charging(subscription_id)), Dunning.ended_at.is_(None)
    )
    return await uow.session.scalar(pursued.limit(1)) is not None
