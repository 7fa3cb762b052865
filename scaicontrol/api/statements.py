"""Statements of account: for a tenant of its own, for an operator of any tenant."""

from typing import Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.schemas import Currency, DayIn
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import statements
from scaicontrol.services.statements.schemas import Statement

from .door import One, Router
from .invoices import as_file

router = Router(prefix="/billing/statement", tags=["billing"])
any_tenant = Router(prefix="/admin/billing/statement", tags=["admin-billing"])

From = Annotated[DayIn, Query(alias="from", description="The first day.")]
To = Annotated[DayIn, Query(alias="to", description="The last day, included.")]
Wanted = Annotated[Currency | None, Query(description="Default: the seller's currency.")]
_PDF: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/pdf": {}}}}


@router.get("", response_model=One[Statement], permission="invoices:read", summary="Show one's own account")
async def statement(uow: UnitOfWork, first: From, last: To, currency: Wanted = None) -> Statement:
    """Opening and closing balance, every document and payment between, and what is overdue for how long."""
    return await statements.statement(uow, _own_tenant(uow.actor), first, last, currency)


@router.get("/pdf", permission="invoices:read", summary="Fetch one's own account as a PDF", responses=_PDF)
async def statement_pdf(backend: Backend, actor: Actor, first: From, last: To, currency: Wanted = None) -> Response:
    return as_file(await statements.statement_pdf(backend, actor, _own_tenant(actor), first, last, currency))


@router.get(
    "/csv",
    permission="invoices:read",
    summary="Fetch one's own account as a table",
    responses={200: {"content": {"text/csv": {}}}},
)
async def statement_csv(uow: UnitOfWork, first: From, last: To, currency: Wanted = None) -> Response:
    """Opening balance, every entry, closing balance; amounts have a decimal point."""
    said = await statements.statement(uow, _own_tenant(uow.actor), first, last, currency)
    return Response(
        statements.as_csv(said),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="statement-{first}-{last}.csv"'},
    )


@any_tenant.get(
    "", response_model=One[Statement], permission="invoices:administer", summary="Show the account of a tenant"
)
async def statement_of(uow: UnitOfWork, tenant_id: str, first: From, last: To, currency: Wanted = None) -> Statement:
    return await statements.statement(uow, tenant_id, first, last, currency)


@any_tenant.get(
    "/pdf", permission="invoices:administer", summary="Fetch the account of a tenant as a PDF", responses=_PDF
)
async def statement_pdf_of(
    backend: Backend, actor: Actor, tenant_id: str, first: From, last: To, currency: Wanted = None
) -> Response:
    return as_file(await statements.statement_pdf(backend, actor, tenant_id, first, last, currency))


def _own_tenant(actor: Actor) -> str:
    if actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    return actor.tenant_id
