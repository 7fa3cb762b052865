from collections.abc import Sequence

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoice_links
from scaicontrol.services.invoice_links.models import InvoiceLink
from scaicontrol.services.invoice_links.schemas import InvoiceLinkOut

from .door import Many, Router

router = Router(prefix="/admin/billing/invoices", alias="/admin/invoices", tags=["admin-billing"])


@router.get(
    "/{invoice_id}/links",
    response_model=Many[InvoiceLinkOut],
    permission="invoice_links:read",
    summary="List the links that open an invoice",
)
async def links(uow: UnitOfWork, invoice_id: str) -> Sequence[InvoiceLink]:
    """Those that mails carried: until when each works, and how often it was used."""
    return await invoice_links.of_invoice(uow, invoice_id)


@router.post(
    "/{invoice_id}/links/revoke",
    response_model=Many[InvoiceLinkOut],
    permission="invoice_links:revoke",
    summary="End the links that open an invoice",
)
async def revoke_links(uow: UnitOfWork, invoice_id: str) -> Sequence[InvoiceLink]:
    """Gives those that worked until now; a mail that is sent again brings a new one."""
    return await invoice_links.revoke(uow, invoice_id)
