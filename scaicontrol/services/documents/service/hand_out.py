"""Handing out many documents of a tenant at once: their files in a zip, or a table of them."""

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.csv_cells import harmless, money
from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.money import exponent
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, tenants
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import InvoiceFilter

from ..events import DocumentsHandedOut
from .deliver import require_files
from .download import DocumentFile, einvoice, pdf

ZIPPED_MOST: Final = 200  # documents
LISTED_MOST: Final = 2_000
LEFT_OUT: Final = "NOT-INCLUDED.txt"
_EPOCH: Final = date(1980, 1, 1)  # before it a zip knows no day
COLUMNS: Final = (
    "number", "document_type", "status", "issue_date", "due_date", "currency", "net", "vat", "total", "paid",
    "credited", "open",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """A document that goes into the zip."""

    id: str
    issue_date: date


async def zipped(
    backend: Backend, actor: Actor, wanted: InvoiceFilter, file_format: Format | None = None
) -> AsyncIterator[bytes]:
    """
    Give the files of the documents wanted, named by their numbers, as a zip that is written while it is read.

    PDFs, or e-invoices of one format; what cannot be written in it is named in a file of its own. Raises Refused for
    none or more than `ZIPPED_MOST`, Conflict while the files of one are still being made.
    """
    chosen = await backend.perform(actor, _chosen, wanted, str(file_format or "pdf"))
    return _zip(backend, actor, chosen, file_format)


async def _chosen(uow: UnitOfWork, wanted: InvoiceFilter, kind: str) -> list[Chosen]:
    found = await _found(uow, wanted, f"zip of {kind}", ZIPPED_MOST)
    if not found:
        raise refused(RefusalCode.no_documents, "No document is among those asked for; choose other days or words.")
    for document in found:
        if document.pdf_url is None:
            await require_files(uow, document)
    return [Chosen(document.id, document.issue_date or uow.now.date()) for document in found]


async def _found(uow: UnitOfWork, wanted: InvoiceFilter, kind: str, most: int) -> Sequence[Invoice]:
    if uow.actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    page = await invoices.page(uow, PageRequest(page_size=most, sort="issue_date"), wanted)
    if page.total > most:
        raise refused(
            RefusalCode.too_many_documents,
            f"{page.total:,} documents are asked for, of which {most:,} can be taken at once; choose fewer days.",
            most=str(most),
        )
    tenant = await tenants.get(uow, uow.actor.tenant_id)
    uow.emit(
        DocumentsHandedOut(
            tenant_id=tenant.id,
            partner_id=tenant.partner_id,
            occasion=new_id("out"),
            kind=kind,
            documents=len(page.items),
        ),
        after={"kind": kind, "documents": len(page.items)} | wanted.model_dump(mode="json", exclude_none=True),
    )
    return page.items


async def _zip(
    backend: Backend, actor: Actor, chosen: Sequence[Chosen], file_format: Format | None
) -> AsyncIterator[bytes]:
    written, left_out = _Stretch(), list[str]()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for document in chosen:
            try:
                file = await _file(backend, actor, document.id, file_format)
            except Refused as error:  # half of the zip is on its way: the rest follows all the same
                left_out.append(error.message)
                continue
            await asyncio.to_thread(archive.writestr, _entry(file.filename, document.issue_date), file.body)
            yield written.taken()
        if left_out:
            archive.writestr(_entry(LEFT_OUT, chosen[-1].issue_date), "\n".join([*left_out, ""]))
    yield written.taken()


def _entry(name: str, day: date) -> zipfile.ZipInfo:
    day = max(day, _EPOCH)
    entry = zipfile.ZipInfo(name.replace("/", "-"), (day.year, day.month, day.day, 0, 0, 0))
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return entry


async def _file(backend: Backend, actor: Actor, invoice_id: str, file_format: Format | None) -> DocumentFile:
    if file_format is None:
        return await pdf(backend, actor, invoice_id)
    return await einvoice(backend, actor, invoice_id, file_format)


class _Stretch(io.RawIOBase):
    """Where a zip is written that goes out as it grows: it cannot be sought in."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        added = bytes(data)  # type: ignore[call-overload]  # a buffer of any kind
        self._bytes += added
        return len(added)

    def taken(self) -> bytes:
        stretch = bytes(self._bytes)
        self._bytes.clear()
        return stretch


async def listed(uow: UnitOfWork, wanted: InvoiceFilter) -> str:
    """Give a table of the documents wanted as CSV, the oldest first; Refused for more than `LISTED_MOST`."""
    found = await _found(uow, wanted, "table", LISTED_MOST)
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows(_row(document) for document in found)
    return table.getvalue()


def _row(document: Invoice) -> list[str]:
    places = exponent(document.currency)
    sums = (
        document.subtotal_cents, document.tax_cents, document.total_cents, document.amount_paid_cents,
        document.amount_credited_cents, document.amount_due_cents,
    )  # fmt: skip
    return [
        harmless(document.number or ""), document.document_type, document.status,
        *(day.isoformat() if day else "" for day in (document.issue_date, document.due_date)),
        document.currency, *(money(Decimal(cents).scaleb(-places)) for cents in sums),
    ]  # fmt: skip
