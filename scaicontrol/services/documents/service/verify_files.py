"""Proving the files of a series: every one is there and unchanged, and the XML in a PDF is the one beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select

from scaicontrol import verify_archive
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.reads import series

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


class _StoredFile(NamedTuple):
    """A file as its row knows it, with its document's number."""

    number: str | None
    invoice_id: str
    kind: str
    format: str
    storage_key: str
    sha256: str
    bytes: int


_COLUMNS = [getattr(DocumentVersion, name) for name in _StoredFile._fields[1:]]


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


def _wrong(file: _StoredFile, seen: _FileContent | None, written: Mapping[str, set[str]]) -> Sequence[Violation]:  # noqa: PLR0911  # a line each
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


def _violation(code: str, file: _StoredFile, message: str) -> Violation:
    return Violation(code=code, message=message, number=file.number, invoice_id=file.invoice_id)


async def _files(uow: UnitOfWork, partner_id: str, document_type: DocumentType, fiscal_year: int) -> list[_StoredFile]:
    uow.authorize("invoices:verify")
    numbers = await series.numbers(uow, partner_id, document_type, fiscal_year)
    found: dict[str, list[_StoredFile]] = {invoice_id: [] for invoice_id in numbers}
    for start in range(0, len(numbers), BATCH):
        ids = list(numbers)[start : start + BATCH]
        query = select(*_COLUMNS).where(DocumentVersion.invoice_id.in_(ids))
        for row in await uow.session.execute(query.order_by(DocumentVersion.version, DocumentVersion.kind)):
            found[row.invoice_id].append(_StoredFile(numbers[row.invoice_id], *row))
    return [file for files in found.values() for file in files]
