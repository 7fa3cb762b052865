"""What contradicts itself is named, fails alone, and is found by a person; all else goes on into the books."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from scaicontrol.core.errors import Conflict
from scaicontrol.services import accounting, attention, invoices
from scaicontrol.services.accounting.journal_input import Kind, key_of
from scaicontrol.services.accounting.service.reading import read_inputs
from scaicontrol.services.documents.models import DocumentVersion
from scaicontrol.services.invoices.models import Settlement
from scaicontrol.services.invoices.schemas import MarkPaidIn
from tests.databases import TAMPERING
from tests.factories import NORTHWIND, petra, sam
from tests.factories.accounting import an_integration
from tests.factories.changes import agreed
from tests.factories.credits import transferred
from tests.factories.invoices import a_line, finalized, rendered

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


async def items(backend, books):
    feed = await backend.ask(petra, accounting.sync_log, books.id, limit=200)
    return {(item.kind, item.number): item for item in feed.items}


async def paid(backend, invoice):
    data = MarkPaidIn(paid_at=backend.clock.now(), reference="ABN 1", method="sepa")
    return (await backend.perform(petra, invoices.mark_paid, invoice.id, data)).id


async def _taken_out(backend, settlement_id):
    """A hand in the database takes a movement out of the ledger."""
    async with backend.database.platform_sql(TAMPERING) as connection:
        for name in ("keep_ledger_entries_on_update", "keep_ledger_entries_on_delete"):
            await connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        gone = text("UPDATE ledger_entries SET source_id = 'set_elsewhere' WHERE source_id = :id")
        await connection.execute(gone, {"id": settlement_id})
        await connection.commit()


async def found(backend, actor):
    return {finding.key: finding for finding in await backend.ask(actor, attention.findings)}


@pytest.mark.parametrize("dialect", ["sqlite"])  # the triggers must be laid aside to be able to tamper
async def test_a_movement_that_is_not_in_the_ledger_is_named_and_the_others_go_on(backend):
    books = await an_integration(backend)
    lost, kept = await finalized(backend, a_line(1000)), await finalized(backend, a_line(2000))
    settlement_id = await paid(backend, lost)
    await paid(backend, kept)
    await _taken_out(backend, settlement_id)
    why = f"{settlement_id} is not in the ledger; run `scaicontrol admin invariants`."
    assert await accounting.sync_due(backend) == 3
    told = {key: (item.status, item.last_error) for key, item in (await items(backend, books)).items()}
    assert told == {
        ("invoice", lost.number): ("synced", None), ("invoice", kept.number): ("synced", None),
        ("payment", kept.number): ("synced", None), ("payment", lost.number): ("failed", why),
    }  # fmt: skip
    waiting = (await found(backend, petra))["exports"]
    assert [(waiting.count, waiting.examples[0].said)] == [(1, f"payment {lost.number}: {why}")]
    assert "exports" not in await found(backend, sam)
    made = await accounting.export(backend, petra, "csv_journal", NORTHWIND, *JANUARY)
    assert dict(made.left_out) == {settlement_id: why}
    assert len(made.artefact.ids) == 3
    report = await accounting.test(backend, petra, books.id)
    assert (report.ready, report.checked) == (False, 4)
    assert [(each.number, each.problems) for each in report.documents] == [(settlement_id, [why])]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_credit_that_was_applied_and_is_not_in_the_ledger_is_named(backend):
    books = await an_integration(backend)
    first = await finalized(backend, a_line(1000))
    await transferred(backend, first, 1310)
    await finalized(backend, a_line(500))  # a hundred cents of it are settled by what the first left

    async def applied(uow):
        query = select(Settlement.id).where(Settlement.kind == "credit", Settlement.unapplied_cents != 0)
        return (await uow.session.scalars(query)).one()

    settlement_id = await backend.ask(petra, applied)
    await _taken_out(backend, settlement_id)
    why = f"{settlement_id} is not in the ledger; run `scaicontrol admin invariants`."
    await accounting.sync_due(backend)
    item = (await items(backend, books))["credit", first.number]
    assert (item.status, item.last_error) == ("failed", why)
    made = await accounting.export(backend, petra, "csv_journal", NORTHWIND, *JANUARY)
    assert dict(made.left_out) == {settlement_id: why}


@pytest.mark.parametrize("kind", [Kind.invoice, Kind.void, Kind.payment, Kind.credit, Kind.withheld])
async def test_what_is_not_there_is_named_and_not_left_out_unnoticed(backend, kind):
    invoice = await finalized(backend, a_line(1000))
    wanted = [(Kind.invoice, invoice.id), (kind, "gone")]
    read = await read_inputs(backend, NORTHWIND, wanted, with_files=False)
    assert [each.id for each in read.inputs] == [invoice.id]
    assert list(read.unreadable) == [key_of(kind, "gone")]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_file_that_is_another_one_keeps_its_document_out_and_no_other(backend, ports):
    books = await an_integration(backend, "ubl_archive")
    bad = await rendered(backend)
    good = await rendered(backend)

    async def keys(uow):
        rows = await uow.session.scalars(select(DocumentVersion).where(DocumentVersion.invoice_id == bad.id))
        return [row.storage_key for row in rows]

    ports.objects.stored[(await backend.ask(petra, keys))[0]] = b"something else"
    assert await accounting.sync_due(backend) == 1
    told = await items(backend, books)
    assert "is not the one that was stored" in told["invoice", bad.number].last_error
    assert told["invoice", good.number].status == "synced"
    with pytest.raises(Conflict, match="is not the one that was stored"):  # an archive is whole or not at all
        await accounting.export(backend, petra, "ubl_archive", NORTHWIND, *JANUARY)


async def test_an_archive_holds_a_document_that_was_void_before_its_turn_came(backend, clock):
    books = await an_integration(backend, "ubl_archive")
    journal = await an_integration(backend)
    void = await rendered(backend)
    await agreed(backend, petra, invoices.void, void.id, "Wrong customer")
    await rendered(backend)
    clock.advance(timedelta(minutes=15))
    assert await accounting.sync_due(backend) == 5
    assert {key: item.status for key, item in (await items(backend, books)).items() if key[1] == void.number} == {
        ("invoice", void.number): "synced", ("void", void.number): "skipped",
    }  # fmt: skip
    assert {item.status for item in (await items(backend, journal)).values()} == {"synced"}
