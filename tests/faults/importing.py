"""A bank statement of two invoices, one payment too large and one unknown; killed anywhere, each is booked once."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import bank_statements, invoices
from tests.databases import create_schema, sqlite_url
from tests.factories import petra
from tests.factories.bank_statements import Statement, camt053, paying
from tests.factories.invoices import a_line, sent
from tests.factories.ports import MemoryVault
from tests.factories.subscriptions import market

from .world import BEGUN, open_world

RULES = {
    "there is one statement with its four lines": """
        SELECT COUNT(*) FROM bank_statements HAVING COUNT(*) <> 1 UNION ALL
        SELECT COUNT(*) FROM bank_lines HAVING COUNT(*) <> 4""",
    "what names its invoice is booked, the rest waits": """
        SELECT id, status FROM bank_lines WHERE status <> CASE WHEN position <= 2 THEN 'booked' ELSE 'waiting' END""",
    "each invoice is paid once": """
        SELECT invoice_id FROM invoice_settlements GROUP BY invoice_id HAVING COUNT(*) <> 1
        UNION ALL SELECT id FROM invoices WHERE status <> 'paid' OR amount_due_cents <> 0""",
    "what was booked is what came": """
        SELECT 'bookings' WHERE (SELECT SUM(amount_cents) FROM bank_line_bookings) <> 3630
        OR (SELECT COUNT(*) FROM bank_line_bookings) <> 2""",
    "each step was told once": """
        SELECT event_type, COUNT(*) FROM event_outbox WHERE event_type IN
        ('bank_statement.imported', 'bank_line.booked', 'bank_line.set_aside', 'invoice.paid') AND kind = 'source'
        GROUP BY event_type HAVING COUNT(*) <> CASE event_type WHEN 'bank_statement.imported' THEN 1 ELSE 2 END""",
}


async def owe_by_transfer(folder: Path, vault: MemoryVault) -> None:
    """Acme owes twelve euro ten and twenty-four euro twenty."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(days=5), vault)
    await market(backend)
    for cents in (1000, 2000):
        await sent(backend, a_line(cents))
    await backend.database.dispose()


async def bring_statement(backend: Backend, clock: FrozenClock) -> None:
    """Import what the bank says; whoever recovers imports the same file again."""
    page = await backend.ask(petra, invoices.page, PageRequest(sort="number"))
    one, two = (str(each.number) for each in page.items)
    entries = [paying(1210, one, ref="A1"), paying(2420, two), paying(9900, two, ref="A3"), paying(700, "thank you")]
    await bank_statements.import_statements(backend, petra, camt053(Statement(entries)))


def broken_import(folder: Path) -> list[str]:
    """Name every rule that does not hold."""
    with closing(sqlite3.connect(folder / "world.db")) as database:
        return [f"{rule}: {rows[:3]}" for rule, query in RULES.items() if (rows := database.execute(query).fetchall())]
