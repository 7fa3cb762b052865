"""A yearly subscription becomes a monthly one and is billed; killed anywhere, it changed once and costs its days."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import billing, subscriptions
from tasks import timetravel
from tests.databases import create_schema, sqlite_url
from tests.factories import NORTHWIND, ada, alice, petra
from tests.factories.ports import MemoryVault
from tests.factories.subscriptions import market, subscribed

from .invariants import RULES as BILLING_RULES
from .world import BEGUN, open_world

USED: Final = timedelta(days=22)
NET: Final = 24_000 - 22_553 + 1000  # 343 of 365 days of 240.00 go back, and a month is 10.00
RULES: Final = {
    rule: BILLING_RULES[rule]
    for rule in (
        "one charge per subject, kind and period",
        "every charge with an amount is exactly one line of its invoice",
        "numbers are without gaps and unique",
        "the series counted what is there",
        "every seal stands on the one before it",
        "lines and tax make the total",
        "no invoice is left a draft",
        "what is settled is what was recorded",
        "no run is left open",
        "no fact waits for a reaction",
    )
} | {
    "it changed once": """
        SELECT 'subscriptions' WHERE (SELECT COUNT(*) FROM subscriptions s JOIN plans p ON p.id = s.plan_id
          WHERE p.slug = 'pro' AND s.status = 'active' AND s.pending_plan_id IS NULL) <> 1
        UNION ALL SELECT 'told' WHERE (SELECT COUNT(*) FROM event_outbox
          WHERE kind = 'source' AND event_type = 'subscription.changed') <> 1""",
    "its periods meet": """
        SELECT a.id FROM subscription_periods a WHERE (SELECT COUNT(*) FROM subscription_periods b
          WHERE b.subscription_id = a.subscription_id AND b.id <> a.id
          AND b.period_start < a.period_end AND b.period_end > a.period_start) > 0
        UNION ALL SELECT 'periods' WHERE (SELECT COUNT(*) FROM subscription_periods) <> 2""",
    "it costs its days": f"""
        SELECT 'documents' WHERE (SELECT SUM(subtotal_cents) FROM invoices WHERE number IS NOT NULL) <> {NET}""",
    "nothing is set aside": "SELECT id FROM billing_quarantine WHERE resolved_at IS NULL",
}  # fmt: skip


async def sell(folder: Path, vault: MemoryVault) -> None:
    """Acme has paid for a year that began 22 days ago."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, clock = open_world(folder, BEGUN - USED, vault)
    await market(backend, proration="day")
    await subscribed(backend, "scaidrive.year")
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    await billing.apply(backend, petra, run.id, str(run.plan_hash))
    await timetravel.settle(backend)
    await backend.database.dispose()


async def change(backend: Backend, clock: FrozenClock) -> None:
    """Change the interval unless the dead had done it, then bill what is due."""
    (subscription,) = (await backend.ask(ada, subscriptions.page, PageRequest())).items
    if subscription.plan_key != "scaidrive.pro":
        await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.pro")
    await timetravel.settle(backend)
    await billing.generate(backend)
    await timetravel.settle(backend)
    if clock.now() > BEGUN:  # every lease of the dead runs out, and the timetable does the rest
        await timetravel.live(backend, clock, BEGUN + timedelta(hours=3), step=timedelta(minutes=40))


def broken_change(folder: Path) -> list[str]:
    """Name every rule about the change that does not hold."""
    with closing(sqlite3.connect(folder / "world.db")) as database:
        return [f"{rule}: {rows[:3]}" for rule, query in RULES.items() if (rows := database.execute(query).fetchall())]
