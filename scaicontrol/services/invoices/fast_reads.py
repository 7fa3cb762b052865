"""Questions about documents that are asked all day, as prepared statements: no entity is made for them."""

from typing import Any

from sqlalchemy import bindparam, select

from scaicontrol.core.errors import NotFound
from scaicontrol.core.work import ReadContext
from scaicontrol.db.prepared import Prepared

from .lifecycle import DECISIVE, offered_of
from .models import Invoice, InvoiceLine, Settlement
from .queries import sees_drafts
from .schemas import InvoiceOut, LineOut, SettlementOut

_INVOICE = Prepared(
    Invoice,
    select(*(getattr(Invoice, name) for name in InvoiceOut.model_fields if name in Invoice.__table__.c)).where(
        Invoice.id == bindparam("invoice_id")
    ),
)
_LINES = Prepared(
    InvoiceLine,
    select(*(getattr(InvoiceLine, name) for name in LineOut.model_fields))
    .where(InvoiceLine.invoice_id == bindparam("invoice_id"))
    .order_by(InvoiceLine.order_index, InvoiceLine.id),
)
_SETTLEMENTS = Prepared(
    Settlement,
    select(*(getattr(Settlement, name) for name in SettlementOut.model_fields))
    .where(Settlement.invoice_id == bindparam("invoice_id"))
    .order_by(Settlement.settled_at, Settlement.id),
)


_RELATED_COLUMNS = (Invoice.id, Invoice.number, Invoice.issue_date, Invoice.total_cents)
_CREDIT_NOTES = Prepared(
    Invoice,
    select(*_RELATED_COLUMNS)
    .where(Invoice.referenced_invoice_id == bindparam("invoice_id"), Invoice.finalized_at.is_not(None))
    .order_by(Invoice.issue_date, Invoice.id),
)
_CORRECTED = Prepared(Invoice, select(*_RELATED_COLUMNS).where(Invoice.id == bindparam("invoice_id")))


async def own(context: ReadContext, invoice_id: str) -> dict[str, Any]:
    """
    Give the fields of a document with its lines, what settled it, and what the caller may do with it now.

    `credit_notes` correct it, `corrects` is the invoice that a credit note corrects.
    """
    context.authorize("invoices:read")
    is_meant = context.actor.document_id in (None, invoice_id)
    found = await context.rows(_INVOICE, invoice_id=invoice_id) if is_meant else []
    if not found or (found[0]["finalized_at"] is None and not sees_drafts(context.actor)):
        raise NotFound(f"There is no invoice {invoice_id}.")
    document = found[0]
    document["available_actions"] = offered_of(context.actor, **{name: document[name] for name in DECISIVE})
    document["lines"] = await context.rows(_LINES, invoice_id=invoice_id)
    document["payments"] = await context.rows(_SETTLEMENTS, invoice_id=invoice_id)
    referenced = document["referenced_invoice_id"]
    document["credit_notes"] = await context.rows(_CREDIT_NOTES, invoice_id=invoice_id) if referenced is None else []
    corrected = await context.rows(_CORRECTED, invoice_id=referenced) if referenced else []
    document["corrects"] = corrected[0] if corrected else None
    return document
