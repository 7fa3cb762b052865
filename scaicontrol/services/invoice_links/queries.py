from collections.abc import Sequence

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices

from .models import InvoiceLink


async def of_invoice(uow: UnitOfWork, invoice_id: str) -> Sequence[InvoiceLink]:
    """List the links that were made to a document, newest first."""
    uow.authorize("invoice_links:read")
    await invoices.get(uow, invoice_id)
    query = select(InvoiceLink).where(InvoiceLink.invoice_id == invoice_id)
    return (await uow.session.scalars(query.order_by(InvoiceLink.created_at.desc(), InvoiceLink.id.desc()))).all()
