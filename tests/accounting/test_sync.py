"""Every document, payment and refund reaches the books once, and what cannot says why and comes back."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import accounting, invoices, payments
from scaicontrol.services.accounting import Kind
from scaicontrol.services.accounting.lifecycle import SyncLifecycle, SyncStatus
from scaicontrol.services.accounting.providers import Exported
from scaicontrol.services.accounting.schemas import IntegrationIn, IntegrationPut, LedgerMapping, SyncIn
from scaicontrol.services.invoices.schemas import CreditIn, MarkPaidIn
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import GLOBEX, INITECH, NORTHWIND, SOUTHBAY, ada, alice, petra, pim, sam
from tests.factories.accounting import MAPPING, an_integration
from tests.factories.credits import open_credits
from tests.factories.invoices import a_line, finalized, rendered

JANUARY = {"from": date(2026, 1, 1), "to": date(2026, 1, 31)}


async def log(backend, integration, by=petra):
    feed = await backend.ask(by, accounting.sync_log, integration.id, limit=200)
    return [(item.kind, item.number, item.status) for item in feed.items]


async def items(backend, integration):
    return (await backend.ask(petra, accounting.sync_log, integration.id, limit=200)).items


async def paid(backend, invoice, cents=None):
    data = MarkPaidIn(amount_cents=cents, paid_at=backend.clock.now(), reference="ABN 1", method="sepa")
    return await backend.perform(petra, invoices.mark_paid, invoice.id, data)


def test_the_machine_is_the_contracts_and_a_persons_force():
    assert SyncLifecycle.transitions() == [
        ("failed", "force", "pending"),
        ("failed", "retry", "pending"),
        ("pending", "fail", "failed"),
        ("pending", "skip", "skipped"),
        ("pending", "sync", "synced"),
        ("skipped", "force", "pending"),
        ("synced", "force", "pending"),
    ]


def test_the_readme_shows_the_machine_as_it_is():
    lines = (Path(accounting.__file__).parent / "README.md").read_text().splitlines()
    rows = {
        (source, event, target)
        for line in lines
        if line.count("|") == 4
        for sources, event, target in [[cell.strip() for cell in line.strip("|").split("|")]]
        for source in sources.split(", ")
    }
    assert rows >= set(SyncLifecycle.transitions())


async def test_documents_payments_and_refunds_are_exported_once(backend, ports):
    books = await an_integration(backend)
    invoice = await finalized(backend, a_line(1000))
    await paid(backend, invoice)
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Outage"))
    note = await invoices.finalize(backend, petra, note.id)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9"))
    assert await accounting.sync_due(backend) == 4
    assert sorted(await log(backend, books)) == [
        ("credit_note", "SCAI-CN-2026-000001", "synced"),
        ("invoice", "SCAI-2026-000001", "synced"),
        ("payment", "SCAI-2026-000001", "synced"),
        ("refund", "SCAI-CN-2026-000001", "synced"),
    ]
    assert await accounting.sync_due(backend) == 0
    [key] = [key for key in ports.objects.stored if key.startswith("accounting/")]
    _, *rows = ports.objects.stored[key].decode().splitlines()
    assert [row.split(",")[2:5] for row in rows] == [
        ["8000", "1300", "10.00"],
        ["1500", "1300", "2.10"],
        ["1300", "8000", "10.00"],
        ["1300", "1500", "2.10"],
        ["1100", "1300", "12.10"],
        ["1300", "1100", "12.10"],
    ]
    item = (await items(backend, books))[0]
    fetched = await accounting.artefact(backend, petra, books.id, item.id)
    assert (fetched.filename, fetched.media_type, fetched.body) == (
        "journal.csv",
        "text/csv",
        ports.objects.stored[key],
    )


async def test_an_allocated_credit_note_moves_no_money(backend):
    books = await an_integration(backend)
    invoice = await finalized(backend)
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Outage"))
    await invoices.finalize(backend, petra, note.id)
    await accounting.sync_due(backend)
    assert {kind for kind, _, _ in await log(backend, books)} == {"invoice", "credit_note"}


async def test_what_was_finalized_before_is_exported_by_a_range_and_again_only_by_force(backend, ports, clock):
    await finalized(backend)
    clock.advance(timedelta(days=1))
    books = await an_integration(backend)
    assert await accounting.sync_due(backend) == 0
    wanted = SyncIn.model_validate(JANUARY)
    assert await backend.perform(petra, accounting.request, books.id, wanted) == 1
    assert await accounting.sync_due(backend) == 1
    stored = dict(ports.objects.stored)
    assert await backend.perform(petra, accounting.request, books.id, wanted) == 0
    again = SyncIn.model_validate({**JANUARY, "force": True})
    assert await backend.perform(petra, accounting.request, books.id, again) == 1
    assert await accounting.sync_due(backend) == 1
    assert ports.objects.stored == stored  # the same bytes under the same key


async def test_a_document_that_cannot_be_booked_holds_up_no_other_and_is_given_up_after_five_times(backend, clock):
    mapping = MAPPING.model_copy(update={"debtor_account": None})
    books = await an_integration(backend, mapping=mapping)
    await finalized(backend)
    await finalized(backend, tenant_id=GLOBEX)
    assert await accounting.sync_due(backend) == 1
    for attempt in range(1, 6):
        [failed] = [item for item in await items(backend, books) if item.status == SyncStatus.failed]
        assert (failed.attempts, failed.last_error) == (attempt, "The mapping has no debtor_account.")
        assert (failed.due_at is None) == (attempt == 5)
        clock.advance(timedelta(days=1))
        assert await accounting.sync_due(backend) == 0
    mended = IntegrationPut(provider="csv_journal", name="Books", mapping=MAPPING, version=1)
    await accounting.update(backend, petra, books.id, mended)
    assert await accounting.sync_due(backend) == 0
    assert await backend.perform(petra, accounting.request, books.id, SyncIn()) == 1
    assert await accounting.sync_due(backend) == 1


async def test_a_store_that_is_down_fails_the_batch_and_loses_nothing(backend, ports, clock):
    books = await an_integration(backend)
    await finalized(backend)
    ports.objects.down = True
    assert await accounting.sync_due(backend) == 0
    [item] = await items(backend, books)
    assert (item.status, item.last_error) == ("failed", "The object store does not answer.")
    ports.objects.down = False
    clock.advance(timedelta(minutes=15))
    assert await accounting.sync_due(backend) == 1


async def test_an_archive_waits_for_files_and_skips_what_it_does_not_hold(backend, clock):
    books = await an_integration(backend, "ubl_archive")
    invoice = await finalized(backend)
    await paid(backend, invoice)
    assert await accounting.sync_due(backend) == 0
    waiting = {item.kind: item for item in await items(backend, books)}
    assert waiting["invoice"].last_error == "The files of SCAI-2026-000001 are still being made."
    assert (waiting["payment"].status, waiting["payment"].last_error) == (
        "skipped",
        "Archive with UBL, PDF and proof takes no payments.",
    )
    await rendered(backend)
    clock.advance(timedelta(minutes=15))
    assert await accounting.sync_due(backend) == 2
    assert {item.artefact_fingerprint is None for item in await items(backend, books) if item.kind == "invoice"} == {
        False
    }


async def test_a_stopped_integration_exports_nothing_more(backend):
    books = await an_integration(backend)
    await finalized(backend)
    await backend.perform(petra, accounting.request, books.id, SyncIn.model_validate(JANUARY))
    stopped = await backend.perform(petra, accounting.deactivate, books.id)
    assert not stopped.is_active
    assert [status for _, _, status in await log(backend, books)] == ["skipped"]
    assert await accounting.sync_due(backend) == 0
    with pytest.raises(Refused, match="it is not active"):
        await backend.perform(petra, accounting.request, books.id, SyncIn())


async def test_a_plugin_that_books_over_a_wire_acknowledges_or_refuses_each(backend, monkeypatch):
    class Wire:
        slug, display_name, config_schema = "wire", "Wire", {}
        kinds, needs_files = frozenset({Kind.invoice}), False

        async def test(self, config):
            return []

        def problems(self, document, mapping):
            return []

        async def export(self, documents, mapping, config, *, complete=False):
            first, second = sorted(documents, key=lambda each: each.number)
            return Exported(acknowledged={first.id: "BK-1"}, refused={second.id: "The period is closed."})

    monkeypatch.setattr(accounting.providers, "installed", lambda: {"wire": Wire()})
    books = await an_integration(backend, "wire")
    await finalized(backend)
    await finalized(backend)
    assert await accounting.sync_due(backend) == 1
    told = [(item.status, item.acknowledgement, item.last_error) for item in await items(backend, books)]
    assert told == [("synced", "BK-1", None), ("failed", None, "The period is closed.")]


async def test_changes_are_told_and_versions_guarded(backend):
    books = await an_integration(backend)
    change = IntegrationPut(provider="csv_journal", name="New", mapping=MAPPING, version=1)
    await accounting.update(backend, petra, books.id, change)
    with pytest.raises(Conflict, match="version 2"):
        await accounting.update(backend, petra, books.id, change)
    with pytest.raises(Invalid, match="keeps its partner and provider"):
        await accounting.update(backend, petra, books.id, IntegrationPut(provider="ubl_archive", name="x", version=2))
    await backend.perform(petra, accounting.deactivate, books.id)

    async def read(uow):
        facts = select(Outbox).where(Outbox.resource_id == books.id).order_by(Outbox.created_at, Outbox.id)
        return [(fact.event_type, fact.public) for fact in await uow.session.scalars(facts)]

    assert await backend.ask(ada, read) == [
        ("accounting_integration.created", False),
        ("accounting_integration.updated", False),
        ("accounting_integration.deactivated", False),
    ]


async def test_settings_that_do_not_fit_are_refused_with_their_fields(backend):
    with pytest.raises(Invalid, match=r"config\.consultant") as refused:
        await an_integration(backend, "datev_csv", config={"client": 0})
    assert [reason.field for reason in refused.value.reasons] == ["config.consultant", "config.client"]
    with pytest.raises(Invalid, match="no accounting provider 'exact'"):
        await an_integration(backend, "exact")


async def test_a_test_run_reports_settings_and_documents_and_changes_nothing(backend):
    books = await an_integration(backend, mapping=LedgerMapping())
    await finalized(backend)
    report = await accounting.test(backend, petra, books.id)
    assert (report.ready, report.checked, report.settings) == (False, 1, [])
    assert len(report.documents[0].problems) == 3
    assert await log(backend, books) == []


async def test_books_are_the_partners_own(backend):
    books = await an_integration(backend)
    await finalized(backend)
    await finalized(backend, by=ada, tenant_id=INITECH)
    await accounting.sync_due(backend)
    assert [number for _, number, _ in await log(backend, books)] == ["SCAI-2026-000001"]
    days = (date(2026, 1, 1), date(2026, 1, 31))
    with pytest.raises(NotFound):
        await backend.ask(sam, accounting.get, books.id)
    with pytest.raises(NotFound):
        await accounting.test(backend, sam, books.id)
    with pytest.raises(NotFound):
        await accounting.export(backend, sam, "csv_journal", NORTHWIND, *days)
    with pytest.raises(NotFound):
        await accounting.create(backend, petra, IntegrationIn(partner_id=SOUTHBAY, provider="csv_journal", name="x"))
    for person in (pim, alice):
        with pytest.raises(Forbidden, match="admin:accounting"):
            await accounting.export(backend, person, "csv_journal", NORTHWIND, *days)


async def test_a_range_of_more_than_one_year_is_one_repeatable_zip(backend, clock):
    await an_integration(backend, "datev_csv")
    await finalized(backend)
    clock.advance(timedelta(days=360))
    await finalized(backend)
    days = (date(2026, 1, 1), date(2027, 12, 31))
    made = (await accounting.export(backend, petra, "datev_csv", NORTHWIND, *days)).artefact
    assert (made.filename, made.content_type, len(made.ids)) == ("datev_csv.zip", "application/zip", 2)
    assert (await accounting.export(backend, petra, "datev_csv", NORTHWIND, *days)).artefact.body == made.body


async def test_a_range_that_cannot_be_booked_is_refused_with_every_reason(backend):
    await finalized(backend)
    january = (date(2026, 1, 1), date(2026, 1, 31))
    with pytest.raises(Refused, match=r"SCAI-2026-000001: The mapping has no debtor_account\. \(2 more\)") as refused:
        await accounting.export(backend, petra, "csv_journal", NORTHWIND, *january)
    assert len(refused.value.reasons) == 3
    with pytest.raises(Refused, match="no integration with settings for datev_csv"):
        await accounting.export(backend, petra, "datev_csv", NORTHWIND, *january)
    with pytest.raises(NotFound, match="issued nothing"):
        await accounting.export(backend, petra, "csv_journal", NORTHWIND, date(2025, 1, 1), date(2025, 1, 31))
