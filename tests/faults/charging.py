"""Two cards are charged, one answer is lost; killed anywhere, each invoice is paid once and the bank took it once."""

import json
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Conflict
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.invoices.models import Invoice
from tasks import timetravel
from tests.databases import create_schema, sqlite_url
from tests.factories import ada, alice
from tests.factories.invoices import a_line, sent
from tests.factories.payments import store_card
from tests.factories.ports import MemoryVault
from tests.factories.subscriptions import market

from .world import BEGUN, open_world

RULES = {
    "each invoice is paid once": """
        SELECT i.id FROM invoices i LEFT JOIN invoice_settlements s ON s.invoice_id = i.id
        GROUP BY i.id HAVING COUNT(s.id) <> 1 OR SUM(s.amount_cents) <> MAX(i.total_cents)
            OR MAX(i.amount_due_cents) <> 0 OR MAX(i.status) <> 'paid'""",
    "each payment came once and is open no longer": """
        SELECT id FROM payments WHERE status <> 'succeeded' OR received_cents <> amount_cents OR unapplied_cents <> 0
            OR open_key IS NOT NULL
        UNION ALL SELECT 'payments' WHERE (SELECT COUNT(*) FROM payments) <> 2""",
    "the ledger says the same": """
        SELECT account, SUM(amount_cents) FROM ledger_postings
        WHERE account IN ('receivables', 'clearing:sandbox') GROUP BY account
        HAVING SUM(amount_cents) <> CASE account WHEN 'receivables' THEN 0
            ELSE (SELECT SUM(received_cents) FROM payments) END""",
    "each step was told once": """
        SELECT topic FROM (SELECT 'payment.succeeded' AS topic UNION SELECT 'invoice.paid')
        WHERE (SELECT COUNT(*) FROM event_outbox WHERE kind = 'source' AND event_type = topic) <> 2""",
    "no fact waits for a reaction": "SELECT id FROM event_outbox WHERE next_reaction_at IS NOT NULL",
}


async def owe_by_card(folder: Path, vault: MemoryVault) -> None:
    """Acme has a card and two invoices; the answer about the second, which ends in 03, will be lost."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(hours=1), vault)
    await market(backend, payment_providers=["sandbox"])
    await store_card(backend)
    totals = [(await sent(backend, a_line(cents))).total_cents for cents in (1000, 829)]
    assert totals == [1210, 1003]
    await timetravel.settle(backend)
    await backend.database.dispose()


async def charge(backend: Backend, clock: FrozenClock) -> None:
    """Pay what is owed, and let the clock's job settle what is not known, now and when leases have run out."""
    for invoice_id in await backend.ask(ada, _owed):
        with suppress(Conflict):  # the payment that the dead began is asked about by the job
            await payments.pay(backend, alice, invoice_id)
    for _ in range(3):
        await payments.charge_due(backend)
        clock.advance(timedelta(minutes=11))
    await timetravel.settle(backend)


async def _owed(uow: UnitOfWork) -> list[str]:
    query = select(Invoice.id).where(Invoice.amount_due_cents > 0).order_by(Invoice.created_at, Invoice.id)
    return list(await uow.session.scalars(query))


def broken_charges(folder: Path) -> list[str]:
    """Name every rule that does not hold, and what the bank took against what we booked."""
    with closing(sqlite3.connect(folder / "world.db")) as database:
        found = [f"{rule}: {rows[:3]}" for rule, query in RULES.items() if (rows := database.execute(query).fetchall())]
        booked = sorted(row[0] for row in database.execute("SELECT received_cents FROM payments"))
    bank = json.loads((folder / "sandbox.json").read_text())["payments"].values()
    taken = sorted(each["amount_cents"] for each in bank if each["status"] == "succeeded")
    return found if taken == booked else [*found, f"the bank took {taken}, booked are {booked}"]
