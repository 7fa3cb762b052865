"""Documents as whoever bills sees them: drafts, numbers, files, corrections."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import documents, explanations, invoices, statements
from scaicontrol.services.documents import DocumentFile
from scaicontrol.services.documents.models import DocumentVersion
from scaicontrol.services.documents.schemas import DeliveryQueued, DocumentVersionOut, InvoiceDetail, SendIn
from scaicontrol.services.einvoices import Format
from scaicontrol.services.explanations.schemas import ExplainedPart, Explanation
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
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
    LineOrderIn,
    MarkPaidIn,
    ReasonIn,
    RenderOut,
    SettlementOut,
)
from scaicontrol.services.statements.models import AccountDocument
from scaicontrol.services.statements.schemas import AccountDocumentOut, ReminderIn

from .bodies import LARGE_JSON_MAX
from .door import Many, One, Paged, Paging, Router, narrowing

Wanted = Annotated[InvoiceFilter, narrowing(InvoiceFilter, issued_from="from", issued_to="to")]
Profile = Annotated[
    str | None, Query(description="Of cii, zugferd and facturx: en16931 (the default), basic or xrechnung.")
]
Line = Annotated[str | None, Query(description="Only this line.")]
Language = Annotated[str | None, Query(max_length=5, description="Of the sentences; default: the document's.")]

router = Router(prefix="/admin/billing/invoices", alias="/admin/invoices", tags=["admin-billing"])
credit_notes = Router(prefix="/admin/billing/credit-notes", tags=["admin-billing"])


@router.post(
    "",
    response_model=One[InvoiceOut],
    status_code=201,
    body_max=LARGE_JSON_MAX,
    permission="invoices:create",
    keyed=True,
    summary="Create a draft",
)
async def draft(uow: UnitOfWork, body: InvoiceIn) -> InvoiceOut:
    return await invoices.stored(uow, await invoices.draft(uow, body))


@router.get("", response_model=Paged[InvoiceSummary], permission="invoices:administer", summary="List documents")
async def index(uow: UnitOfWork, paging: Paging, wanted: Wanted) -> Page[Invoice]:
    return await invoices.page(uow, paging, wanted)


@router.get(
    "/{invoice_id}", response_model=One[InvoiceDetail], permission="invoices:administer", summary="Show a document"
)
async def show(uow: UnitOfWork, invoice_id: str) -> InvoiceDetail:
    return await documents.detail(uow, invoice_id)


@router.patch(
    "/{invoice_id}",
    response_model=One[InvoiceOut],
    body_max=LARGE_JSON_MAX,
    permission="invoices:update",
    summary="Edit a draft",
)
async def update(uow: UnitOfWork, invoice_id: str, body: InvoicePatch) -> InvoiceOut:
    return await invoices.stored(uow, await invoices.update(uow, invoice_id, body))


@router.delete("/{invoice_id}", response_model=One[Deleted], permission="invoices:delete", summary="Delete a draft")
async def delete(uow: UnitOfWork, invoice_id: str) -> Deleted:
    await invoices.delete(uow, invoice_id)
    return Deleted()


@router.put(
    "/{invoice_id}/line-items/order",
    response_model=One[InvoiceOut],
    body_max=LARGE_JSON_MAX,
    permission="invoices:update",
    summary="Put the lines of a draft into an order",
)
async def order_lines(uow: UnitOfWork, invoice_id: str, body: LineOrderIn) -> InvoiceOut:
    return await invoices.stored(uow, await invoices.order_lines(uow, invoice_id, body.line_ids))


@router.post(
    "/{invoice_id}/line-items/sort-by-date",
    response_model=One[InvoiceOut],
    permission="invoices:update",
    summary="Sort the lines of a draft by the date they begin with",
)
async def sort_lines_by_date(uow: UnitOfWork, invoice_id: str) -> InvoiceOut:
    return await invoices.stored(uow, await invoices.sort_lines_by_date(uow, invoice_id))


@router.post(
    "/{invoice_id}/finalize",
    response_model=One[InvoiceOut | CheckReport],
    permission="invoices:finalize",
    keyed=True,
    summary="Finalize a draft, or only check it",
)
async def finalize(
    backend: Backend, actor: Actor, invoice_id: str, body: FinalizeIn, *, check_only: bool = False
) -> InvoiceOut | CheckReport:
    """Answers 400 with every reason at once while something is missing; a failure consumes no number."""
    if check_only:
        return await invoices.check(backend, actor, invoice_id, body)
    return await invoices.shown(actor, await invoices.finalize(backend, actor, invoice_id, body))


@router.post(
    "/{invoice_id}/regenerate-pdf",
    response_model=One[RenderOut],
    permission="invoices:regenerate_pdf",
    keyed=True,
    summary="Make the files anew as one more version",
)
async def regenerate_pdf(uow: UnitOfWork, invoice_id: str, body: ReasonIn) -> DocumentRender:
    return await documents.regenerate_pdf(uow, invoice_id, body.reason)


@router.post(
    "/{invoice_id}/send",
    response_model=One[DeliveryQueued],
    permission="invoices:send",
    keyed=True,
    summary="Send a document",
)
async def send(uow: UnitOfWork, invoice_id: str, body: SendIn) -> DeliveryQueued:
    return await documents.send(uow, invoice_id, body)


@router.post(
    "/{invoice_id}/credit-note",
    response_model=One[InvoiceOut],
    status_code=201,
    body_max=LARGE_JSON_MAX,
    permission="invoices:credit",
    keyed=True,
    summary="Credit an invoice, whole or in part",
)
async def credit(backend: Backend, actor: Actor, invoice_id: str, body: CreditIn) -> InvoiceOut:
    return await invoices.shown(actor, await invoices.credit(backend, actor, invoice_id, body))


@router.post(
    "/{invoice_id}/reminder",
    response_model=One[AccountDocumentOut],
    permission="invoices:remind",
    keyed=True,
    summary="Remind of an overdue invoice",
)
async def remind(backend: Backend, actor: Actor, invoice_id: str, body: ReminderIn) -> AccountDocument:
    """Makes the reminder and has it mailed to the billing contact; the same level is made and mailed once."""
    return await statements.remind(backend, actor, invoice_id, body.level)


@router.get(
    "/{invoice_id}/reminders",
    response_model=Many[AccountDocumentOut],
    permission="invoices:administer",
    summary="List the reminders that were made",
)
async def reminders(uow: UnitOfWork, invoice_id: str) -> list[AccountDocument]:
    """Each with the digest of its file and the template it was made with, the first level first."""
    return await statements.reminders(uow, invoice_id)


@router.post(
    "/{invoice_id}/void",
    response_model=One[InvoiceOut],
    permission="invoices:void",
    keyed=True,
    summary="Void a document",
)
async def void(uow: UnitOfWork, invoice_id: str, body: ReasonIn) -> InvoiceOut:
    return await invoices.stored(uow, await invoices.void(uow, invoice_id, body.reason))


@router.post(
    "/{invoice_id}/mark-paid",
    response_model=One[SettlementOut],
    permission="invoices:mark_paid",
    keyed=True,
    summary="Record money that came outside any provider",
)
async def mark_paid(uow: UnitOfWork, invoice_id: str, body: MarkPaidIn) -> Settlement:
    return await invoices.mark_paid(uow, invoice_id, body)


@router.get(
    "/{invoice_id}/pdf", permission="invoices:administer", summary="Fetch the PDF",
    responses={200: {"content": {"application/pdf": {}}}},
)  # fmt: skip
async def pdf(
    backend: Backend,
    actor: Actor,
    invoice_id: str,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Default: the last.")] = None,
) -> Response:
    return as_file(await documents.pdf(backend, actor, invoice_id, version))


@router.get(
    "/{invoice_id}/download", permission="invoices:administer", summary="Fetch the e-invoice",
    responses={200: {"content": {"application/xml": {}, "application/pdf": {}}}},
)  # fmt: skip
async def download(
    backend: Backend,
    actor: Actor,
    invoice_id: str,
    wanted: Annotated[Format | None, Query(alias="format")] = None,
    profile: Profile = None,
) -> Response:
    return as_file(await documents.einvoice(backend, actor, invoice_id, wanted, profile))


@router.get(
    "/{invoice_id}/explain",
    response_model=One[Explanation],
    permission="invoices:administer",
    summary="Say how a document's amounts came about",
)
async def explain(
    uow: UnitOfWork, invoice_id: str, line: Line = None, part: ExplainedPart | None = None, language: Language = None
) -> Explanation:
    """Works each amount out again from what is stored; `matches` is false as soon as one comes out differently."""
    return await explanations.explain(uow, invoice_id, line_id=line, part=part, language=language)


@router.get(
    "/{invoice_id}/versions",
    response_model=Many[DocumentVersionOut],
    permission="invoices:administer",
    summary="List stored files with their digests",
)
async def versions(uow: UnitOfWork, invoice_id: str) -> list[DocumentVersion]:
    return await documents.versions(uow, invoice_id)


@credit_notes.get(
    "", response_model=Paged[InvoiceSummary], permission="invoices:administer", summary="List credit notes"
)
async def list_credit_notes(
    uow: UnitOfWork,
    paging: Paging,
    status: InvoiceStatus | None = None,
    tenant_id: str | None = None,
    partner_id: str | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[Invoice]:
    wanted = InvoiceFilter(
        status=status, document_type=DocumentType.credit_note, tenant_id=tenant_id, partner_id=partner_id, q=q
    )
    return await invoices.page(uow, paging, wanted)


def as_file(file: DocumentFile) -> Response:
    """Answer with the bytes of a file, to be saved under its name."""
    disposition = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
    return Response(file.body, media_type=file.media_type, headers=disposition)
