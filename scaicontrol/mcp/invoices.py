from typing import Annotated

from pydantic import Field

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Out
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits, documents, explanations, invoices, payments, statements
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
from scaicontrol.services.documents.schemas import DeliveryQueued, InvoiceDetail, SendIn, Verification
from scaicontrol.services.explanations.schemas import ExplainedPart, Explanation
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.models import DocumentRender, Invoice, Settlement
from scaicontrol.services.invoices.schemas import (
    ApplyCreditIn,
    CheckReport,
    CreditIn,
    FinalizeIn,
    InvoiceFilter,
    InvoiceIn,
    InvoiceOut,
    InvoicePatch,
    InvoiceSummary,
    MarkPaidIn,
    ReasonIn,
    RenderOut,
    SettlementOut,
)
from scaicontrol.services.payments.schemas import PaidBackOut, PayBackIn, RefundIn, RefundOut
from scaicontrol.services.statements.models import AccountDocument
from scaicontrol.services.statements.schemas import AccountDocumentOut, Reminded, ReminderIn, Statement, StatementIn

from .door import Paging, Tool

FiscalYear = Annotated[int, Field(ge=2000, le=2199)]

tool = Tool(
    "manage_invoices",
    "Invoices and credit notes",
    "Read and run documents: draft, check, number, send, settle, correct. Amounts are integers in minor units.",
)


class RefundAnswer(Out):
    """The note a refund wrote, if any, and how the provider answered; a rehearsal has asked no provider."""

    credit_note: InvoiceOut | None = None
    refund_id: str | None = None
    refund_status: str | None = None


@tool.read("invoices:read", out=list[InvoiceSummary])
async def list_(uow: UnitOfWork, wanted: InvoiceFilter, paging: Paging) -> Page[Invoice]:
    """List documents, newest first unless sorted otherwise."""
    return await invoices.page(uow, paging.request, wanted)


@tool.read("invoices:read", out=InvoiceDetail | InvoiceOut)
async def get(uow: UnitOfWork, invoice_id: Id) -> InvoiceDetail | InvoiceOut:
    """Read one document with its lines; operators also get its decision, payments, files and facts."""
    if uow.actor.may("invoices:administer"):
        return await documents.detail(uow, invoice_id)
    return await invoices.shown(uow.actor, await invoices.get(uow, invoice_id))


@tool.read("invoices:finalize", out=CheckReport)
async def check(backend: Backend, actor: Actor, invoice_id: Id, body: FinalizeIn) -> CheckReport:
    """Name everything that keeps a draft from being finalized; consumes nothing."""
    return await invoices.check(backend, actor, invoice_id, body)


@tool.read("invoices:read", out=Explanation)
async def explain(
    uow: UnitOfWork,
    invoice_id: Id,
    line_id: Id | None = None,
    part: ExplainedPart | None = None,
    language: str | None = None,
) -> Explanation:
    """Work the amounts of a document, or one line, out again and say in sentences how each came about."""
    return await explanations.explain(uow, invoice_id, line_id=line_id, part=part, language=language)


@tool.read("invoices:read", out=Statement)
async def statement(uow: UnitOfWork, wanted: StatementIn) -> Statement:
    """Show what a tenant was billed and paid between two days, with the balance before and after and what is late."""
    tenant_id = wanted.tenant_id or uow.actor.tenant_id
    if tenant_id is None:
        raise invalid("tenant_id", "Name the tenant whose account is to be shown.", "missing")
    return await statements.statement(uow, tenant_id, wanted.first, wanted.last, wanted.currency)


@tool.read("invoices:administer", out=list[AccountDocumentOut])
async def reminders(uow: UnitOfWork, invoice_id: Id) -> list[AccountDocument]:
    """List the reminders of an invoice that were made, the first level first."""
    return await statements.reminders(uow, invoice_id)


@tool.read("invoices:verify", out=Verification)
async def verify(
    uow: UnitOfWork,
    fiscal_year: FiscalYear,
    document_type: DocumentType = DocumentType.invoice,
    partner_id: Id | None = None,
) -> Verification:
    """Compute the seals of a number series anew and name every gap, edit and exchange."""
    seller = partner_id or uow.actor.partner_id
    if seller is None:
        raise invalid("partner_id", "Name the seller whose series is to be verified.", "missing")
    return await documents.verify_series(uow, seller, document_type, fiscal_year)


@tool.change("invoices:create", out=InvoiceOut)
async def create(uow: UnitOfWork, body: InvoiceIn) -> InvoiceOut:
    """Write a draft."""
    return await invoices.stored(uow, await invoices.draft(uow, body))


@tool.change("invoices:update", out=InvoiceOut)
async def update(uow: UnitOfWork, invoice_id: Id, body: InvoicePatch) -> InvoiceOut:
    """Change what is sent of a draft; a list of lines replaces all lines."""
    return await invoices.stored(uow, await invoices.update(uow, invoice_id, body))


@tool.change("invoices:finalize", out=InvoiceOut, destructive=True)
async def finalize(backend: Backend, actor: Actor, invoice_id: Id, body: FinalizeIn) -> InvoiceOut:
    """Give a draft its legal number and seal. Cannot be undone; a credit note corrects it."""
    return await invoices.shown(actor, await invoices.finalize(backend, actor, invoice_id, body))


@tool.change("invoices:administer", "invoices:send", out=DeliveryQueued, outside=True)
async def send(uow: UnitOfWork, invoice_id: Id, body: SendIn) -> DeliveryQueued:
    """Mail a finalized document, or show it in the portal."""
    return await documents.send(uow, invoice_id, body)


@tool.change("invoices:remind", out=Reminded, outside=True)
async def remind(backend: Backend, actor: Actor, invoice_id: Id, body: ReminderIn) -> Reminded:
    """Make the reminder of an overdue invoice and have it mailed; the same level is made and mailed once."""
    paper = await statements.remind(backend, actor, invoice_id, body.level)
    shown = AccountDocumentOut.model_validate(paper)
    return Reminded(invoice_id=invoice_id, level=paper.level or 1, paper=shown)


@tool.change("invoices:void", out=InvoiceOut, destructive=True)
async def void(uow: UnitOfWork, invoice_id: Id, body: ReasonIn) -> InvoiceOut:
    """Cancel a document that should never have been; its number stays used."""
    return await invoices.stored(uow, await invoices.void(uow, invoice_id, body.reason))


@tool.change("invoices:mark_paid", out=SettlementOut, destructive=True)
async def mark_paid(uow: UnitOfWork, invoice_id: Id, body: MarkPaidIn) -> Settlement:
    """Record money that arrived outside any payment provider."""
    return await invoices.mark_paid(uow, invoice_id, body)


@tool.change("invoices:credit", out=InvoiceOut, destructive=True)
async def credit_note(backend: Backend, actor: Actor, invoice_id: Id, body: CreditIn) -> InvoiceOut:
    """Write a credit note over some lines or all that is left; `finalize` numbers it at once."""
    return await invoices.shown(actor, await invoices.credit(backend, actor, invoice_id, body))


@tool.change("payments:refund", out=RefundAnswer, destructive=True, outside=True)
async def refund(backend: Backend, actor: Actor, invoice_id: Id, body: RefundIn) -> RefundAnswer:
    """Return the money of a paid invoice, whole or in part; a credit note is written over what none gives yet."""
    done = await payments.refund(backend, actor, invoice_id, body.amount_cents, body.reason)
    note = await backend.ask(actor, invoices.get, done.note.id) if done.note else None
    first = done.refunds[0]
    return RefundAnswer(
        credit_note=await invoices.shown(actor, note) if note else None,
        refund_id=first.id,
        refund_status=str(first.status),
    )


@tool.read("credits:read", out=list[CreditOut])
async def credits_(uow: UnitOfWork, wanted: CreditFilter, paging: Paging) -> Page[Credit]:
    """List credits of tenants' balances, newest first; `is_open` those with something left."""
    return await credits.page(uow, paging.request, wanted)


@tool.change("credits:administer", "credits:apply", out=InvoiceOut)
async def apply_credit(uow: UnitOfWork, invoice_id: Id, body: ApplyCreditIn) -> InvoiceOut:
    """Let credit of the tenant's balance settle an open invoice, oldest first."""
    return await invoices.stored(uow, await invoices.apply_credit(uow, invoice_id, body))


@tool.change("credits:keep", out=CreditDetail)
async def keep_credit(uow: UnitOfWork, credit_id: Id, body: KeepIn) -> CreditDetail:
    """Keep a credit from being applied to the next invoice by itself, or let it go again."""
    return await credits.shown(uow, await credits.keep(uow, credit_id, body))


@tool.change("credits:pay_back", out=PaidBackOut, destructive=True, outside=True)
async def pay_back_credit(backend: Backend, actor: Actor, credit_id: Id, body: PayBackIn) -> PaidBackOut:
    """Pay a credit back through the providers that took its money, or record the transfer that paid it back."""
    done = await payments.pay_back(backend, actor, credit_id, body)
    return PaidBackOut(credit=done.credit, refunds=[RefundOut.model_validate(each) for each in done.refunds])


@tool.read("receivables:read", out=list[ReceivableOut])
async def receivables(uow: UnitOfWork, wanted: ReceivableFilter, paging: Paging) -> Page[Receivable]:
    """List what tenants owe beside their documents: money that went back twice."""
    return await credits.receivables(uow, paging.request, wanted)


@tool.change("receivables:settle", out=ReceivableOut, destructive=True)
async def settle_receivable(uow: UnitOfWork, receivable_id: Id, body: ReceivableSettleIn) -> Receivable:
    """Settle what a tenant owes beside its documents with its credit, or as a loss."""
    return await invoices.settle_receivable(uow, receivable_id, body)


@tool.change("invoices:regenerate_pdf", out=RenderOut)
async def regenerate_pdf(uow: UnitOfWork, invoice_id: Id, body: ReasonIn) -> DocumentRender:
    """Make a new version of a document's files; the old ones stay."""
    return await documents.regenerate_pdf(uow, invoice_id, body.reason)
