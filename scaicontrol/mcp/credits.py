"""Credit on tenants' balances, and what tenants owe beside their documents."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, invoices, payments
from scaicontrol.services.credits.models import Credit, Receivable
from scaicontrol.services.credits.schemas import (
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

from .door import Paging
from .invoices import tool


@tool.read("credits:read", out=list[CreditOut])
async def credits_(uow: UnitOfWork, wanted: CreditFilter, paging: Paging) -> Page[Credit]:
    """List credits of tenants' balances."""
    return await credits.page(uow, paging.request, wanted)


@tool.change("credits:administer", "credits:apply", out=InvoiceOut)
async def apply_credit(uow: UnitOfWork, invoice_id: Id, body: ApplyCreditIn) -> InvoiceOut:
    """Let credit settle an open invoice."""
    return await invoices.stored(uow, await invoices.apply_credit(uow, invoice_id, body))


@tool.change("credits:keep", out=CreditDetail)
async def keep_credit(uow: UnitOfWork, credit_id: Id, body: KeepIn) -> CreditDetail:
    """Keep one from use, or let it go."""
    return await credits.shown(uow, await credits.keep(uow, credit_id, body))


@tool.change("credits:pay_back", out=PaidBackOut, destructive=True, outside=True)
async def pay_back_credit(backend: Backend, actor: Actor, credit_id: Id, body: PayBackIn) -> PaidBackOut:
    """Pay one back by card, or record a transfer."""
    done = await payments.pay_back(backend, actor, credit_id, body)
    return PaidBackOut(credit=done.credit, refunds=[RefundOut.model_validate(each) for each in done.refunds])


@tool.read("receivables:read", out=list[ReceivableOut])
async def receivables(uow: UnitOfWork, wanted: ReceivableFilter, paging: Paging) -> Page[Receivable]:
    """List what is owed beside documents."""
    return await credits.receivables(uow, paging.request, wanted)


@tool.change("receivables:settle", out=ReceivableOut, destructive=True)
async def settle_receivable(uow: UnitOfWork, receivable_id: Id, body: ReceivableSettleIn) -> Receivable:
    """Settle one with credit, or as a loss."""
    return await invoices.settle_receivable(uow, receivable_id, body)
