"""
Refunds that the provider tells of: our own, whatever became of their answers, and those a person made there.

What went back at the provider is booked as it happened, once: it uses up what the payment's documents left as credit,
and what lies beyond any credit the tenant has without a document, and owes beside the invoice until somebody decides.
"""

from collections.abc import Sequence

from sqlalchemy import or_, select

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import INSTALLATION, PaymentStatus, RefundResult
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices
from scaicontrol.services.credits.models import Credit, CreditSource
from scaicontrol.services.credits.reads import of_documents

from .. import queries
from ..lifecycle import RefundLifecycle, RefundState
from ..models import Payment, Refund
from .bookings import settle_state
from .refund_calls import record_gone, record_refund, tell_refunded


async def record_found(uow: UnitOfWork, payment_id: str, told: RefundResult) -> None:
    """
    Write what a provider said about a refund of a payment; the same again changes nothing.

    Raises Conflict for a payment that has not come yet, as far as we know, and Refused for another currency.
    """
    uow.authorize("payments:collect")
    known = await _known(uow, payment_id, told)
    for row in known:
        await record_refund(uow, row.id, told)
    if known or told.status is not PaymentStatus.succeeded or told.external_id is None or not told.amount_cents:
        return  # one that has not gone, or failed, moved nothing
    payment = await queries.get(uow, payment_id, lock=True)
    if payment.received_cents <= 0:
        raise Conflict(f"A refund of {payment} is told of, which has not come yet; it is asked about again.")
    if told.currency != payment.currency:
        raise Refused(f"The refund {told.external_id} of {payment} is said to be in {told.currency}.")
    await _book(uow, payment, told.external_id, told.amount_cents)


async def _known(uow: UnitOfWork, payment_id: str, told: RefundResult) -> Sequence[Refund]:
    """Give what is written of a refund: by its name there, or where that was not heard by ours."""
    query = select(Refund).where(
        Refund.payment_id == payment_id,
        or_(Refund.external_id == told.external_id, Refund.id == told.refund_id),
    )
    return (await uow.session.scalars(query.order_by(Refund.created_at, Refund.id))).all()


async def _book(uow: UnitOfWork, payment: Payment, external_id: str, amount_cents: int) -> None:
    """Write one row for each credit that the money uses up, and one for what lies beyond; the key makes it once."""
    parts: list[tuple[Credit | None, int]] = []
    left = amount_cents
    for credit in await _credits_behind(uow, payment):
        if part := min(credit.remaining_cents, left):
            parts.append((credit, part))
            left -= part
    if left:
        parts.append((None, left))
    for number, (used, part) in enumerate(parts):
        row = Refund(
            id=new_id("rfn"),
            tenant_id=payment.tenant_id,
            partner_id=payment.partner_id,
            payment_id=payment.id,
            credit_id=used.id if used else None,
            credit_note_id=used.source_id if used and used.source == CreditSource.credit_note else None,
            amount_cents=part,
            status=RefundState.pending,
            external_id=external_id,
            idempotency_key=f"{_provider_of(payment)}:{external_id}" + (f":{number}" if number else ""),
            attempts=1,
        )
        row.advance(RefundLifecycle.succeed)
        uow.session.add(row)
        await uow.session.flush()
        payment.refunded_cents += part
        if used is None:
            await record_gone(uow, payment, row.id, part)
        else:
            use = await credits.promise(uow, used, part, row.id)
            await invoices.record_paid_back(
                uow, used, source_id=row.id, amount_cents=part, paid_at=uow.now, provider=payment.provider
            )
            credits.tell_paid_back(uow, used, use)
        tell_refunded(uow, row, payment)
    payment.version += 1
    settle_state(payment)


def _provider_of(payment: Payment) -> str:
    """Name whose refund ids these are: two accounts may use the same."""
    is_of_seller = payment.account_id != INSTALLATION
    return f"{payment.provider}:{payment.account_id}" if is_of_seller else payment.provider


async def _credits_behind(uow: UnitOfWork, payment: Payment) -> list[Credit]:
    """Lock and give what a payment's money left as credit: by the notes of its invoice first, then by itself."""
    notes = await invoices.credit_notes_of(uow, [payment.invoice_id])
    of_notes = await of_documents(uow, [note.id for note in notes if note.is_sealed], lock=True)
    beyond = await of_documents(uow, [payment.invoice_id], lock=True)
    mine = [credit for credit in beyond if credit.source_id.split(":")[0] == payment.id]
    return [credit for credit in (*of_notes, *mine) if credit.remaining_cents > 0]
