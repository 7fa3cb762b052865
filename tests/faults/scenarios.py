"""
What is killed at every step, and what must hold after the recovery.

Run as a program it makes the world of a scenario once, then forks a child for each crash point; the child kills itself
there (SIGKILL), a second child recovers, and the parent checks what an auditor would. One JSON line per crash point.

    python -m tests.faults.scenarios billing /tmp/somewhere              (every crash point)
    python -m tests.faults.scenarios billing /tmp/somewhere 5 20260201   (five of them, chosen by the seed)

The first line is of the run nobody disturbs, at point 0; its steps are the crash points.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import (
    accounting,
    billing,
    credits,
    documents,
    invariants,
    invoices,
    payments,
    statements,
    webhooks,
)
from scaicontrol.services.accounting.schemas import IntegrationPut
from scaicontrol.services.credits.schemas import CreditFilter, KeepIn
from scaicontrol.services.einvoices import rule_sets
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CreditIn
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from scaicontrol.services.webhooks.schemas import WebhookEndpointIn
from tasks import schedule, timetravel
from tests.databases import create_schema, keep_statements, sqlite_url
from tests.factories import ACME, ada, alice, gina, petra
from tests.factories.accounting import MAPPING, an_integration
from tests.factories.credits import credited, open_credits, transferred
from tests.factories.invoices import a_draft, a_line, finalized
from tests.factories.payments import store_card
from tests.factories.ports import MemoryVault
from tests.factories.subscriptions import market, subscribed

from .asked_back import broken_money, decide, owe
from .changing import broken_change, change, sell
from .charging import broken_charges, charge, owe_by_card
from .importing import bring_statement, broken_import, owe_by_transfer
from .invariants import broken, broken_books, broken_credits, broken_documents
from .prepaying import broken_wallets, draft_two, prepay
from .world import STEPS, open_world

BEGUN = datetime(2026, 2, 1, 9, tzinfo=UTC)  # Northwind's invoice day, the hour has come
HOOKS = "https://crm.example.com/hooks"
LONG_AFTER = datetime(2200, 1, 1, tzinfo=UTC)  # every file is older than a week, whatever the machine's clock says
_WORKER = Actor.system("document_render")


async def make(folder: Path, vault: MemoryVault) -> None:
    """Acme and Globex owe a month; a subscriber listens to everything; what was told so far is settled."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(days=5), vault)
    await market(backend, payment_providers=["sandbox"])
    for actor, number in ((alice, "1"), (gina, "2")):
        await store_card(backend, number, by=actor)
        await subscribed(backend, actor=actor, quantity=2)
    await webhooks.create(backend, ada, WebhookEndpointIn(name="CRM", target_url=HOOKS, topics=["*"]))

    async def settle(uow: Any) -> None:
        await uow.session.execute(update(Outbox).values(next_reaction_at=None))

    await backend.perform(ada, settle)
    await backend.database.dispose()


async def bill(backend: Backend, clock: FrozenClock) -> None:
    """The billing run and all that follows from it: files, mails, payments, webhooks."""
    await billing.generate(backend)
    await timetravel.settle(backend)


async def dispatch(backend: Backend, clock: FrozenClock) -> None:
    """Only what waits to be delivered: the facts of subscribing."""
    await webhooks.relay(backend)
    await webhooks.dispatch(backend)


async def draw_up(folder: Path, vault: MemoryVault) -> None:
    """Two good drafts for Acme and one whose gate is shut."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(days=5), vault)
    await market(backend)
    for lines in ([a_line(1000), a_line(333)], [a_line(7)], [a_line(500, tax_category="K")]):
        await a_draft(backend, *lines)
    await backend.database.dispose()


async def number(backend: Backend, clock: FrozenClock) -> None:
    """Finalize what can be, credit it in part and in full, and make all files."""
    for invoice in await backend.ask(ada, _of, DocumentType.invoice):
        await _finalize(backend, invoice)
    for invoice in await backend.ask(ada, _of, DocumentType.invoice):
        for part in (5, None) if invoice.is_sealed else ():
            await _credit(backend, invoice, CreditIn(reason="Goodwill", amount_cents=part))
    while await documents.render_due(backend, _WORKER):
        pass
    if clock.now() > BEGUN:
        clock.set(LONG_AFTER)
        await schedule.orphan_sweep(backend)


async def keep_books(folder: Path, vault: MemoryVault) -> None:
    """Two sealed invoices of Acme that have long been due, and books that want them."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(days=60), vault)
    await market(backend)
    await an_integration(backend)
    for cents in (1000, 333):
        await finalized(backend, a_line(cents))
    while await documents.render_due(backend, _WORKER):
        pass
    await backend.database.dispose()


async def book(backend: Backend, clock: FrozenClock) -> None:
    """Remind of every invoice, state the account and export all to the books, then let the sweep come by much later."""
    recovers = clock.now() > BEGUN
    if recovers:  # the books were arranged anew meanwhile: the same documents make another file
        (books,) = await backend.ask(petra, accounting.listing)
        mapping = MAPPING.model_copy(update={"debtor_account": "1400"})
        body = IntegrationPut(provider=books.provider, name=books.name, mapping=mapping, version=books.version)
        await accounting.update(backend, petra, books.id, body)
    for invoice in await backend.ask(ada, _of, DocumentType.invoice):
        await statements.make_reminder(backend, petra, invoice.id, 1)
    await statements.statement_pdf(backend, alice, ACME, BEGUN.date() - timedelta(days=90), BEGUN.date())
    await accounting.sync_due(backend)
    if recovers:
        clock.set(LONG_AFTER)
        await schedule.orphan_sweep(backend)


async def owe_back(folder: Path, vault: MemoryVault) -> None:
    """61.00 by card with a note of 12.10; 12.10 by a transfer of 13.10; a draft that will take what is left of that."""
    await create_schema(sqlite_url(folder / "world.db"))
    backend, _ = open_world(folder, BEGUN - timedelta(days=5), vault)
    await market(backend, payment_providers=["sandbox"])
    await store_card(backend)
    by_card = await finalized(backend, a_line(5041))
    await payments.pay(backend, petra, by_card.id)
    await credited(backend, by_card, 1210)
    for credit in await open_credits(backend):
        await backend.perform(petra, credits.keep, credit.id, KeepIn(is_kept=True, reason="To be refunded"))
    await transferred(backend, await finalized(backend, a_line(1000)), 1310)
    await a_draft(backend, a_line(333))
    await backend.database.dispose()


async def give_back(backend: Backend, clock: FrozenClock) -> None:
    """Refund more than the note gives, pay a part of the overpayment back, and let an invoice take the rest."""
    by_card, by_transfer, owed = await backend.ask(ada, _of, DocumentType.invoice)
    (payment,) = await backend.ask(ada, payments.of_invoice, by_card.id)
    if not await backend.ask(ada, payments.refunds_of, payment.id):
        await payments.refund(backend, petra, by_card.id, 2000, "As agreed.")
    await payments.refund_due(backend)
    wanted = CreditFilter(invoice_id=by_transfer.id)
    (over,) = (await backend.ask(ada, credits.page, PageRequest(), wanted)).items
    if over.remaining_cents == over.amount_cents:
        body = PayBackIn(way=PayBackWay.transfer, amount_cents=60, reference="ABN 9")
        await payments.pay_back(backend, petra, over.id, body)
    await _finalize(backend, owed)


async def _credit(backend: Backend, invoice: Invoice, data: CreditIn) -> None:
    """Go on with the draft that the dead left; a part is given once, the rest until nothing is left."""
    notes = await backend.ask(ada, invoices.credit_notes_of, [invoice.id])
    for note in notes:
        await _finalize(backend, note)
    if not notes or (data.amount_cents is None and sum(note.total_cents for note in notes) > -invoice.total_cents):
        await _finalize(backend, await backend.perform(petra, invoices.draft_credit, invoice.id, data))


async def _finalize(backend: Backend, invoice: Invoice) -> None:
    if invoice.status == InvoiceStatus.draft:
        try:
            await invoices.finalize(backend, petra, invoice.id)
        except Refused as refusal:
            if not any(reason.code == "tax_category_mismatch" for reason in refusal.reasons):
                raise


async def _of(uow: Any, kind: DocumentType) -> list[Invoice]:
    query = invoices.visible(uow).where(Invoice.document_type == kind).order_by(Invoice.created_at, Invoice.id)
    return list(await uow.session.scalars(query))


@dataclass(frozen=True)
class Scenario:
    make: Callable[[Path, MemoryVault], Coroutine[Any, Any, None]]
    run: Callable[[Backend, FrozenClock], Awaitable[None]]
    broken: Callable[[Path], list[str]]
    by_statement: bool = False


SCENARIOS = {
    "asked back": Scenario(owe, decide, broken_money, by_statement=True),
    "bank": Scenario(owe_by_transfer, bring_statement, broken_import, by_statement=True),
    "billing": Scenario(make, bill, broken),
    "charges": Scenario(owe_by_card, charge, broken_charges, by_statement=True),
    "changes": Scenario(sell, change, broken_change, by_statement=True),
    "credits": Scenario(owe_back, give_back, broken_credits, by_statement=True),
    "books": Scenario(keep_books, book, broken_books, by_statement=True),
    "dispatcher": Scenario(make, dispatch, broken),
    "documents": Scenario(draw_up, number, broken_documents, by_statement=True),
    "wallets": Scenario(draft_two, prepay, broken_wallets, by_statement=True),
}


def _no_official_rules() -> tuple[rule_sets.RuleSet, ...]:
    """Each life would compile them anew; whether a document passes them is not what is killed here."""
    return ()


rule_sets.shipped = _no_official_rules  # type: ignore[assignment]  # the cached one stands in for the plain one


async def _live(scenario: Scenario, folder: Path, vault: MemoryVault, *, recovers: bool) -> None:
    at = BEGUN + timedelta(hours=1) if recovers else BEGUN
    backend, clock = open_world(folder, at, vault, by_statement=scenario.by_statement)
    if recovers and not scenario.by_statement:  # every lease of the dead has run out, and the timetable does the rest
        await timetravel.live(backend, clock, BEGUN + timedelta(hours=3), step=timedelta(minutes=40))
    await scenario.run(backend, clock)
    if recovers:
        told = await backend.ask(ada, invariants.check)
        (folder / "books").write_text("\n".join(f"{each.rule}: {each.broken[:3]}" for each in told if not each.holds))
    await backend.database.dispose()


async def _warm(scenario: Scenario, pristine: Path, folder: Path, vault: MemoryVault) -> None:
    """Live once in this process: every child begins with the statements that it compiled."""
    shutil.copytree(pristine, folder)
    await keep_statements(sqlite_url(folder / "world.db"))
    await _live(scenario, folder, vault, recovers=False)


def _child(scenario: Scenario, folder: Path, vault: MemoryVault, dies_at: int, *, recovers: bool) -> int:
    """Run one life in a process of its own; give its exit status."""
    pid = os.fork()
    if pid == 0:
        STEPS.names, STEPS.dies_at = [], dies_at
        try:
            asyncio.run(_live(scenario, folder, vault, recovers=recovers))
        except BaseException:  # noqa: BLE001  # a forked child must end here, whatever happened
            traceback.print_exc()
            os._exit(1)
        if not dies_at:
            (folder / "steps").write_text(json.dumps(STEPS.names))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(scenario: Scenario, root: Path, count: int | None, seed: int) -> None:
    pristine, vault = root / "pristine", MemoryVault()
    pristine.mkdir(parents=True)
    asyncio.run(scenario.make(pristine, vault))
    asyncio.run(_warm(scenario, pristine, root / "warm", deepcopy(vault)))
    steps = _life(scenario, root, vault, 0)
    points = range(1, steps + 1)
    for point in points if count is None else sorted(random.Random(seed).sample(points, count)):
        _life(scenario, root, vault, point)


def _life(scenario: Scenario, root: Path, vault: MemoryVault, point: int) -> int:
    """Live, die at `point`, recover and be looked at; give the number of steps where nobody died."""
    folder = root / f"point-{point}"
    shutil.copytree(root / "pristine", folder)
    first = _child(scenario, folder, vault, point, recovers=False)
    steps = json.loads((folder / "steps").read_text()) if (folder / "steps").exists() else []
    second = _child(scenario, folder, vault, 0, recovers=True)
    faults = [] if second == 0 else [f"The recovery ended with {second}."]
    faults += (folder / "books").read_text().splitlines() if second == 0 else []
    faults += scenario.broken(folder)
    print(json.dumps({"point": point, "exit": first, "steps": steps, "faults": faults}), flush=True)
    if not faults:
        shutil.rmtree(folder)
    return len(steps)


if __name__ == "__main__":
    chosen = [int(each) for each in sys.argv[3:]]
    main(SCENARIOS[sys.argv[1]], Path(sys.argv[2]), *(chosen or (None, 0)))
