"""Sealed documents with all that proves them, read in sets: what the books and an archive are made from."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from scaicontrol.core.offload import run_or_offload
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.einvoices.document import Document
from scaicontrol.services.invoices import seal
from scaicontrol.services.invoices.document_source import document_of, sealed_source
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.reads import documents as reads
from scaicontrol.services.tax.reads import decisions_of

from .models import DocumentVersion
from .service.download import ON_DEMAND


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """
    A finalized document: its rows, the bytes its seal is the SHA-256 of, the document in EN 16931 terms, its files.

    The bytes of the files are in the object store; only what rendering made is here, not what was made on demand.
    """

    invoice: Invoice
    canonical: bytes
    document: Document
    files: Sequence[DocumentVersion]


async def sealed(uow: UnitOfWork, invoice_ids: Sequence[str]) -> list[SealedDocument]:
    """Read finalized documents by id; what the actor may not see, or is not finalized, is not among them."""
    found = await reads.finalized(uow, invoice_ids)
    originals = await reads.by_ids(uow, {each.referenced_invoice_id for each in found if each.referenced_invoice_id})
    decisions = await decisions_of(uow, [invoice.id for invoice in found])
    files = await _files(uow, [invoice.id for invoice in found])
    documents = []
    for invoice in found:
        decision = decisions[invoice.id]
        source = await sealed_source(invoice, decision, originals.get(invoice.referenced_invoice_id or ""))
        documents.append(
            SealedDocument(
                invoice,
                await seal.canonical(invoice, invoice.lines, decision),
                await run_or_offload(len(source.lines), document_of, source),
                files[invoice.id],
            )
        )
    return documents


async def _files(uow: UnitOfWork, invoice_ids: Sequence[str]) -> defaultdict[str, list[DocumentVersion]]:
    files: defaultdict[str, list[DocumentVersion]] = defaultdict(list)
    query = select(DocumentVersion).where(DocumentVersion.invoice_id.in_(invoice_ids))
    ordered = query.order_by(DocumentVersion.version, DocumentVersion.kind, DocumentVersion.format)
    for row in await uow.session.scalars(ordered):
        if row.reason != ON_DEMAND:
            files[row.invoice_id].append(row)
    return files
