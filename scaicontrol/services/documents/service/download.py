"""Handing out files: archived ones, and other e-invoice formats, made from the sealed document and archived."""

from dataclasses import dataclass

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Reason, Refused
from scaicontrol.core.refusals import RefusalCode
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, invoices, templates
from scaicontrol.services.einvoices import Format, format_of
from scaicontrol.services.invoices import document_source
from scaicontrol.services.invoices.document_source import DocumentSource
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.page_rendering import template_for, written_and_judged
from scaicontrol.services.templates import Published

from .. import queries
from ..models import DocumentVersion
from . import render
from .deliver import require_files


@dataclass(frozen=True, slots=True)
class DocumentFile:
    filename: str
    media_type: str
    body: bytes


async def pdf(backend: Backend, actor: Actor, invoice_id: str, version: int | None = None) -> DocumentFile:
    """Fetch the pages of a document, the newest or a named version. Conflict while they are still being made."""
    stored, number = await backend.ask(actor, _stored_pdf, invoice_id, version)
    return DocumentFile(f"{number}.pdf", "application/pdf", await backend.ports.objects.get(stored.storage_key))


async def einvoice(
    backend: Backend, actor: Actor, invoice_id: str, wanted: Format | None = None, profile: str | None = None
) -> DocumentFile:
    """
    Fetch the e-invoice, in the buyer's format and its usual profile unless others are wanted.

    A format that is not archived yet is made from the sealed document, held against its rules, and archived.
    """
    stored, job = await backend.ask(actor, _stored_einvoice, invoice_id, wanted, profile)
    if stored is None:
        file, body = await _make(backend, job)
        # Whoever may read a document may cause its archive to grow by a file that follows from it.
        await backend.perform(Actor.system("archive"), archive, job, file)
    else:
        file, body = None, await backend.ports.objects.get(stored.storage_key)
    kind = stored.kind if stored else file.kind if file else "xml"
    extension = "xml" if kind == "xml" else "pdf"
    return DocumentFile(f"{job.number}-{job.format}.{extension}", f"application/{extension}", body)


async def _stored_pdf(uow: UnitOfWork, invoice_id: str, version: int | None) -> tuple[DocumentVersion, str]:
    invoice = await invoices.get(uow, invoice_id)
    invoice.require_sealed("download")
    await require_files(uow, invoice)
    query = select(DocumentVersion).where(
        DocumentVersion.invoice_id == invoice_id,
        DocumentVersion.kind.in_(("pdf", "zugferd")),
        DocumentVersion.reason.is_distinct_from(ON_DEMAND),
    )
    if version is not None:
        query = query.where(DocumentVersion.version == version)
    stored = (await uow.session.scalars(query.order_by(DocumentVersion.version.desc()).limit(1))).first()
    if stored is None:
        raise NotFound(f"{invoice} has no version {version}.")
    return stored, invoice.number or ""


ON_DEMAND = "on demand"


async def _stored_einvoice(
    uow: UnitOfWork, invoice_id: str, wanted: Format | None, profile_id: str | None
) -> tuple[DocumentVersion | None, render.RenderJob]:
    invoice = await invoices.get(uow, invoice_id)
    invoice.require_sealed("download")
    await require_files(uow, invoice)
    source = await document_source.source_of(uow, invoice)
    chosen = wanted or format_of(source.buyer)
    profile = einvoices.profile_of(chosen, profile_id)
    files = [
        stored
        for stored in await queries.versions(uow, invoice_id)
        if (stored.format, stored.profile) == (chosen, profile.id)
    ]
    newest = await _newest_version(uow, invoice_id)
    if invoice.finalized_at is None:
        raise Refused(f"{invoice} is not finalized.")
    job = render.RenderJob(
        render_id="",
        invoice_id=invoice.id,
        partner_id=invoice.partner_id,
        version=newest,
        reason=ON_DEMAND,
        requested_by=uow.actor.id,
        number=invoice.number or "",
        finalized_at=invoice.finalized_at,
        format=chosen,
        profile=profile,
        template=await _archived_template(uow, invoice_id, source),
        is_void=invoice.status == InvoiceStatus.void,
        source=source,
        rules=await render.rules_of(uow, invoice, profile),
    )
    return (files[0] if files else None), job


async def _archived_template(uow: UnitOfWork, invoice_id: str, source: DocumentSource) -> Published | None:
    """Give the template of the newest archived pages: another format of a document looks the same."""
    for stored in await queries.versions(uow, invoice_id):
        if stored.kind != "xml" and stored.template_id is None:
            return None
        if stored.kind != "xml":
            return await templates.published(uow, str(stored.template_id), stored.template_version)
    return await template_for(uow, source)


async def _newest_version(uow: UnitOfWork, invoice_id: str) -> int:
    return max((stored.version for stored in await queries.versions(uow, invoice_id)), default=1)


async def _make(backend: Backend, job: render.RenderJob) -> tuple[render.StoredFile, bytes]:
    xml, verdict = await written_and_judged(job.source, job.format, job.profile, job.rules, is_sealed=True)
    if verdict.reasons:
        message = f"{job.number} cannot be written as {job.format}: {verdict.reasons[0].message}"
        summary = Reason(RefusalCode.format_not_possible, message, values={"format": job.format})
        raise Refused(message, reasons=[summary, *verdict.reasons])
    if job.format.is_pdf:
        kind, body = "zugferd", await render.pdf_of(backend, job, xml)
    else:
        kind, body = "xml", xml
    return await render.put(backend, job, kind, job.format, body, verdict.passed), body


async def archive(uow: UnitOfWork, job: render.RenderJob, file: render.StoredFile) -> None:
    """Add a format that was made on demand to the newest version; a twin that was faster is fine."""
    uow.authorize("invoices:render")
    invoice = await invoices.get(uow, job.invoice_id, lock=True)
    known = select(DocumentVersion.id).where(
        DocumentVersion.invoice_id == invoice.id,
        DocumentVersion.version == job.version,
        DocumentVersion.kind == file.kind,
        DocumentVersion.format == file.format,
        DocumentVersion.profile == job.profile.id,
    )
    if await uow.session.scalar(known) is None:
        uow.session.add(
            render.version_row(invoice, file, job.version, job.template, reason=ON_DEMAND, by=job.requested_by)
        )
