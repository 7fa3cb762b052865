"""Proof: what `verify` costs a document over fetching the same rows and files and hashing their bytes."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.integrations import pdfa
from scaicontrol.integrations.storage import FolderStore
from scaicontrol.services import documents, einvoices, invoices
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.schemas import DraftIn
from tests.factories import NORTHWIND, petra
from tests.factories.documents import carried, document
from tests.factories.invoices import RENDERER, a_line
from tests.factories.tenants import store_cast

from .measure import Goal, Result, Side, compare, profiled
from .world import NOW, World

KEY = (NORTHWIND, DocumentType.invoice, 2026)
ROWS = (
    "SELECT * FROM invoices WHERE partner_id = %s ORDER BY serial",
    "SELECT l.* FROM invoice_line_items l JOIN invoices i ON i.id = l.invoice_id WHERE i.partner_id = %s",
    "SELECT d.* FROM tax_decisions d JOIN invoices i ON i.id = d.invoice_id WHERE i.partner_id = %s",
    "SELECT * FROM invoice_settlements WHERE partner_id = %s",
    "SELECT * FROM document_renders WHERE partner_id = %s",
    "SELECT * FROM document_versions WHERE partner_id = %s",
    "SELECT resource_id, after FROM audit_log WHERE action = 'invoice.finalized' AND partner_id = %s",
)


class OnePage:
    """Gives every document the same real pages, made once: what is measured is not the rendering."""

    def __init__(self) -> None:
        built = document()
        html = einvoices.render_html(built)
        inside = carried(built, Format.zugferd)
        self.body = pdfa.render(pdfa.PdfJob(html, "Invoice", NOW, inside))

    async def pdf(self, html: str, **_: Any) -> bytes:
        return self.body


async def verifying(world: World, quick: bool) -> list[Result]:
    """One series of finalized documents of three lines with their PDF and XML in a folder."""
    count = 60 if quick else 400
    folder = world.folder / "documents"
    ports = replace(world.backend.ports, renderer=OnePage(), objects=FolderStore(folder))
    backend = replace(world.backend, ports=ports)
    await store_cast(backend)
    await _documents(backend, count)

    async def verify() -> int:
        verdict = await backend.ask(petra, documents.verify_series, *KEY)
        found = [*verdict.violations, *await documents.verify_files(backend, petra, *KEY)]
        if found or verdict.documents != count:
            raise RuntimeError(f"{verdict.documents} documents of {count}, {found[:3]}")
        return count

    async def hash_all() -> int:
        connection = await world.raw()
        async with connection.cursor() as cursor:
            for statement in ROWS:
                await cursor.execute(statement, (NORTHWIND,))
                for row in await cursor.fetchall():
                    sha256(repr(row).encode()).hexdigest()
        await connection.ensure_closed()
        await asyncio.to_thread(_hash_files, folder)
        return count

    result = await compare(
        "p. verify a document, over hashing its bytes",
        Side("verify", verify),
        Side("fetch and hash", hash_all),
        sizes=f"{count} invoices of 3 lines with PDF and XML",
        kind="cost",
        goal=Goal(most=4),
    )
    with profiled(result.notes, top=6):
        await verify()
    return [result]


async def _documents(backend: Backend, count: int) -> None:
    lines = [a_line(1900), a_line(2900, description="API calls"), a_line(-500, description="Discount")]
    for _ in range(count):
        data = DraftIn(tenant_id="tnt_acme", currency="EUR", lines=lines)
        draft = await backend.perform(petra, invoices.draft, data)
        await invoices.finalize(backend, petra, draft.id)
        backend.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]  # the world's clock is frozen
    while await documents.render_due(backend, RENDERER, limit=200):
        pass


def _hash_files(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            sha256(path.read_bytes()).hexdigest()
