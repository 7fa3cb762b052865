"""
The job `document_render`: the files of a finalized document, made outside any transaction until they are stored.

Claim (transaction), write XML and PDF and store them (none), record (transaction). Bytes follow from sealed rows and
keys from bytes, so a run that was interrupted is simply run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, invoices, partners, templates
from scaicontrol.services.einvoices import Format, Profile, format_of
from scaicontrol.services.invoices.document_source import DocumentSource, source_of, title_of
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.models import DocumentRender, Invoice
from scaicontrol.services.invoices.page_rendering import (
    must_show,
    pictures_of,
    printed,
    template_for,
    written_and_judged,
)
from scaicontrol.services.invoices.reads import files as files_wanted
from scaicontrol.services.templates import Published

from ..events import DocumentArchived
from ..models import DocumentVersion
from . import deliver

log = get_logger(__name__)

LATE_AFTER = timedelta(minutes=15)
_LEASE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(minutes=30)


@verb
async def regenerate_pdf(uow: UnitOfWork, invoice_id: str, reason: str) -> DocumentRender:
    """
    Ask for a new version with the same number and snapshots; the old files stay.

    Raises NotFound, and Refused for a draft.
    """
    uow.authorize("invoices:regenerate_pdf")
    invoice = await invoices.get(uow, invoice_id, lock=True)
    invoice.require_sealed("regenerate the PDF of")
    return await invoices.request_next_files(uow, invoice, reason)


@dataclass(frozen=True, slots=True)
class RenderJob:
    """A claimed render with everything its files are made from."""

    render_id: str
    invoice_id: str
    partner_id: str
    version: int
    reason: str | None
    requested_by: str
    number: str
    finalized_at: datetime
    format: Format
    profile: Profile
    template: Published | None
    is_void: bool
    source: DocumentSource
    rules: tuple[einvoices.RuleSet, ...]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is in the store and waits for its row."""

    kind: str
    format: str
    key: str
    sha256: str
    bytes: int
    rules: tuple[str, ...] = ()
    profile: Profile | None = None  # none for a PDF without XML


async def render_due(backend: Backend, actor: Actor, limit: int = 20) -> int:
    """Make the files of due documents and count those that were stored; each failure waits longer than the last."""
    stored = 0
    for render_id in await backend.perform(actor, claim, claims.new_claimant(backend), limit):
        stored += await render_one(backend, actor, render_id)
    return stored


async def render_one(backend: Backend, actor: Actor, render_id: str) -> bool:
    """Make and record the files of one claimed render; a failure is written down and tried again later."""
    try:
        job = await backend.ask(actor, material, render_id)
        files = await _store(backend, job)
        await backend.perform(actor, record, render_id, files, job.template)
    except Exception as error:  # noqa: BLE001  # the row must say what went wrong, whatever it was, and come back
        log.warning("document_render_failed", render_id=render_id, error=repr(error))
        await backend.perform(actor, postpone, render_id, str(error) or repr(error))
        return False
    return True


async def claim(uow: UnitOfWork, claimant: str, limit: int) -> list[str]:
    """Lease due renders to `claimant`; a lease that runs out may be taken by another."""
    uow.authorize("invoices:render")
    return await files_wanted.lease_due(uow, by=claimant, during=_LEASE, limit=limit)


async def material(uow: UnitOfWork, render_id: str) -> RenderJob:
    """Read what the files are made from: sealed rows and the published template."""
    uow.authorize("invoices:render")
    wanted = await files_wanted.wanted(uow, render_id)
    invoice = await invoices.get(uow, wanted.invoice_id)
    source = await source_of(uow, invoice)
    profile = einvoices.profile_of(format_of(source.buyer))
    if invoice.finalized_at is None:
        raise Unavailable(f"{invoice} is not finalized; it has no files.")
    return RenderJob(
        render_id=wanted.id,
        invoice_id=invoice.id,
        partner_id=invoice.partner_id,
        version=wanted.version,
        reason=wanted.reason,
        requested_by=wanted.requested_by,
        number=invoice.number or "",
        finalized_at=invoice.finalized_at,
        format=format_of(source.buyer),
        profile=profile,
        template=await pinned_template(uow, wanted, source),
        is_void=invoice.status == InvoiceStatus.void,
        source=source,
        rules=await rules_of(uow, invoice, profile),
    )


async def rules_of(uow: UnitOfWork, invoice: Invoice, profile: Profile) -> tuple[einvoices.RuleSet, ...]:
    """Choose the rules that held when the document was sealed; later ones never keep its files from being made."""
    issued = invoice.issue_date or uow.now.date()
    return await einvoices.rules_for(uow, profile.key, issued, sealed_at=invoice.finalized_at)


async def pdf_of(backend: Backend, job: RenderJob, xml: bytes) -> bytes:
    """Print a document, with its XML inside where the format wants that."""
    pictures = await pictures_of(backend, job.source, job.template)
    html = await printed(job.source, job.template, pictures, is_void=job.is_void)
    shows = await must_show(job.source, html if job.template else None)
    return await backend.ports.renderer.pdf(
        html,
        title=title_of(job.source),
        created_at=job.finalized_at,  # the only date in the file, so that the same document gives the same bytes
        attachments=einvoices.attachments(xml, job.format, job.profile),
        shows=shows,  # what comes out is what the XML says, or it is not kept
    )


async def _store(backend: Backend, job: RenderJob) -> list[StoredFile]:
    xml, verdict = await written_and_judged(job.source, job.format, job.profile, job.rules, is_sealed=True)
    if verdict.reasons:
        raise Unavailable(f"The e-invoice of {job.number} no longer passes its rules: {verdict.reasons[0].message}")
    pdf = await pdf_of(backend, job, xml)
    if job.format.is_pdf:
        shown = await put(backend, job, "zugferd", job.format, pdf, verdict.passed)
        return [shown, await put(backend, job, "xml", Format.cii, xml, verdict.passed)]
    return [
        await put(backend, job, "pdf", "pdf", pdf, ()),
        await put(backend, job, "xml", job.format, xml, verdict.passed),
    ]


async def put(
    backend: Backend, job: RenderJob, kind: str, written: str, body: bytes, rules: Sequence[str]
) -> StoredFile:
    """Store a file under a key that its bytes decide, so that storing it again is harmless."""
    digest = sha256(body).hexdigest()
    extension = "xml" if kind == "xml" else "pdf"
    folder = f"documents/{job.partner_id}/{job.finalized_at:%Y}/{job.number}/v{job.version}"
    key = f"{folder}/{job.number}-{written}-{digest[:16]}.{extension}"
    await backend.ports.objects.put(key, body, f"application/{extension}")
    profile = None if kind == "pdf" else job.profile
    return StoredFile(kind, str(written), key, digest, len(body), tuple(rules), profile)


async def record(uow: UnitOfWork, render_id: str, files: Sequence[StoredFile], made_with: Published | None) -> None:
    """Write the versions down, show the PDF, and send the document when the seller wants that done by itself."""
    uow.authorize("invoices:render")
    wanted = await files_wanted.wanted(uow, render_id, lock=True)
    if wanted.done_at is not None:
        return  # a claim that ran out was taken over, and the other was faster
    invoice = await invoices.get(uow, wanted.invoice_id, lock=True)
    uow.session.add_all(
        version_row(invoice, file, wanted.version, made_with, reason=wanted.reason, by=wanted.requested_by)
        for file in files
    )
    wanted.done_at, wanted.due_at, wanted.claimed_by, wanted.claimed_until = uow.now, None, None, None
    wanted.last_error = None
    invoice.pdf_url = f"{uow.settings.public_base_url.rstrip('/')}/api/v1/billing/invoices/{invoice.id}/pdf"
    uow.emit(
        DocumentArchived(
            invoice_id=invoice.id,
            tenant_id=invoice.tenant_id,
            partner_id=invoice.partner_id,
            number=invoice.number or "",
            document_type=invoice.document_type,
            version=wanted.version,
        )
    )
    if wanted.version == 1 and (await partners.settings_of(uow, invoice.partner_id)).auto_send:
        await deliver.send_by_itself(uow, invoice)


def version_row(
    invoice: Invoice,
    file: StoredFile,
    version: int,
    made_with: Published | None,
    *,
    reason: str | None,
    by: str,
) -> DocumentVersion:
    return DocumentVersion(
        id=new_id("ver"),
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        invoice_id=invoice.id,
        version=version,
        kind=file.kind,
        format=file.format,
        storage_key=file.key,
        sha256=file.sha256,
        bytes=file.bytes,
        template_id=made_with.template_id if made_with else None,
        template_version=made_with.version if made_with else None,
        rules=list(file.rules) or None,
        profile=file.profile.id if file.profile else "",
        writer=file.profile.writer if file.profile else None,
        created_by=by,
        reason=reason,
    )


async def postpone(uow: UnitOfWork, render_id: str, error: str) -> None:
    """Write down why a render failed; one minute, two, four … then every half hour it is tried again."""
    uow.authorize("invoices:render")
    wanted = await files_wanted.wanted(uow, render_id, lock=True)
    if wanted.done_at is not None:
        return
    wanted.attempts += 1
    wanted.last_error = error[:10_000]
    wanted.due_at = uow.now + min(timedelta(minutes=2 ** min(wanted.attempts - 1, 10)), _LONGEST_PAUSE)
    wanted.claimed_by = wanted.claimed_until = None


async def late_renders(uow: UnitOfWork) -> list[DocumentRender]:
    """List documents that have waited for their files for more than 15 minutes: somebody should look."""
    uow.authorize("invoices:administer")
    return await files_wanted.waiting_since(uow, uow.now - LATE_AFTER)


async def pinned_template(uow: UnitOfWork, wanted: DocumentRender, source: DocumentSource) -> Published | None:
    """Give the template the gate approved; a version nobody judged gets what is published now."""
    if wanted.template_id is None:
        return await template_for(uow, source)
    if not wanted.template_id:
        return None
    found = await templates.published(uow, wanted.template_id, wanted.template_version)
    if found is None:
        raise Unavailable(f"Version {wanted.template_version} of template {wanted.template_id} is gone.")
    return found
