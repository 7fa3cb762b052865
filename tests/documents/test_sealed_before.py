"""
Documents that an earlier release sealed verify unchanged in the schema of today.

`world_of_a39f98a.jsonl` holds the rows that release a39f98a wrote, a row a line: invoices and credit notes that were
paid by card and by transfer, credited, refunded, voided, billed by a run, and a draft.
"""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import DECIMAL, NullPool, column, insert, inspect, table, text
from sqlalchemy.ext.asyncio import create_async_engine

from scaicontrol.core.backend import Backend
from scaicontrol.db import migrate
from scaicontrol.db.engine import Database
from scaicontrol.db.triggers import INVOICE_SEALED
from scaicontrol.services import documents
from scaicontrol.services.invoices.lifecycle import DocumentType
from tests.databases import sqlite_url
from tests.factories import NORTHWIND, ada
from tests.factories.credits import broken_books

ROWS = Path(__file__).parent / "world_of_a39f98a.jsonl"
WRITTEN_AT = "009"  # the newest revision of that release
FINAL = "SELECT id FROM invoices WHERE finalized_at IS NOT NULL"
LINE = "id, order_index, description, quantity, unit_price_cents, amount_cents, tax_rate, tax_category"


def stored():
    rows = [json.loads(line) for line in ROWS.read_text().splitlines()]
    return [(each["table"], each["row"]) for each in rows]


@pytest_asyncio.fixture
async def old_world(dialect, request, tmp_path):
    """The address of a database of that release, not upgraded yet."""
    server = None if dialect == "sqlite" else request.getfixturevalue("mariadb_server")
    if server is not None:
        server.sql("CREATE DATABASE sealed_before CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    url = server.url("sealed_before") if server else sqlite_url(tmp_path / "old.db")
    await asyncio.to_thread(migrate.upgrade, url, WRITTEN_AT)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SET foreign_key_checks = 0" if server else "PRAGMA foreign_keys = OFF"))
        for name, row in stored():
            digits = await connection.run_sync(_digits, name) if server else {}
            said = {key: Decimal(row[key]).scaleb(-digits[key]) if key in digits else row[key] for key in row}
            await connection.execute(insert(table(name, *(column(key) for key in row))).values(said))
    await engine.dispose()
    yield url
    if server is not None:
        server.sql("DROP DATABASE sealed_before")


def _digits(connection, name):
    """SQLite keeps a decimal as a whole number; give how many digits of it stand behind the point."""
    return {c["name"]: c["type"].scale for c in inspect(connection).get_columns(name) if isinstance(c["type"], DECIMAL)}


async def sealed(url, columns):
    """What sealed documents and their lines say, as the database has it."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        if columns is None:
            columns = await connection.run_sync(lambda sync: [c["name"] for c in inspect(sync).get_columns("invoices")])
            columns = [name for name in columns if name in INVOICE_SEALED]
        of_documents = f"SELECT {', '.join(columns)} FROM invoices WHERE finalized_at IS NOT NULL ORDER BY id"
        of_lines = f"SELECT {LINE} FROM invoice_line_items WHERE invoice_id IN ({FINAL}) ORDER BY id"
        found = [list(await connection.execute(text(each))) for each in (of_documents, of_lines)]
    await engine.dispose()
    return columns, found


@pytest.mark.by_turns
async def test_what_an_earlier_release_sealed_verifies_unchanged_and_its_money_adds_up(
    old_world, settings, clock, ports
):
    columns, before = await sealed(old_world, None)
    assert (len(before[0]), len(columns) > 20) == (9, True)
    await asyncio.to_thread(migrate.upgrade, old_world)
    assert await sealed(old_world, columns) == (columns, before)

    database = Database(old_world)
    backend = Backend(settings, database, clock, ports)
    counted = {}
    for each in await backend.ask(ada, documents.series):
        kind = DocumentType(each.document_type)
        verdict = await backend.ask(ada, documents.verify_series, each.partner_id, kind, each.fiscal_year)
        assert verdict.violations == []
        counted[(each.partner_id, kind)] = verdict.documents
    assert counted == {(NORTHWIND, DocumentType.invoice): 6, (NORTHWIND, DocumentType.credit_note): 3}
    assert await broken_books(backend) == []
    await database.dispose()
