"""What moved before there was a ledger is posted by its migration, as the verbs post it now."""

from importlib import import_module

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from scaicontrol.services import invoices, payments
from scaicontrol.services.credits.schemas import SettledWith
from scaicontrol.services.invoices.schemas import ApplyCreditIn
from scaicontrol.services.ledger.models import EntryKind
from tests.credits.test_histories import SEEDS, History
from tests.credits.test_late_answers import keep_credits
from tests.credits.test_money_that_went_twice import owed, settle, twice
from tests.credits.test_refunds_that_fail import hooks, paid_by_card
from tests.databases import TAMPERING
from tests.factories import ada, petra
from tests.factories.changes import agreed
from tests.factories.credits import broken_books, credited, transferred
from tests.factories.invoices import a_draft, a_line, sent

POSTED = text(
    "SELECT e.source_type, e.source_id, e.kind, e.currency, e.invoice_id, e.about_id, e.occurred_at, p.account,"
    " p.amount_cents, p.tenant_id, p.partner_id, p.occurred_at"
    " FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id"
    " WHERE e.kind <> 'receivable_settled' ORDER BY 1, 2, 3, 8, 9"
)
MOVED = {each.value for each in EntryKind if not each.startswith("wallet_")}  # wallets came after the ledger
MOVED -= {EntryKind.receivable_settled}  # it has no row of its own
EMPTY = {
    "sqlite": (
        "DROP TRIGGER keep_ledger_entries_on_delete",
        "DROP TRIGGER keep_ledger_postings_on_delete",
        "DELETE FROM ledger_postings",
        "DELETE FROM ledger_entries",
    ),
    "mysql": (
        "SET FOREIGN_KEY_CHECKS = 0",
        "TRUNCATE TABLE ledger_postings",
        "TRUNCATE TABLE ledger_entries",
        "SET FOREIGN_KEY_CHECKS = 1",
    ),
}


async def lives(backend, clock, provider, seeds):
    """Histories of one tenant, and what few of them come to."""
    await keep_credits(backend)
    await agreed(backend, petra, invoices.void, (await sent(backend, a_line(700))).id, "Not ordered.")
    await credited(backend, await sent(backend, a_line(800)), 300)
    await twice(backend)
    for receivable in await owed(backend, is_open=True):
        await settle(backend, receivable, SettledWith.write_off)
    await transferred(backend, await sent(backend, a_line(1000)), 1310)
    await backend.perform(petra, invoices.apply_credit, (await sent(backend, a_line(900))).id, ApplyCreditIn())
    invoice = await paid_by_card(backend)
    await payments.refund(backend, petra, invoice.id, 1206, "As agreed.")  # it comes back
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    provider.dispute(payment.external_id, 500)
    await hooks(backend, provider)
    for seed in seeds:
        await History(backend, clock, provider, seed).lives()


async def test_a_history_is_posted_as_it_was(backend, clock, provider):
    await lives(backend, clock, provider, SEEDS[:2])
    migration = import_module("migrations.versions.038_ledger")
    engine = create_async_engine(backend.database.url)
    async with engine.connect() as connection:
        posted = (await connection.execute(POSTED)).all()
        for statement in EMPTY[engine.dialect.name]:
            await connection.execute(text(statement))
        await connection.commit()
        assert (await connection.execute(POSTED)).all() == []
        for _ in range(2):  # a second run finds nothing left to post
            await connection.run_sync(migration.post_what_is_there)
            await connection.commit()
            assert (await connection.execute(POSTED)).all() == posted
    await engine.dispose()
    assert {row.kind for row in posted} == MOVED
    assert await broken_books(backend) == []


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_postings"])
async def test_what_is_posted_cannot_change(backend, table):
    await sent(backend, a_line(100))
    for statement in (f"UPDATE {table} SET currency = 'USD'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="of the ledger cannot change"):
            async with backend.database.platform_sql(TAMPERING) as connection:
                await connection.execute(text(statement))
    assert await broken_books(backend) == []


async def test_a_document_is_posted_by_two_statements(backend):
    draft = await a_draft(backend, a_line(100))
    written = []

    def note(_, __, statement, *___):
        if statement.startswith("INSERT INTO ledger_"):
            written.append(statement.split()[2])

    engine = backend.database.writer.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await invoices.finalize(backend, petra, draft.id)
    event.remove(engine, "before_cursor_execute", note)
    assert written == ["ledger_entries", "ledger_postings"]
