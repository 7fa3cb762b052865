"""Money is paid in, given, taken, put back, paid back and ended; killed anywhere, each of it happened once."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, wallets
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CreditIn
from scaicontrol.services.wallets.models import LotSource, WalletLot
from scaicontrol.services.wallets.schemas import WalletRefundIn
from tasks import timetravel
from tests.databases import create_schema, sqlite_url
from tests.factories import petra
from tests.factories.invoices import a_draft, a_line
from tests.factories.ports import MemoryVault
from tests.factories.subscriptions import market
from tests.factories.wallets import given, paid_in

from .world import BEGUN, open_world

# Of 20.00 paid in and 5.00 given, 12.10 and 10.03 are taken; a note over the first puts 5.00 back.
RULES = {
    "each invoice is paid": """
        SELECT id FROM invoices WHERE document_type = 'invoice' AND (amount_due_cents <> 0 OR status <> 'paid')""",
    "there are two lots, with nothing left": """
        SELECT id FROM wallet_lots WHERE remaining_cents <> 0
        UNION ALL SELECT 'lots' WHERE (SELECT COUNT(*) FROM wallet_lots) <> 2""",
    "every use happened once": """
        SELECT kind, COUNT(*), SUM(amount_cents) FROM wallet_uses GROUP BY kind
        EXCEPT SELECT * FROM (
            VALUES ('applied', 3, 2213), ('restored', 1, -500), ('refunded', 1, 287), ('expired', 1, 500))
        UNION ALL SELECT 'kinds', COUNT(DISTINCT kind), 0 FROM wallet_uses HAVING COUNT(DISTINCT kind) <> 4""",
    "the ledger says the same": """
        SELECT account, SUM(amount_cents) FROM ledger_postings
        WHERE account IN ('wallet', 'promotions', 'receivables', 'bank') GROUP BY account
        HAVING SUM(amount_cents) <> CASE account WHEN 'bank' THEN 2000 - 287 ELSE 0 END""",
    "each step was told once": """
        SELECT event_type, COUNT(*) FROM event_outbox WHERE kind = 'source' AND event_type LIKE 'wallet.%'
        GROUP BY event_type HAVING COUNT(*) <> CASE event_type WHEN 'wallet.applied' THEN 3 ELSE 1 END""",
    "no fact waits for a reaction": "SELECT id FROM event_outbox WHERE next_reaction_at IS NOT NULL",
}


async def draft_two(folder: Path, vault: MemoryVault) -> None:
    """Acme has two drafts, of 12.10 and 10.03."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(hours=1), vault)
    await market(backend)
    for cents in (1000, 829):
        await a_draft(backend, a_line(cents))
    await backend.database.dispose()


async def prepay(backend: Backend, clock: FrozenClock) -> None:
    """Go on from what is there: fill the wallet, let both invoices take it, credit one, pay back and end the rest."""
    there = {lot.source for lot in await _lots(backend)}
    if LotSource.transfer not in there:
        await paid_in(backend, 2000)
    if LotSource.promotion not in there:
        await given(backend, 500, days=30)
    first, _ = drafts = await backend.ask(petra, _invoices)
    for draft in drafts:
        await _finalize(backend, draft)
    notes = await backend.ask(petra, invoices.credit_notes_of, [first.id])
    for note in notes:
        await _finalize(backend, note)
    if not notes:
        await invoices.credit(backend, petra, first.id, CreditIn(reason="Not delivered", finalize=True))
    for lot in await _lots(backend):
        if lot.is_paid and lot.remaining_cents:
            await backend.perform(petra, wallets.refund, lot.id, WalletRefundIn(reference="ABN 9"))
    clock.advance(timedelta(days=31))
    await backend.perform(Actor.system("wallet_expiry"), wallets.expire_due)
    await timetravel.settle(backend)


async def _finalize(backend: Backend, document: Invoice) -> None:
    if document.status == InvoiceStatus.draft:
        await invoices.finalize(backend, petra, document.id)


async def _lots(backend: Backend) -> Sequence[WalletLot]:
    return (await backend.ask(petra, wallets.page, PageRequest())).items


async def _invoices(uow: UnitOfWork) -> Sequence[Invoice]:
    query = invoices.visible(uow).where(Invoice.document_type == DocumentType.invoice)
    return (await uow.session.scalars(query.order_by(Invoice.created_at, Invoice.id))).all()


def broken_wallets(folder: Path) -> list[str]:
    """Name every rule that does not hold."""
    with closing(sqlite3.connect(folder / "world.db")) as database:
        return [f"{rule}: {rows[:3]}" for rule, query in RULES.items() if (rows := database.execute(query).fetchall())]
