"""A payment that fails, comes after all, and is lost to a dispute; killed anywhere, its books end as the bank's."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.services import payments
from tasks import timetravel
from tests.databases import create_schema, sqlite_url
from tests.factories import alice
from tests.factories.invoices import a_line, sent
from tests.factories.payments import store_card
from tests.factories.ports import MemoryVault
from tests.factories.subscriptions import market

from .world import BEGUN, open_world

RULES = {
    "what came and was lost is what the payment says": """
        SELECT id FROM payments WHERE status <> 'reversed' OR received_cents <> amount_cents
        OR lost_cents <> amount_cents OR disputed_cents <> 0 OR unapplied_cents <> 0 OR open_key IS NOT NULL""",
    "it was booked once and unbooked once": """
        SELECT invoice_id FROM invoice_settlements GROUP BY invoice_id
        HAVING COUNT(*) <> 2 OR SUM(amount_cents) <> 0 OR SUM(unapplied_cents) <> 0 OR MAX(amount_cents) <> 1002
        UNION ALL SELECT 'settlements' WHERE NOT EXISTS (SELECT 1 FROM invoice_settlements)""",
    "the invoice is owed again": """
        SELECT id FROM invoices
        WHERE status <> 'past_due' OR amount_due_cents <> total_cents OR amount_paid_cents <> 0""",
    "there is one dispute, and it is lost": """
        SELECT id FROM disputes WHERE status <> 'lost' OR lost_cents <> 1002 OR withheld_cents <> 0
        UNION ALL SELECT 'disputes' WHERE (SELECT COUNT(*) FROM disputes) <> 1""",
    "what was withheld was released, and the fee stays": """
        SELECT kind FROM dispute_movements GROUP BY kind
        HAVING SUM(amount_cents) <> CASE kind WHEN 'withheld' THEN 0 ELSE 1500 END""",
    "each step was told once": """
        SELECT topic FROM (SELECT 'payment.failed' AS topic UNION SELECT 'payment.succeeded' UNION SELECT 'invoice.paid'
          UNION SELECT 'payment.disputed' UNION SELECT 'dispute.opened' UNION SELECT 'dispute.lost'
          UNION SELECT 'invoice.reopened') WHERE (SELECT COUNT(*) FROM event_outbox
            WHERE kind = 'source' AND event_type = topic) <> 1""",
    "it is pursued": "SELECT invoice_id FROM dunnings WHERE ended_at IS NOT NULL OR pursuit <> 2",
    "no fact waits for a reaction": "SELECT id FROM event_outbox WHERE next_reaction_at IS NOT NULL",
}


async def owe(folder: Path, vault: MemoryVault) -> None:
    """Acme is asked for 10.02 and has yet to approve."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(hours=1), vault)
    await market(backend, payment_providers=["sandbox"])
    await store_card(backend)
    invoice = await sent(backend, a_line(828))
    assert invoice.total_cents == 1002
    await payments.pay(backend, alice, invoice.id)
    await timetravel.settle(backend)
    await backend.database.dispose()


async def decide(backend: Backend, clock: FrozenClock) -> None:
    """Go on from where the bank stands: decline, approve after all, ask back, decide for the payer."""
    provider = backend.ports.payment_providers["sandbox"]
    assert isinstance(provider, Sandbox)
    payment_id = provider.payments()[0]["id"]
    for status, approved in (("requires_action", False), ("failed", True)):
        if provider.payment(payment_id)["status"] == status:
            provider.complete(payment_id, approved=approved)
        await _hear(backend, provider)
    if not provider.disputes():
        provider.dispute(payment_id)
    await _hear(backend, provider)
    for dispute in provider.disputes():
        if dispute["status"] == "opened":
            provider.close_dispute(dispute["id"], "lost")
    await _hear(backend, provider)


async def _hear(backend: Backend, provider: Sandbox) -> None:
    for event_id, body, headers in provider.due_events():
        await payments.receive(backend, "sandbox", headers, body)
        provider.mark_sent(event_id)
    await payments.process_inbound(backend)
    await timetravel.settle(backend)


def broken_money(folder: Path) -> list[str]:
    """Name every rule about what came and went that does not hold."""
    with closing(sqlite3.connect(folder / "world.db")) as database:
        return [f"{rule}: {rows[:3]}" for rule, query in RULES.items() if (rows := database.execute(query).fetchall())]
