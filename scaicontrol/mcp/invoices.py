from typing import Annotated

from pydantic import Field

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import invalid
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Out
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, explanations, invoices, payments, statements
from scaicontrol.services.documents.schemas import DeliveryQueued, InvoiceDetail, SendIn, Verification
from scaicontrol.services.explanations.schemas import ExplainedPart, Explanation
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.models import DocumentRender, Invoice, Settlement
from scaicontrol.services.invoices.schemas import (
    CheckReport,
    CreditIn,
    Deleted,
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
from scaicontrol.services.payments.schemas import RefundIn
from scaicontrol.services.statements.models import AccountDocument
from scaicontrol.services.statements.schemas import AccountDocumentOut, Reminded, ReminderIn, Statement, StatementIn

from .door import Paging, Tool, Whole
from .one_tenant import named_tenant

FiscalYear = Annotated[int, Field(ge=2000, le=2199)]

tool = Tool(
    "manage_invoices",
    "Documents, credit and billing runs. Amounts are in minor units.",
)


class RefundAnswer(Out):
    """The note a refund wrote, if any, and how the provider answered; a rehearsal has asked no provider."""

    credit_note: InvoiceOut | None = None
    refund_id: str | None = None
    refund_status: str | None = None


@tool.read("invoices:read", out=list[InvoiceSummary])
async def list_(uow: UnitOfWork, wanted: InvoiceFilter, paging: Paging) -> Page[Invoice]:
    """List documents."""
    return await invoices.page(uow, paging.request, wanted)


@tool.read("invoices:read", out=InvoiceDetail | InvoiceOut)
async def get(uow: UnitOfWork, invoice_id: Id) -> InvoiceDetail | InvoiceOut:
    """Read a document with its lines."""
    if uow.actor.may("invoices:administer"):
        return await documents.detail(uow, invoice_id)
    return await invoices.shown(uow.actor, await invoices.get(uow, invoice_id))


@tool.read("invoices:finalize", out=CheckReport)
async def check(backend: Backend, actor: Actor, invoice_id: Id, body: FinalizeIn) -> CheckReport:
    """Name all that keeps a draft from its number."""
    return await invoices.check(backend, actor, invoice_id, body)


@tool.read("invoices:read", out=Explanation)
async def explain(
    uow: UnitOfWork,
    invoice_id: Id,
    line_id: Id | None = None,
    part: ExplainedPart | None = None,
    language: str | None = None,
) -> Explanation:
    """Say how each amount came about."""
    return await explanations.explain(uow, invoice_id, line_id=line_id, part=part, language=language)


@tool.read("invoices:read", out=Statement)
async def statement(uow: UnitOfWork, wanted: StatementIn) -> Statement:
    """Show what was billed and paid."""
    tenant_id = named_tenant(uow, wanted.tenant_id)
    return await statements.statement(uow, tenant_id, wanted.first, wanted.last, wanted.currency)


@tool.read("invoices:administer", out=list[AccountDocumentOut])
async def reminders(uow: UnitOfWork, invoice_id: Id) -> list[AccountDocument]:
    """List the reminders that were made."""
    return await statements.reminders(uow, invoice_id)


@tool.read("invoices:verify", out=Verification)
async def verify(
    uow: UnitOfWork,
    fiscal_year: FiscalYear,
    document_type: DocumentType = DocumentType.invoice,
    partner_id: Id | None = None,
) -> Verification:
    """Check the seals of a series; name every gap."""
    seller = partner_id or uow.actor.partner_id
    if seller is None:
        raise invalid("partner_id", "Name the seller whose series is to be verified.", "missing")
    return await documents.verify_series(uow, seller, document_type, fiscal_year)


@tool.change("invoices:create", out=InvoiceOut)
async def create(uow: UnitOfWork, document: Whole[InvoiceIn]) -> InvoiceOut:
    """Write a draft."""
    return await invoices.stored(uow, await invoices.draft(uow, document))


@tool.change("invoices:update", out=InvoiceOut)
async def update(uow: UnitOfWork, invoice_id: Id, document: Whole[InvoicePatch]) -> InvoiceOut:
    """Change a draft; `lines` replaces all lines."""
    return await invoices.stored(uow, await invoices.update(uow, invoice_id, document))


@tool.change("invoices:delete", out=Deleted, destructive=True)
async def delete(uow: UnitOfWork, invoice_id: Id) -> Deleted:
    """Remove a draft."""
    await invoices.delete(uow, invoice_id)
    return Deleted()


@tool.change("invoices:finalize", out=InvoiceOut, destructive=True)
async def finalize(backend: Backend, actor: Actor, invoice_id: Id, body: FinalizeIn) -> InvoiceOut:
    """Number and seal a draft, for good."""
    return await invoices.shown(actor, await invoices.finalize(backend, actor, invoice_id, body))


@tool.change("invoices:administer", "invoices:send", out=DeliveryQueued, outside=True)
async def send(uow: UnitOfWork, invoice_id: Id, body: SendIn) -> DeliveryQueued:
    """Mail a document, or show it in the portal."""
    return await documents.send(uow, invoice_id, body)


@tool.change("invoices:remind", out=Reminded, outside=True)
async def remind(backend: Backend, actor: Actor, invoice_id: Id, body: ReminderIn) -> Reminded:
    """Make a reminder and mail it."""
    paper = await statements.remind(backend, actor, invoice_id, body.level)
    shown = AccountDocumentOut.model_validate(paper)
    return Reminded(invoice_id=invoice_id, level=paper.level or 1, paper=shown)


@tool.change("invoices:void", out=InvoiceOut, destructive=True)
async def void(uow: UnitOfWork, invoice_id: Id, body: ReasonIn) -> InvoiceOut:
    """Cancel it; its number stays used."""
    return await invoices.stored(uow, await invoices.void(uow, invoice_id, body.reason))


@tool.change("invoices:mark_paid", out=SettlementOut, destructive=True)
async def mark_paid(uow: UnitOfWork, invoice_id: Id, body: MarkPaidIn) -> Settlement:
    """Record money that no provider brought."""
    return await invoices.mark_paid(uow, invoice_id, body)


@tool.change("invoices:credit", out=InvoiceOut, destructive=True)
async def credit_note(backend: Backend, actor: Actor, invoice_id: Id, body: CreditIn) -> InvoiceOut:
    """Credit lines, an amount, or the rest."""
    return await invoices.shown(actor, await invoices.credit(backend, actor, invoice_id, body))


@tool.change("payments:refund", out=RefundAnswer, destructive=True, outside=True)
async def refund(backend: Backend, actor: Actor, invoice_id: Id, body: RefundIn) -> RefundAnswer:
    """Return the money, with a credit note."""
    done = await payments.refund(backend, actor, invoice_id, body.amount_cents, body.reason)
    note = await backend.ask(actor, invoices.get, done.note.id) if done.note else None
    first = done.refunds[0]
    return RefundAnswer(
        credit_note=await invoices.shown(actor, note) if note else None,
        refund_id=first.id,
        refund_status=str(first.status),
    )


@tool.change("invoices:regenerate_pdf", out=RenderOut)
async def regenerate_pdf(uow: UnitOfWork, invoice_id: Id, body: ReasonIn) -> DocumentRender:
    """Make the files anew."""
    return await documents.regenerate_pdf(uow, invoice_id, body.reason)
