"""The verifier finds every edit, gap, exchange and removal; the triggers are taken away first, as a thief would."""

import io
import json
from dataclasses import replace
from hashlib import sha256

import pikepdf
import pytest
from sqlalchemy import text

from scaicontrol.db.triggers import INVOICE_SEALED, create_statements, drop_statements
from scaicontrol.services import documents
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices.lifecycle import DocumentType
from tasks import schedule
from tests.databases import TAMPERING
from tests.factories import NORTHWIND, petra
from tests.factories.documents import RealPages
from tests.factories.invoices import a_line, finalized, rendered


@pytest.fixture
async def unguarded(database, dialect):
    """Raw SQL without the triggers, which are put back afterwards."""

    async def run(*statements):
        async with database.platform_sql(TAMPERING) as connection:
            if dialect == "mariadb":
                await connection.execute(text("SET foreign_key_checks = 0"))
            else:
                await connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            for statement in drop_statements(dialect):
                await connection.execute(text(statement))
            for statement in statements:
                await connection.execute(text(statement) if isinstance(statement, str) else statement)
            for statement in create_statements(dialect):
                await connection.execute(text(statement))
            await connection.commit()
            if dialect == "mariadb":
                await connection.execute(text("SET foreign_key_checks = 1"))

    return run


async def verified(backend):
    return await backend.ask(petra, documents.verify_series, NORTHWIND, DocumentType.invoice, 2026)


async def codes(backend):
    return {violation.code for violation in (await verified(backend)).violations}


async def three(backend):
    return [await finalized(backend, a_line(amount), notes="as sealed") for amount in (100, 200, 300)]


async def test_an_untouched_series_is_intact(backend):
    await three(backend)
    verdict = await verified(backend)
    assert (verdict.intact, verdict.documents, verdict.violations) == (True, 3, [])


async def test_the_weekly_job_proves_every_series_and_fails_naming_the_broken_one(backend, unguarded):
    _, second, _ = await three(backend)
    assert await schedule.chain_verify(backend) == "3 documents in 1 series intact"
    await unguarded(f"UPDATE invoices SET notes = 'other' WHERE id = '{second.id}'")
    with pytest.raises(documents.SeriesBroken, match=f"^invoices of {NORTHWIND} in 2026: .*admin invoices verify"):
        await schedule.chain_verify(backend)


KEPT = {"id", "tenant_id", "partner_id", "created_at", "referenced_invoice_id"}
NUMBERS = ("serial", "fiscal_year", "subtotal_cents", "tax_cents", "total_cents", "reverse_charge", "prepaid_cents")
MOMENTS = ("period_start", "period_end", "finalized_at")
CHANGES = {
    **{f"invoices.{column}": "'x'" for column in INVOICE_SEALED if column not in KEPT},
    "invoices.referenced_invoice_id": "id",
    **{f"invoices.{column}": "7" for column in NUMBERS},
    **{f"invoices.{column}": "'2027-07-07 07:00:00.000000'" for column in MOMENTS},
    **{f"invoices.{column}": "'2027-07-07'" for column in ("issue_date", "due_date", "delivery_date")},
    **{f"invoices.{column}": "'[{\"amount_cents\": 1, \"tax_cents\": 0}]'" for column in ("allowances", "charges")},
    "invoices.payment_means": "'{\"kind\": \"card\"}'",
    "invoices.document_type": "'credit_note'",
    "invoices.buyer_snapshot": "'{\"company_name\": \"Other\"}'",
    "invoices.seller_snapshot": "'{\"legal_name\": \"Other\"}'",
    "invoices.amount_paid_cents": "1",
    "invoices.amount_due_cents": "1",
    "invoices.status": "'paid'",
    "invoice_line_items.description": "'other'",
    "invoice_line_items.quantity": "2",
    "invoice_line_items.amount_cents": "1",
    "invoice_line_items.tax_cents": "1",
    "invoice_line_items.tax_rate": "9",
    "invoice_line_items.tax_category": "'Z'",
    "invoice_line_items.order_index": "5",
    "invoice_line_items.allowances": "'[{\"amount_cents\": 1}]'",
    "invoice_line_items.derivation": "'{\"kind\": \"other\"}'",
    "tax_decisions.category": "'Z'",
    "tax_decisions.rate": "9",
    "tax_decisions.label": "'other'",
    "tax_decisions.evidence": "'{}'",
    "tax_decisions.finalized_at": "NULL",
}  # fmt: skip


async def test_a_change_of_any_one_field_is_found(backend, database, unguarded):
    _, second, _ = await three(backend)
    for field, value in CHANGES.items():
        table, column = field.split(".")
        where = f"{'id' if table == 'invoices' else 'invoice_id'} = '{second.id}'"
        async with database.platform_sql(TAMPERING) as connection:
            before = (await connection.execute(text(f"SELECT {column} FROM {table} WHERE {where}"))).scalar_one()
        await unguarded(f"UPDATE {table} SET {column} = {value} WHERE {where}")
        verdict = await verified(backend)
        assert any(second.id == violation.invoice_id for violation in verdict.violations), field
        await unguarded(text(f"UPDATE {table} SET {column} = :before WHERE {where}").bindparams(before=before))
        assert (await verified(backend)).intact, field


async def test_a_document_made_to_look_like_a_draft_is_found(backend, unguarded):
    _, second, _ = await three(backend)
    await unguarded(f"UPDATE invoices SET status = 'draft', finalized_at = NULL WHERE id = '{second.id}'")
    assert "unsealed" in await codes(backend)


def removal(invoice):
    entries = f"SELECT id FROM ledger_entries WHERE invoice_id = '{invoice.id}'"
    return (
        [
            f"DELETE FROM ledger_postings WHERE entry_id IN ({entries})",
            f"DELETE FROM ledger_entries WHERE invoice_id = '{invoice.id}'",
        ]
        + [
            f"DELETE FROM {table} WHERE invoice_id = '{invoice.id}'"
            for table in ("invoice_line_items", "tax_decisions", "document_renders")
        ]
        + [f"DELETE FROM invoices WHERE id = '{invoice.id}'"]
    )


async def test_a_document_taken_from_the_middle_leaves_a_gap(backend, unguarded):
    _, second, _ = await three(backend)
    await unguarded(*removal(second))
    assert await codes(backend) >= {"gap", "chain_broken", "document_missing"}


async def test_the_last_document_is_missed_by_the_head_of_the_series(backend, unguarded):
    _, _, last = await three(backend)
    await unguarded(*removal(last))
    assert await codes(backend) >= {"last_missing", "head_differs"}


async def test_the_last_document_is_missed_even_when_the_head_was_wound_back(backend, unguarded):
    _, second, last = await three(backend)
    rewind = f"UPDATE invoice_sequence SET next_number = 3, last_digest = '{second.canonical_digest}'"
    await unguarded(*removal(last), rewind)
    assert await codes(backend) == {"document_missing"}


async def test_a_series_that_was_emptied_is_missed(backend, unguarded):
    for invoice in await three(backend):
        await unguarded(*removal(invoice))
    assert await codes(backend) >= {"last_missing", "document_missing"}


async def test_two_documents_that_swapped_places_are_found(backend, unguarded):
    first, second, _ = await three(backend)
    await unguarded(
        f"UPDATE invoices SET number = 'x', serial = 99 WHERE id = '{first.id}'",
        f"UPDATE invoices SET number = '{first.number}', serial = 1 WHERE id = '{second.id}'",
        f"UPDATE invoices SET number = '{second.number}', serial = 2 WHERE id = '{first.id}'",
    )
    assert await codes(backend) >= {"chain_broken", "content_changed", "witness_differs"}


async def test_a_seal_made_anew_after_an_edit_is_betrayed_by_the_audit_log(backend, unguarded):
    _, _, last = await three(backend)
    forged = "f" * 64
    await unguarded(
        f"UPDATE invoices SET canonical_digest = '{forged}' WHERE id = '{last.id}'",
        f"UPDATE invoice_sequence SET last_digest = '{forged}'",
    )
    assert "witness_differs" in await codes(backend)


async def test_a_lost_or_changed_file_is_found(backend, ports):
    await rendered(backend)
    assert await documents.verify_files(backend, petra, NORTHWIND, DocumentType.invoice, 2026) == []
    first, second = sorted(ports.objects.stored)
    ports.objects.stored[first] += b" "
    del ports.objects.stored[second]
    found = await documents.verify_files(backend, petra, NORTHWIND, DocumentType.invoice, 2026)
    assert {violation.code for violation in found} == {"file_changed", "file_missing"}


async def test_files_whose_rows_were_taken_away_are_missed(backend, unguarded):
    invoice = await rendered(backend)
    assert (await verified(backend)).intact
    await unguarded(f"DELETE FROM document_versions WHERE invoice_id = '{invoice.id}'")
    assert await codes(backend) == {"files_missing"}


@pytest.fixture
def ports(ports):
    return replace(ports, renderer=RealPages())


def inside(pdf, xml):
    """Put other XML inside a PDF, or none, and leave the rest as it is."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        del opened.attachments["factur-x.xml"]
        if xml is not None:
            opened.attachments["factur-x.xml"] = xml
        target = io.BytesIO()
        opened.save(target)
    return target.getvalue()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_xml_exchanged_inside_a_pdf_is_found_even_when_its_row_was_forged(backend, ports, unguarded):
    invoice = await rendered(backend)
    await documents.einvoice(backend, petra, invoice.id, Format.facturx)
    series = (NORTHWIND, DocumentType.invoice, 2026)
    assert await documents.verify_files(backend, petra, *series) == []
    [stored] = [row for row in await backend.ask(petra, documents.versions, invoice.id) if row.kind == "zugferd"]
    kept = ports.objects.stored[stored.storage_key]
    for xml, code in ((b"<other/>", "attachment_differs"), (None, "attachment_missing")):
        forged = ports.objects.stored[stored.storage_key] = inside(kept, xml)
        await unguarded(
            f"UPDATE document_versions SET sha256 = '{sha256(forged).hexdigest()}', bytes = {len(forged)} "
            f"WHERE id = '{stored.id}'"
        )
        assert [each.code for each in await documents.verify_files(backend, petra, *series)] == [code]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_command_lists_findings_and_ends_with_one(backend, ports, command_line):
    async def verify_all():
        return await command_line("admin", "invoices", "verify", "--json")

    await rendered(backend)
    fine = await verify_all()
    assert (fine.exit_code, [row["finding"] for row in json.loads(fine.stdout)]) == (0, ["intact"])
    first, *_ = sorted(ports.objects.stored)
    ports.objects.stored[first] += b" "
    wrong = await verify_all()
    [row] = json.loads(wrong.stdout)
    assert (wrong.exit_code, row["finding"], row["number"]) == (1, "file_changed", "SCAI-2026-000001")
