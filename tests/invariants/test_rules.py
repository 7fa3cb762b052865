"""What must hold of the books is asked of the rows: it holds after every verb, and each rule finds what breaks it."""

import json
import sqlite3
from contextlib import closing

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from admin_views import site
from admin_views.site import install_console
from scaicontrol.services import invariants, payments
from scaicontrol.services.invariants import RULES
from tasks import schedule
from tests.factories import ada, alice, petra, sam
from tests.factories.bank_statements import imported, paying
from tests.factories.credits import credited, transferred
from tests.factories.invoices import a_draft, a_line, sent
from tests.factories.payments import faulty_sandbox, store_card
from tests.factories.subscriptions import market
from tests.factories.wallets import given, paid_in
from tests.surfaces.console_browser import URL, console_cookie, said

PAID = "(SELECT invoice_id FROM payments WHERE refunded_cents > 0)"
# What a hand in the database does, by the rule that finds it.
BREAKS = {
    "The total of a document is its net amount and its VAT": (
        f"UPDATE invoices SET total_cents = total_cents + 1 WHERE id = {PAID}"
    ),
    "The lines of a document make its net amount": (
        f"UPDATE invoice_line_items SET amount_cents = amount_cents - 1 WHERE invoice_id = {PAID}"
    ),
    "The lines of a document make its VAT": (
        f"UPDATE invoice_line_items SET tax_cents = tax_cents + 1 WHERE invoice_id = {PAID}"
    ),
    "What a document says is paid was recorded": "DELETE FROM invoice_settlements WHERE kind = 'payment'",
    "What a document says is credited was recorded": "DELETE FROM invoice_settlements WHERE kind = 'credit_note'",
    "What a document says came from the balance was recorded": "UPDATE invoices SET amount_applied_cents = 1",
    "A document owes its total less what was paid and credited": (
        f"UPDATE invoices SET amount_due_cents = 1 WHERE id = {PAID}"
    ),
    "A document is paid when nothing is due, and only then": (
        f"UPDATE invoices SET status = 'finalized' WHERE id = {PAID}"
    ),
    "No invoice is overpaid, and no credit note gives more than it says": (
        f"UPDATE invoices SET amount_due_cents = -1 WHERE id = {PAID}"
    ),
    "The numbers of a series have no gaps, and none is there twice": (
        f"UPDATE invoices SET serial = 77 WHERE id = {PAID}"
    ),
    "A series has drawn as many numbers as there are documents": (
        "UPDATE invoice_sequence SET next_number = next_number + 1"
    ),
    "Every seal stands on the one before it": "UPDATE invoices SET canonical_digest = 'x' WHERE serial = 1",
    "What is charged stands on one line": (
        "UPDATE invoice_line_items SET billing_charge_id = 'bch_1' WHERE credited_line_id IS NULL"
    ),
    "What a payment says went back by refunds did": "UPDATE payments SET refunded_cents = refunded_cents + 1",
    "What a payment promises to refunds is what waits": "UPDATE payments SET promised_cents = promised_cents + 1",
    "No payment gives back more than came": "UPDATE payments SET received_cents = 1",
    "What a payment holds is booked on its invoice": "UPDATE payments SET lost_cents = 1",
    "What a bank line brought is what it booked": "UPDATE bank_lines SET amount_cents = amount_cents + 1",
    "What a credit has left is its amount less its uses": "UPDATE credits SET remaining_cents = 0",
    "What a wallet lot has left is its amount less its uses": ("UPDATE wallet_lots SET remaining_cents = 1"),
    "What invoices took of wallets is what their uses say": "DELETE FROM invoice_settlements WHERE kind = 'wallet'",
    "What documents leave open is what credits and receivables hold": "DELETE FROM credits",
    "Every entry of the ledger sums to nothing": (
        "UPDATE ledger_postings SET amount_cents = 1 WHERE account = 'revenue'"
    ),
    "What moved is in the ledger": "DELETE FROM ledger_entries WHERE source_type = 'settlement'",
    "Receivables of the ledger are what invoices have open": (
        "UPDATE ledger_postings SET account = 'receivables' WHERE account = 'bank'"
    ),
    "Revenue of the ledger is the net amount of documents": (
        "UPDATE ledger_postings SET account = 'revenue' WHERE account = 'vat_payable'"
    ),
    "VAT of the ledger is the VAT of documents": "DELETE FROM ledger_postings WHERE account = 'vat_payable'",
    "Credit balances of the ledger are what credits have left": (
        "UPDATE ledger_postings SET account = 'credit_balances' WHERE account = 'refunds'"
    ),
    "Refunds of the ledger are what waits to go back": "DELETE FROM refunds WHERE status <> 'succeeded'",
    "Other receivables of the ledger are what is owed beside documents": (
        "UPDATE ledger_postings SET account = 'other_receivables' WHERE account = 'bank'"
    ),
    "Clearing of the ledger is what payments hold with their providers": (
        "UPDATE ledger_postings SET account = 'clearing:mollie' WHERE account = 'clearing:sandbox'"
    ),
    "Disputes and fees of the ledger are what providers keep": (
        "UPDATE ledger_postings SET account = 'fees' WHERE account = 'bank'"
    ),
    "Write-offs of the ledger are the losses of documents": (
        "UPDATE ledger_postings SET account = 'write_offs' WHERE account = 'bank'"
    ),
    "The wallet of the ledger is what lots have left": (
        "UPDATE ledger_postings SET account = 'wallet' WHERE account = 'bank'"
    ),
    "Promotions of the ledger are what was given and did not expire": (
        "UPDATE ledger_postings SET account = 'promotions' WHERE account = 'bank'"
    ),
    "Nothing is left between documents": (
        "DELETE FROM ledger_postings WHERE account = 'transfers' AND amount_cents > 0"
    ),
}


@pytest_asyncio.fixture
async def books(backend):
    """
    A paid invoice of which a part went back and a part waits to, one that is credited, a draft.

    One more was paid through a bank, and one from a wallet.
    """
    await market(backend, payment_providers=["sandbox"])
    provider = faulty_sandbox(backend)
    await store_card(backend)
    invoice = await sent(backend, a_line(5000))
    await payments.pay(backend, alice, invoice.id)
    await payments.refund(backend, petra, invoice.id, 1200, "As agreed.")
    provider.is_down = True
    await payments.refund(backend, petra, invoice.id, 300, "As agreed.")
    await imported(backend, paying(121, str((await sent(backend, a_line(100))).number)))
    await given(backend, 100)
    await paid_in(backend, 21)
    await sent(backend, a_line(100))
    other = await sent(backend, a_line(2000))
    await transferred(backend, other, 1000)
    await credited(backend, other)
    await a_draft(backend)
    return backend


async def broken(backend, actor=ada):
    return {each.rule for each in await backend.ask(actor, invariants.check) if not each.holds}


async def test_the_books_hold(books):
    told = await books.ask(ada, invariants.check)
    assert [(each.rule, each.broken) for each in told] == [(rule.name, []) for rule in RULES]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_each_rule_finds_what_breaks_it_and_tells_nobody_elses(books, database_url):
    assert set(BREAKS) == {rule.name for rule in RULES}
    path = database_url.partition(":///")[2]
    with closing(sqlite3.connect(path)) as hand, closing(sqlite3.connect(":memory:")) as kept:
        for (name,) in hand.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            hand.execute(f"DROP TRIGGER {name}")
        hand.execute(
            "INSERT INTO billing_charges (id, tenant_id, partner_id, subject_id, charge_kind, period_start, period_end,"
            " amount_cents, currency, derivation, created_at, updated_at) SELECT 'bch_1', tenant_id, partner_id, 'x',"
            " 'base', created_at, created_at, 1, 'EUR', '{}', created_at, created_at FROM payments LIMIT 1"
        )
        hand.commit()
        assert await broken(books) == set()
        hand.backup(kept)
        for rule, statement in BREAKS.items():
            hand.execute(statement)
            hand.commit()
            assert rule in await broken(books), statement
            assert rule in await broken(books, petra), statement
            assert await broken(books, sam) == set(), "Southbay is told of Northwind's books"
            kept.backup(hand)
        assert await broken(books) == set()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_job_console_and_command_line_tell_what_is_broken(books, database_url, command_line):
    rule = "What a payment promises to refunds is what waits"
    assert await schedule.invariant_check(books) == f"{len(RULES)} rules hold"
    assert (await command_line("admin", "invariants")).exit_code == 0
    with closing(sqlite3.connect(database_url.partition(":///")[2])) as hand:
        hand.execute(BREAKS[rule])
        hand.commit()
    with pytest.raises(invariants.RuleBroken, match=f"^{rule}: not so of pay_"):
        await schedule.invariant_check(books)
    typed = await command_line("admin", "invariants", "--json")
    assert typed.exit_code == 1
    broken_ = {each["rule"]: each["broken"] for each in json.loads(typed.stdout) if not each["holds"]}
    ((_, (row,)),) = broken_.items()
    assert (list(broken_), row["says"], row["counted"]) == ([rule], 301, 300)
    app = FastAPI()
    app.state.backend = books
    install_console(app)
    cookies = {site.CONSOLE_COOKIE: await console_cookie(books, "ada")}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL, cookies=cookies) as client:
        page = said(await client.get("/admin/invariants"))
    assert f"{rule} no {row['id']} says 301, counted are 300" in page
