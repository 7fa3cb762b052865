"""Documents as the tenant that owes them sees them."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import In
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices import Invoice, InvoiceFilter, InvoiceOut, InvoiceStatus, InvoiceSummary, MailQueued

from .door import One, Paged, Paging, Router
from .invoices import as_file

router = Router(prefix="/billing/invoices", tags=["billing"])


@router.get("", response_model=Paged[InvoiceSummary], permission="invoices:read", summary="List own invoices")
async def index(uow: UnitOfWork, paging: Paging, status: InvoiceStatus | None = None) -> Page[Invoice]:
    return await invoices.page(uow, paging, InvoiceFilter(status=status))


@router.get("/{invoice_id}", response_model=One[InvoiceOut], permission="invoices:read", summary="Show an own invoice")
async def show(uow: UnitOfWork, invoice_id: str) -> InvoiceOut:
    return invoices.shown(await invoices.get(uow, invoice_id))


@router.get(
    "/{invoice_id}/pdf", permission="invoices:read", summary="Fetch the PDF",
    responses={200: {"content": {"application/pdf": {}}}},
)  # fmt: skip
async def pdf(backend: Backend, actor: Actor, invoice_id: str) -> Response:
    return as_file(await invoices.pdf(backend, actor, invoice_id))


@router.get(
    "/{invoice_id}/download", permission="invoices:read", summary="Fetch the e-invoice",
    responses={200: {"content": {"application/xml": {}, "application/pdf": {}}}},
)  # fmt: skip
async def download(
    backend: Backend, actor: Actor, invoice_id: str, wanted: Annotated[Format | None, Query(alias="format")] = None
) -> Response:
    return as_file(await invoices.einvoice(backend, actor, invoice_id, wanted))


class SendOwnIn(In):
    """Nothing to say: it goes to the billing contact."""


@router.post(
    "/{invoice_id}/send",
    response_model=One[MailQueued],
    permission="invoices:send",
    keyed=True,
    summary="Have an invoice mailed to the billing contact",
)
async def send(uow: UnitOfWork, invoice_id: str, body: SendOwnIn | None = None) -> MailQueued:
    return await invoices.send(uow, invoice_id)
