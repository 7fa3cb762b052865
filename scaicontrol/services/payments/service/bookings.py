"""Money of a payment that came, or was taken back by the payer's bank: each movement is booked once, on its invoice."""

from typing import Final

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices
from scaicontrol.services.invoices.models import Invoice

from ..lifecycle import PaymentLifecycle, PaymentState
from ..models import Payment, PaymentMethod
from .dunning_steps import begin_dunning, retry_moment


async def book(uow: UnitOfWork, payment: Payment, cents: int) -> Invoice:
    """Book money that came: it settles what is due, and what is more stands unapplied."""
    method = await method_type(uow, payment)
    settled = await invoices.record_payment(
        uow,
        payment.invoice_id,
        payment_id=_next_source(payment),
        amount_cents=cents,
        paid_at=uow.now,
        method=method or payment.provider,
        provider=payment.provider,
    )
    payment.unapplied_cents += settled.unapplied_cents
    return settled.invoice


async def take_back(
    uow: UnitOfWork, payment: Payment, cents: int, *, cause: str, method: str | None = None, write_off: bool = False
) -> Invoice:
    """
    Unbook money that the payer's bank took back: what became a credit first, then what had settled the invoice.

    The invoice is owed again and pursued, or with `write_off` it stays settled and the seller bears the loss.
    """
    back = await invoices.reverse_payment(
        uow,
        payment.invoice_id,
        payment_id=payment.id,
        reversal_id=_next_source(payment),
        amount_cents=cents,
        reversed_at=uow.now,
        reason=cause,
        method=method or await method_type(uow, payment) or payment.provider,
        provider=payment.provider,
        as_loss=write_off,
    )
    payment.unapplied_cents += back.unapplied_cents
    if back.applied_cents and not write_off:
        await begin_dunning(uow, back.invoice, again=True)
        payment.next_retry_at = await retry_moment(uow, back.invoice.id)
        await invoices.mark_past_due(uow, back.invoice.id, cause=cause, next_retry_at=payment.next_retry_at)
    return back.invoice


def _next_source(payment: Payment) -> str:
    """Name a booking so that it counts once: the first by its payment, later ones by their number, too."""
    payment.bookings += 1
    return payment.id if payment.bookings == 1 else f"{payment.id}:{payment.bookings}"


_WAYS: Final = {
    PaymentState.reversed: (PaymentLifecycle.reverse,),
    PaymentState.succeeded: (PaymentLifecycle.succeed, PaymentLifecycle.take_back),
    PaymentState.partially_refunded: (PaymentLifecycle.refund_part, PaymentLifecycle.take_back_part),
    PaymentState.refunded: (PaymentLifecycle.refund,),
}


def settle_state(payment: Payment) -> None:
    """Let the state say what became of the money; refunds are told apart from what banks took back."""
    if payment.kept_cents <= 0:
        wanted = PaymentState.reversed
    elif payment.refunded_cents <= 0:
        wanted = PaymentState.succeeded
    else:
        whole = payment.refunded_cents >= payment.kept_cents
        wanted = PaymentState.refunded if whole else PaymentState.partially_refunded
    if not payment.has_come and wanted != PaymentState.reversed:
        payment.advance(PaymentLifecycle.succeed)
    for event in _WAYS[wanted]:
        if payment.status != wanted and payment.can(event.id):
            payment.advance(event)


async def method_type(uow: UnitOfWork, payment: Payment) -> str | None:
    if payment.payment_method_id is None:
        return None
    method = await uow.session.get(PaymentMethod, payment.payment_method_id)
    return method.type if method else None
