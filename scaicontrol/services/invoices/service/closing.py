"""What follows for a document once nothing is due of it, and once what had settled it went back."""

from datetime import datetime

from scaicontrol.core.work import UnitOfWork

from ..events import CreditNoteReopened, CreditNoteSettled, InvoicePaid, InvoiceReopened
from ..lifecycle import InvoiceLifecycle, InvoiceStatus, SettledBy
from ..models import Invoice


def close(uow: UnitOfWork, invoice: Invoice, by: SettledBy, payment_id: str | None, at: datetime) -> None:
    before = {"status": str(invoice.status)}
    invoice.advance(InvoiceLifecycle.settle)
    invoice.settlement, invoice.paid_at = by, at
    step = invoice.times_reopened + 1
    if invoice.is_credit_note:
        uow.emit(
            CreditNoteSettled(
                credit_note_id=invoice.id,
                tenant_id=invoice.tenant_id,
                partner_id=invoice.partner_id,
                number=invoice.number or "",
                settlement=by,
                step=step,
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
            step=step,
        ),
        before=before,
        after={"status": str(InvoiceStatus.paid)},
    )


def reopen(uow: UnitOfWork, invoice: Invoice, source_id: str, reason: str | None) -> None:
    """What had settled a document went back: it is open again, as it was before."""
    before = {"status": str(invoice.status)}
    invoice.advance(InvoiceLifecycle.reopen)
    if invoice.sent_at is not None:
        invoice.advance(InvoiceLifecycle.deliver)
    invoice.settlement = invoice.paid_at = None
    invoice.times_reopened += 1
    fact: CreditNoteReopened | InvoiceReopened
    if invoice.is_credit_note:
        fact = CreditNoteReopened(
            credit_note_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            number=invoice.number or "",
            amount_due_cents=invoice.amount_due_cents,
            source_id=source_id,
            reason=reason,
        )
    else:
        fact = InvoiceReopened(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            number=invoice.number or "",
            currency=invoice.currency,
            amount_due_cents=invoice.amount_due_cents,
            source_id=source_id,
            reason=reason,
            reopened_at=uow.now,
        )
    uow.emit(fact, before=before, after={"status": str(invoice.status)}, reason=reason)
