"""Credit balances: what sellers owe tenants back, and what becomes of it."""

from typing import Annotated

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices, payments
from scaicontrol.services.credits.models import Credit, Receivable
from scaicontrol.services.credits.schemas import (
    CreditBalance,
    CreditDetail,
    CreditFilter,
    CreditOut,
    KeepIn,
    ReceivableFilter,
    ReceivableOut,
    ReceivableSettleIn,
)
from scaicontrol.services.invoices.schemas import ApplyCreditIn, InvoiceOut
from scaicontrol.services.payments.schemas import PaidBackOut, PayBackIn, RefundOut

from .door import Many, One, Paged, Paging, Router, narrowing

Wanted = Annotated[CreditFilter, narrowing(CreditFilter)]
WantedReceivables = Annotated[ReceivableFilter, narrowing(ReceivableFilter)]

admin = Router(prefix="/admin/billing/credits", tags=["admin-billing-credits"])
owed = Router(prefix="/admin/billing/receivables", tags=["admin-billing-credits"])
of_tenants = Router(prefix="/admin/tenants", tags=["admin-billing-credits"])
of_invoices = Router(prefix="/admin/billing/invoices", alias="/admin/invoices", tags=["admin-billing"])
own = Router(prefix="/billing", tags=["billing"])


@admin.get("", response_model=Paged[CreditOut], permission="credits:administer", summary="List credits")
async def index(uow: UnitOfWork, paging: Paging, wanted: Wanted) -> Page[Credit]:
    return await credits.page(uow, paging, wanted)


@admin.get("/{credit_id}", response_model=One[CreditDetail], permission="credits:administer", summary="Show a credit")
async def show(uow: UnitOfWork, credit_id: str) -> CreditDetail:
    """With everything that became of it."""
    return await credits.detail(uow, credit_id)


@admin.post(
    "/{credit_id}/keep",
    response_model=One[CreditDetail],
    permission="credits:keep",
    keyed=True,
    summary="Keep a credit from being applied by itself, or let it go again",
)
async def keep(uow: UnitOfWork, credit_id: str, body: KeepIn) -> CreditDetail:
    return await credits.shown(uow, await credits.keep(uow, credit_id, body))


@admin.post(
    "/{credit_id}/pay-back",
    response_model=One[PaidBackOut],
    permission="credits:pay_back",
    keyed=True,
    summary="Pay a credit back, by card or by a transfer that was made",
)
async def pay_back(backend: Backend, actor: Actor, credit_id: str, body: PayBackIn) -> PaidBackOut:
    """By card through the providers that took the money, newest payment first; no credit note is written."""
    done = await payments.pay_back(backend, actor, credit_id, body)
    return PaidBackOut(credit=done.credit, refunds=[RefundOut.model_validate(each) for each in done.refunds])


@owed.get(
    "",
    response_model=Paged[ReceivableOut],
    permission="receivables:administer",
    summary="List what tenants owe beside their documents",
)
async def receivables(uow: UnitOfWork, paging: Paging, wanted: WantedReceivables) -> Page[Receivable]:
    """Money that went back twice, or at the provider beyond any credit; `is_open=true`: what waits for a person."""
    return await credits.receivables(uow, paging, wanted)


@owed.get(
    "/{receivable_id}",
    response_model=One[ReceivableOut],
    permission="receivables:administer",
    summary="Show what a tenant owes beside its documents",
)
async def receivable(uow: UnitOfWork, receivable_id: str) -> Receivable:
    return await credits.receivable(uow, receivable_id)


@owed.post(
    "/{receivable_id}/settle",
    response_model=One[ReceivableOut],
    permission="receivables:settle",
    keyed=True,
    summary="Settle it with credit of the tenant, or as a loss",
)
async def settle(uow: UnitOfWork, receivable_id: str, body: ReceivableSettleIn) -> Receivable:
    """Money that came for it is recorded for its invoice (`mark-paid`), and settles it, too."""
    return await invoices.settle_receivable(uow, receivable_id, body)


@own.get(
    "/receivables",
    response_model=Paged[ReceivableOut],
    permission="receivables:read",
    summary="List what is owed beside own documents",
)
async def own_receivables(uow: UnitOfWork, paging: Paging, *, is_open: bool | None = None) -> Page[Receivable]:
    """Money that came back twice, or without a document."""
    return await credits.receivables(uow, paging, ReceivableFilter(is_open=is_open))


@of_tenants.get(
    "/{tenant_id}/credit-balance",
    response_model=Many[CreditBalance],
    permission="credits:administer",
    summary="Read a tenant's credit balance",
)
async def balance(uow: UnitOfWork, tenant_id: str) -> list[CreditBalance]:
    """One row a currency; currencies with nothing left are not named."""
    return await credits.balances(uow, tenant_id)


@of_invoices.post(
    "/{invoice_id}/apply-credit",
    response_model=One[InvoiceOut],
    permission="credits:apply",
    keyed=True,
    summary="Let credit of the balance settle an open invoice",
)
async def apply_credit(uow: UnitOfWork, invoice_id: str, body: ApplyCreditIn) -> InvoiceOut:
    """Oldest first, never more than is due; what is applied goes back there when the invoice is voided."""
    return await invoices.stored(uow, await invoices.apply_credit(uow, invoice_id, body))


@own.get("/credits", response_model=Paged[CreditOut], permission="credits:read", summary="List own credits")
async def own_index(uow: UnitOfWork, paging: Paging, *, is_open: bool | None = None) -> Page[Credit]:
    return await credits.page(uow, paging, CreditFilter(is_open=is_open))


@own.get(
    "/credits/{credit_id}", response_model=One[CreditDetail], permission="credits:read", summary="Show an own credit"
)
async def own_show(uow: UnitOfWork, credit_id: str) -> CreditDetail:
    """With everything that became of it."""
    return await credits.detail(uow, credit_id)


@own.get(
    "/credit-balance",
    response_model=Many[CreditBalance],
    permission="credits:read",
    summary="Read the own credit balance",
)
async def own_balance(uow: UnitOfWork) -> list[CreditBalance]:
    """One row a currency; currencies with nothing left are not named."""
    if uow.actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    return await credits.balances(uow, uow.actor.tenant_id)


@own.post(
    "/invoices/{invoice_id}/apply-credit",
    response_model=One[InvoiceOut],
    permission="credits:apply",
    keyed=True,
    summary="Use own credit for an open invoice",
)
async def own_apply_credit(uow: UnitOfWork, invoice_id: str, body: ApplyCreditIn) -> InvoiceOut:
    """Oldest first, never more than is due."""
    return await invoices.stored(uow, await invoices.apply_credit(uow, invoice_id, body))
