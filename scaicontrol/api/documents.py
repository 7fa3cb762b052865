"""Many of one's own documents at once."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response, StreamingResponse

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import documents
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices.schemas import InvoiceFilter

from .door import Router
from .own_invoices import WantedOfOwn

router = Router(prefix="/billing/documents", tags=["billing"])


@router.get(
    "/zip",
    permission="invoices:read",
    summary="Fetch many own documents in a zip",
    responses={200: {"content": {"application/zip": {}}}},
)
async def zipped(
    backend: Backend,
    actor: Actor,
    wanted: WantedOfOwn,
    file_format: Annotated[Format | None, Query(alias="format", description="Of e-invoices; default: PDF.")] = None,
) -> Response:
    """Named by their numbers, at most 200; that they were taken is kept in the audit log."""
    content = await documents.zipped(backend, actor, _any(wanted), file_format)
    return StreamingResponse(content, media_type="application/zip", headers=saved_as("documents.zip"))


@router.get(
    "/csv",
    permission="invoices:read",
    summary="Fetch a table of own documents",
    responses={200: {"content": {"text/csv": {}}}},
)
async def listed(backend: Backend, actor: Actor, wanted: WantedOfOwn) -> Response:
    """The oldest first, at most 2,000; amounts have a decimal point. That it was taken is kept in the audit log."""
    table = await backend.perform(actor, documents.listed, _any(wanted))
    return Response(table, media_type="text/csv; charset=utf-8", headers=saved_as("documents.csv"))


def _any(wanted: WantedOfOwn) -> InvoiceFilter:
    return InvoiceFilter.model_validate(wanted.model_dump())


def saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
