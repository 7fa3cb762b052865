"""Many documents at once: found by number, amount and day, in a zip by their numbers, or as a table."""

import csv
import io
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import documents, invoices, statements
from scaicontrol.services.documents.service import hand_out
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoices.amounts_searched import amount_of
from scaicontrol.services.invoices.schemas import CreditIn, InvoiceFilter
from tests.factories import ACME, ada, alice, gina, petra
from tests.factories.invoices import a_line, finalized, rendered

EVERYTHING = InvoiceFilter()


async def unzipped(backend, actor, wanted=EVERYTHING, file_format=None) -> dict[str, bytes]:
    content = [part async for part in await documents.zipped(backend, actor, wanted, file_format)]
    with zipfile.ZipFile(io.BytesIO(b"".join(content))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def numbers(backend, actor, **wanted) -> list[str | None]:
    async def read(uow):
        page = await invoices.page(uow, PageRequest(sort="number"), InvoiceFilter(**wanted))
        return [each.number for each in page.items]

    found: list[str | None] = await backend.ask(actor, read)
    return found


async def test_files_come_in_a_zip_by_their_numbers_and_that_is_audited(backend):
    first, second = await rendered(backend), await rendered(backend)
    files = await unzipped(backend, alice)
    assert sorted(files) == [f"{first.number}.pdf", f"{second.number}.pdf"]
    assert all(body.startswith(b"%PDF") for body in files.values())
    xml = await unzipped(backend, alice, InvoiceFilter(q=second.number), Format.cii)
    assert list(xml) == [f"{second.number}-cii.xml"]
    none = await unzipped(backend, alice, InvoiceFilter(q=first.number), Format.ubl)
    assert list(none) == [hand_out.LEFT_OUT]  # Acme has no address that Peppol delivers to
    assert none[hand_out.LEFT_OUT].startswith(f"{first.number} cannot be written as ubl: ".encode())

    async def entries(uow):
        handed = AuditEntry.action == "tenant.documents_handed_out"
        rows = await uow.session.scalars(select(AuditEntry).where(handed).order_by(AuditEntry.id))
        return [(row.actor_id, row.resource_id, row.after["kind"], row.after["documents"]) for row in rows]

    assert await backend.ask(ada, entries) == [
        ("usr_alice", ACME, "zip of pdf", 2), ("usr_alice", ACME, "zip of cii", 1),
        ("usr_alice", ACME, "zip of ubl", 1),
    ]  # fmt: skip


async def test_nobody_gets_a_strangers_files_or_too_many_or_files_that_are_not_there(backend, monkeypatch):
    await rendered(backend)
    with pytest.raises(Refused, match="No document") as none:
        await unzipped(backend, gina)
    assert none.value.reasons[0].code == "no_documents"
    await finalized(backend)
    with pytest.raises(Conflict, match="still being made"):
        await unzipped(backend, alice)
    monkeypatch.setattr(hand_out, "ZIPPED_MOST", 1)
    with pytest.raises(Refused, match="2 documents are asked for, of which 1 can") as many:
        await unzipped(backend, alice)
    assert (many.value.reasons[0].code, many.value.reasons[0].values) == ("too_many_documents", {"most": "1"})
    with pytest.raises(Refused, match="one's own tenant"):
        await unzipped(backend, petra)


async def test_a_table_holds_the_oldest_first_and_every_sum(backend, clock):
    first = await finalized(backend, a_line(100_000))
    clock.advance(timedelta(days=3))
    await invoices.credit(backend, petra, first.id, CreditIn(reason="Too much.", finalize=True))
    table = await backend.perform(alice, documents.listed, EVERYTHING)
    invoice, note = csv.DictReader(io.StringIO(table))
    assert (invoice["number"], invoice["net"], invoice["vat"], invoice["total"]) == (
        first.number, "1000.00", "210.00", "1210.00",
    )  # fmt: skip
    assert (note["document_type"], note["total"], invoice["open"]) == ("credit_note", "-1210.00", "0.00")
    assert await backend.perform(gina, documents.listed, EVERYTHING) == ",".join(hand_out.COLUMNS) + "\r\n"


async def test_documents_are_found_by_part_of_a_number_amount_kind_and_day(backend, clock):
    first = await finalized(backend, a_line(100_000))
    clock.advance(timedelta(days=3))
    second = await finalized(backend, a_line(5_000))
    day = second.issue_date
    assert day
    assert await numbers(backend, alice, q="000001") == [first.number]
    assert await numbers(backend, alice, q="€ 1.210,00") == await numbers(backend, alice, q="1210") == [first.number]
    assert await numbers(backend, alice, q="60.50", issued_from=day, issued_to=day) == [second.number]
    assert await numbers(backend, alice, issued_to=day - timedelta(days=1)) == [first.number]
    assert await numbers(backend, alice, document_type="credit_note") == []
    assert await numbers(backend, petra, q="1210") == []  # among many tenants' only numbers are looked for


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("224", "224"), ("224.5", "224.5"), ("€ 1.234,56", "1234.56"), ("1,234.56 EUR", "1234.56"),
        ("1 234,56", "1234.56"), ("1’234.56", "1234.56"), ("-12", "12"), ("1.234", "1234"),
        ("SCAI-2026-000001", None), ("", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(typed, amount):
    read = amount_of(typed)
    assert read == (None if amount is None else Decimal(amount))


async def test_a_statement_is_a_table_that_runs_no_formula(backend, clock):
    invoice = await finalized(backend, a_line(100_000))
    today = clock.now().date()
    said = await backend.ask(alice, statements.statement, ACME, today.replace(day=1), today)
    said.entries[0].reference = "=cmd()"
    opening, billed, closing = csv.DictReader(io.StringIO(statements.as_csv(said)))
    assert (opening["kind"], opening["balance"], closing["balance"]) == ("opening", "0.00", "1210.00")
    assert (billed["document"], billed["debit"], billed["credit"]) == (invoice.number, "1210.00", "")
    assert billed["reference"] == "'=cmd()"
    assert billed["date"] == str(invoice.issue_date)
