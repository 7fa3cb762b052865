"""Noting that a document reached its buyer."""

from datetime import datetime

from scaicontrol.core.work import UnitOfWork

from ..events import InvoiceSent
from ..lifecycle import InvoiceLifecycle
from ..models import Invoice


def mark_sent(
    uow: UnitOfWork, invoice: Invoice, *, channel: str, einvoice_format: str | None, sent_at: datetime, nth: int
) -> None:
    """Advance a document that was delivered for the `nth` time, and say so; the caller holds it locked."""
    was = {"status": str(invoice.status)}
    if invoice.can("deliver"):
        invoice.advance(InvoiceLifecycle.deliver)
    if invoice.sent_at is None:
        invoice.sent_at, invoice.delivery = sent_at, channel
    uow.emit(
        InvoiceSent(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            number=invoice.number or "",
            document_type=invoice.document_type,
            channel=channel,
            einvoice_format=einvoice_format,
            sent_at=sent_at,
            step=nth,
        ),
        before=was,
        after={"status": str(invoice.status)},
    )
