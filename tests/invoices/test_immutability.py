"""A sealed document stays as it is: through the service, through the ORM, through raw SQL, on both databases."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Refused
from scaicontrol.db.triggers import INVOICE_MUTABLE, INVOICE_SEALED
from scaicontrol.services import documents, invoices, tax
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from tests.databases import TAMPERING
from tests.factories import NORTHWIND
from tests.factories.invoices import a_draft, finalized, rendered

ROOT = Actor.system("test")


async def raw(database, statement):
    async with database.platform_sql(TAMPERING) as connection:
        await connection.execute(text(statement))
        await connection.commit()


def test_every_column_is_either_sealed_or_written_by_settlement_and_delivery():
    assert set(INVOICE_SEALED) | INVOICE_MUTABLE == {column.name for column in Invoice.__table__.columns}
    assert not set(INVOICE_SEALED) & INVOICE_MUTABLE


@pytest.mark.parametrize(
    ("field", "value"), [("total_cents", 1), ("number", "SCAI-2026-000009"), ("notes", "x"), ("finalized_at", None)]
)
async def test_the_orm_refuses_to_change_a_sealed_column(backend, field, value):
    invoice = await finalized(backend)

    async def tamper(uow):
        setattr(await invoices.get(uow, invoice.id), field, value)

    with pytest.raises(Refused, match=f"Cannot change {field} of invoice"):
        await backend.perform(ROOT, tamper)


async def test_the_orm_refuses_to_touch_lines_decision_versions_and_settlements(backend):
    invoice = await rendered(backend)

    async def change_line(uow):
        (await invoices.get(uow, invoice.id)).lines[0].amount_cents = 1

    async def drop_line(uow):
        found = await invoices.get(uow, invoice.id)
        found.lines.clear()
        await uow.session.flush()

    async def add_line(uow):
        found = await invoices.get(uow, invoice.id)
        line = InvoiceLine(
            id="ili_x", partner_id=NORTHWIND, order_index=9, description="x", unit_price_cents=1, amount_cents=1
        )
        found.lines.append(line)

    async def change_decision(uow):
        (await tax.get(uow, invoice.id)).category = "Z"

    async def change_version(uow):
        (await documents.versions(uow, invoice.id))[0].sha256 = "0" * 64

    async def delete(uow):
        await uow.session.delete(await invoices.get(uow, invoice.id))

    for tamper in (change_line, drop_line, add_line, change_decision, change_version, delete):
        with pytest.raises(Refused, match=r"sealed|finalized"):
            await backend.perform(ROOT, tamper)


async def test_raw_sql_cannot_change_any_sealed_column(backend, database):
    invoice = await finalized(backend)
    numbers = {"serial", "fiscal_year", "subtotal_cents", "tax_cents", "total_cents", "reverse_charge", "prepaid_cents"}
    days = {"issue_date", "due_date", "period_start", "period_end", "finalized_at", "created_at",
            "delivery_date"}  # fmt: skip
    for column in set(INVOICE_SEALED) - {"id", "tenant_id", "partner_id"}:
        value = (
            "7"
            if column in numbers
            else "'2027-07-07'"
            if column in days
            else "'null'"
            if "snapshot" in column
            else "'x'"
        )
        with pytest.raises(DBAPIError, match="finalized"):
            await raw(database, f"UPDATE invoices SET {column} = {value} WHERE id = '{invoice.id}'")


HISTORY = [
    "DELETE FROM invoices",
    "UPDATE invoices SET notes = 'changed' WHERE notes = 'as sealed'",
    "UPDATE invoices SET notes = 'AS SEALED'",
    "UPDATE invoice_line_items SET description = 'other'",
    "DELETE FROM invoice_line_items",
    "UPDATE tax_decisions SET rate = 0",
    "DELETE FROM tax_decisions",
    "UPDATE document_versions SET sha256 = 'x'",
    "DELETE FROM document_versions",
    "UPDATE invoice_sequence SET next_number = 1",
    "UPDATE invoice_sequence SET next_number = next_number + 2",
    "UPDATE invoice_sequence SET last_digest = 'x'",
    "UPDATE invoice_sequence SET prefix = 'X', next_number = next_number + 1",
    "DELETE FROM invoice_sequence",
    "UPDATE audit_log SET actor_id = 'nobody'",
    "DELETE FROM audit_log",
]


async def test_raw_sql_cannot_rewrite_history(backend, database):
    await rendered(backend, notes="as sealed")
    for statement in HISTORY:
        with pytest.raises(DBAPIError, match=r"cannot change|only counts up|append-only"):
            await raw(database, statement)


async def test_raw_sql_cannot_slip_a_line_into_a_sealed_document(backend, database):
    sealed, draft = await finalized(backend), await a_draft(backend)
    with pytest.raises(DBAPIError, match="lines of a finalized"):
        await raw(database, f"UPDATE invoice_line_items SET invoice_id = '{sealed.id}' WHERE invoice_id = '{draft.id}'")


async def test_what_settlement_and_delivery_write_stays_writable(backend, database):
    invoice = await finalized(backend)
    await raw(
        database, f"UPDATE invoices SET status = 'sent', pdf_url = 'x', amount_paid_cents = 1 WHERE id = '{invoice.id}'"
    )


async def test_a_draft_is_free(backend, database):
    draft = await a_draft(backend)
    await raw(database, f"UPDATE invoices SET notes = 'x' WHERE id = '{draft.id}'")
    await raw(database, f"DELETE FROM invoice_line_items WHERE invoice_id = '{draft.id}'")
    await raw(database, f"DELETE FROM invoices WHERE id = '{draft.id}'")
