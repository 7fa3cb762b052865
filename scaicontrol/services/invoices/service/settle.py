"""What is paid and credited towards a document, until nothing is due."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import CreditNoteSettled, InvoicePaid, InvoicePastDue, SettlementRecorded
from ..lifecycle import OWED, InvoiceLifecycle, InvoiceStatus, SettledBy
from ..models import Invoice, Settlement
from ..schemas import MarkPaidIn


@dataclass(frozen=True, slots=True)
class Movement:
    """Money or credit that arrived; `source_id` (a payment, credit note, refund) makes it count once."""

    kind: SettledBy
    source_id: str
    amount_cents: int
    at: datetime
    reference: str | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a movement: what is left over is the payer's and stays with whoever keeps the payment."""

    invoice: Invoice
    applied_cents: int
    unapplied_cents: int


async def record_payment(
    uow: UnitOfWork,
    invoice_id: str,
    *,
    payment_id: str,
    amount_cents: int,
    paid_at: datetime,
    method: str | None = None,
) -> Settled:
    """
    Book a succeeded payment; the same payment again changes nothing.

    More than is due, or money for a document that is paid or void, is returned as unapplied.
    """
    uow.authorize("payments:pay")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if invoice.is_credit_note or not invoice.is_sealed:
        raise Refused(f"Cannot book a payment on {invoice}: only a finalized invoice can be paid.")
    return await _book(uow, invoice, Movement(SettledBy.payment, payment_id, amount_cents, paid_at, method=method))


@verb
async def mark_paid(uow: UnitOfWork, invoice_id: str, data: MarkPaidIn) -> Settlement:
    """
    Record money that arrived outside any provider, such as a bank transfer; a part of what is due is fine.

    Raises NotFound, Refused for a state that takes no payment and for more than is due, Conflict where it was recorded
    meanwhile.
    """
    uow.authorize("invoices:mark_paid")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if invoice.is_credit_note or invoice.status not in OWED:
        raise Refused(f"Cannot mark {invoice} as paid: it is {invoice.status.replace('_', ' ')}.")
    amount = invoice.amount_due_cents if data.amount_cents is None else data.amount_cents
    if amount > invoice.amount_due_cents:
        raise Refused(f"Cannot mark {invoice} as paid with {amount}: only {invoice.amount_due_cents} cents are due.")
    movement = Movement(SettledBy.manual, new_id("pay"), amount, data.paid_at, data.reference, data.method)
    await _book(uow, invoice, movement)
    recorded = await _find(uow, invoice.id, movement.source_id)
    if recorded is None:
        raise Conflict(f"The payment of {invoice} was not recorded; try again.")
    return recorded


async def record_refund(
    uow: UnitOfWork, credit_note_id: str, *, refund_id: str, amount_cents: int, refunded_at: datetime
) -> Settled:
    """Book money given back for a credit note; the same refund again changes nothing."""
    uow.authorize("payments:pay")
    note = await queries.get(uow, credit_note_id, lock=True)
    if not note.is_credit_note or not note.is_sealed:
        raise Refused(f"Cannot book a refund on {note}: only a finalized credit note is refunded.")
    return await _book(uow, note, Movement(SettledBy.payment, refund_id, -amount_cents, refunded_at))


async def allocate_credit(uow: UnitOfWork, note: Invoice) -> int:
    """
    Let a finalized credit note reduce what is due on its invoice first; give the cents that remain to be refunded.

    The caller holds the invoice locked; two notes at once would else reduce the same debt twice.
    """
    uow.authorize("invoices:credit")
    if note.referenced_invoice_id is None:
        raise Refused(f"Cannot allocate {note}: it names no invoice.")
    invoice = await queries.get(uow, note.referenced_invoice_id, lock=True)
    cents = min(-note.amount_due_cents, invoice.amount_due_cents) if invoice.status in OWED else 0
    if cents > 0:
        await _book(uow, invoice, Movement(SettledBy.credit_note, note.id, cents, uow.now, note.number))
        await _book(uow, note, Movement(SettledBy.credit_note, invoice.id, -cents, uow.now, invoice.number))
    elif note.total_cents == 0:
        close_zero_total(uow, note)
    return -note.amount_due_cents


async def mark_past_due(
    uow: UnitOfWork, invoice_id: str, *, cause: str = "payment_failed", next_retry_at: datetime | None = None
) -> bool:
    """
    Note that a scheduled payment of a sent invoice failed; False when its state does not follow.

    A `finalized` invoice stays: it is past due once it was sent, and whoever charges tells again then.
    """
    uow.authorize("payments:pay")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if not invoice.can("age") or invoice.amount_due_cents <= 0:
        return False
    invoice.advance(InvoiceLifecycle.age)
    invoice.past_due_since = uow.now
    uow.emit(past_due_fact(invoice, uow.now, cause, next_retry_at))
    return True


def past_due_fact(invoice: Invoice, since: datetime, cause: str, next_retry_at: datetime | None) -> InvoicePastDue:
    return InvoicePastDue(
        invoice_id=invoice.id,
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        number=invoice.number or "",
        currency=invoice.currency,
        amount_due_cents=invoice.amount_due_cents,
        due_date=invoice.due_date,
        past_due_since=since,
        cause=cause,
        next_retry_at=next_retry_at,
    )


async def book_prepaid(uow: UnitOfWork, invoice: Invoice) -> None:
    """Book what was received before the issue (BT-113), so that it is not asked for again."""
    cents = invoice.prepaid_cents or 0
    await _book(uow, invoice, Movement(SettledBy.manual, invoice.id, cents, uow.now, reference=PREPAID))


PREPAID = "received before the issue"


def close_zero_total(uow: UnitOfWork, invoice: Invoice) -> None:
    """A document over nothing is settled as soon as it is finalized."""
    _close(uow, invoice, SettledBy.zero_total, None, uow.now)


async def _find(uow: UnitOfWork, invoice_id: str, source_id: str) -> Settlement | None:
    query = select(Settlement).where(Settlement.invoice_id == invoice_id, Settlement.source_id == source_id)
    return await uow.session.scalar(query)


async def _book(uow: UnitOfWork, invoice: Invoice, movement: Movement) -> Settled:
    if movement.amount_cents == 0:
        raise Refused(f"Cannot book 0 on {invoice}.")
    known = await _find(uow, invoice.id, movement.source_id)
    if known is not None:
        return Settled(invoice, known.amount_cents, known.unapplied_cents)
    owed = invoice.amount_due_cents if invoice.status in OWED else 0
    # Both are negative on a credit note, and the one nearer to zero is what can be applied.
    applied = min(movement.amount_cents, owed, key=abs) if movement.amount_cents * owed > 0 else 0
    row = Settlement(
        id=new_id("stl"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        invoice_id=invoice.id,
        kind=movement.kind,
        source_id=movement.source_id,
        amount_cents=applied,
        unapplied_cents=movement.amount_cents - applied,
        settled_at=movement.at,
        reference=movement.reference,
        method=movement.method,
        recorded_by=uow.actor.id,
    )
    uow.session.add(row)
    before = {"amount_due_cents": invoice.amount_due_cents, "status": invoice.status}
    if movement.kind == SettledBy.credit_note:
        invoice.amount_credited_cents += applied
    else:
        invoice.amount_paid_cents += applied
    invoice.amount_due_cents -= applied
    uow.emit(
        SettlementRecorded(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            kind=movement.kind,
            source_id=movement.source_id,
            amount_cents=applied,
            amount_due_cents=invoice.amount_due_cents,
            currency=invoice.currency,
        ),
        before=before,
        after={"amount_due_cents": invoice.amount_due_cents},
        reason=movement.reference,
    )
    if applied and invoice.amount_due_cents == 0:
        paid_by = movement.source_id if movement.kind in (SettledBy.payment, SettledBy.manual) else None
        _close(uow, invoice, movement.kind, paid_by, movement.at)
    return Settled(invoice, applied, movement.amount_cents - applied)


def _close(uow: UnitOfWork, invoice: Invoice, by: SettledBy, payment_id: str | None, at: datetime) -> None:
    before = {"status": str(invoice.status)}
    invoice.advance(InvoiceLifecycle.settle)
    invoice.settlement, invoice.paid_at = by, at
    if invoice.is_credit_note:
        uow.emit(
            CreditNoteSettled(
                credit_note_id=invoice.id,
                tenant_id=invoice.tenant_id,
                partner_id=invoice.partner_id,
                number=invoice.number or "",
                settlement=by,
            ),
            before=before,
            after={"status": str(InvoiceStatus.paid)},
        )
        return
    uow.emit(
        InvoicePaid(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            number=invoice.number or "",
            currency=invoice.currency,
            total_cents=invoice.total_cents,
            settlement=by,
            payment_id=payment_id,
            paid_at=at,
        ),
        before=before,
        after={"status": str(InvoiceStatus.paid)},
    )
