"""Proving the files of a series: every one is there and unchanged, and the XML in a PDF is the one beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from scaicontrol import verify_archive
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.models import Invoice

from ..models import DocumentVersion
from ..schemas import Violation
from .verify_series import BATCH, Progress


@dataclass(frozen=True, slots=True)
class _FileContent:
    """What the bytes of one file say."""

    sha256: str
    bytes: int
    attached: str | None  # the digest of the XML inside a PDF
    damage: str | None = None


async def verify_files(
    backend: Backend,
    actor: Actor,
    partner_id: str,
    document_type: DocumentType,
    fiscal_year: int,
    *,
    progress: Progress | None = None,
) -> list[Violation]:
    """Fetch every stored file of a series and hold its bytes against its row, and a PDF's XML against the XML's row."""
    files = await backend.ask(actor, _files, partner_id, document_type, fiscal_year)
    written: dict[str, set[str]] = {}
    for file in files:
        if file.kind == "xml" and file.format == "cii":
            written.setdefault(file.invoice_id, set()).add(file.sha256)
    found: list[Violation] = []
    for start in range(0, len(files), BATCH):
        batch = files[start : start + BATCH]
        seen = await backend.ports.objects.examine([file.storage_key for file in batch], _look)
        for file, each in zip(batch, seen, strict=True):
            found += _wrong(file, each, written)
        if progress is not None:
            progress(start + len(batch), len(files))
    return found


def _look(body: bytes) -> _FileContent:
    attached = damage = None
    if body.startswith(b"%PDF"):
        try:
            xml = verify_archive.embedded(body)
            attached = sha256(xml).hexdigest() if xml is not None else None
        except verify_archive.Damaged as error:
            damage = str(error)
    return _FileContent(sha256(body).hexdigest(), len(body), attached, damage)


def _wrong(file: Any, seen: _FileContent | None, written: Mapping[str, set[str]]) -> Sequence[Violation]:  # noqa: PLR0911  # a line each
    number, key = file.number, file.storage_key
    if seen is None:
        return [_violation("file_missing", file, f"The file {key} of {number} is gone.")]
    if (seen.sha256, seen.bytes) != (file.sha256, file.bytes):
        return [_violation("file_changed", file, f"The file {key} of {number} is not the one that was stored.")]
    if seen.damage is not None:
        return [_violation("attachment_damaged", file, f"The file {key} of {number} cannot be read: {seen.damage}")]
    if file.kind != "zugferd":
        return []
    if seen.attached is None:
        return [_violation("attachment_missing", file, f"The file {key} of {number} has no XML inside.")]
    known = written.get(file.invoice_id)
    if known and seen.attached not in known:
        return [_violation("attachment_differs", file, f"The XML inside {key} is not the one stored beside it.")]
    return []


def _violation(code: str, file: Any, message: str) -> Violation:
    return Violation(code=code, message=message, number=file.number, invoice_id=file.invoice_id)


async def _files(uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int) -> Sequence[Any]:
    uow.authorize("invoices:verify")
    query = (
        select(
            Invoice.number,
            DocumentVersion.invoice_id,
            DocumentVersion.kind,
            DocumentVersion.format,
            DocumentVersion.storage_key,
            DocumentVersion.sha256,
            DocumentVersion.bytes,
        )
        .join(DocumentVersion, DocumentVersion.invoice_id == Invoice.id)
        .where(
            Invoice.partner_id == partner_id,
            Invoice.document_type == document_type,
            Invoice.fiscal_year == fiscal_year,
        )
        .order_by(Invoice.serial, DocumentVersion.version, DocumentVersion.kind)
    )
    return (await uow.session.execute(query)).all()
