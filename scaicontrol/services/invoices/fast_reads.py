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


async def own(context: ReadContext, invoice_id: str) -> dict[str, Any]:
    """Give the fields of a document with its lines, what settled it, and what the caller may do with it now."""
    context.authorize("invoices:read")
    is_meant = context.actor.document_id in (None, invoice_id)
    found = await context.rows(_INVOICE, invoice_id=invoice_id) if is_meant else []
    if not found or (found[0]["finalized_at"] is None and not sees_drafts(context.actor)):
        raise NotFound(f"There is no invoice {invoice_id}.")
    document = found[0]
    document["available_actions"] = offered_of(context.actor, **{name: document[name] for name in DECISIVE})
    document["lines"] = await context.rows(_LINES, invoice_id=invoice_id)
    document["payments"] = await context.rows(_SETTLEMENTS, invoice_id=invoice_id)
    return document
