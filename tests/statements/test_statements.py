"""Statements and reminders: the account adds up, and its papers are kept with their digest."""

import asyncio
from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from scaicontrol.core.errors import Forbidden, Invalid, NotFound, Refused
from scaicontrol.services import invoices, statements
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.schemas import CreditIn, MarkPaidIn
from scaicontrol.services.statements import balances
from scaicontrol.services.statements.balances import Billed, Moved
from scaicontrol.services.statements.models import AccountDocument
from tests.factories import ACME, alice, gina, petra
from tests.factories.invoices import a_line, again, sent

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


async def pay(backend, invoice, cents, at, reference="ABN 4711"):
    data = MarkPaidIn(amount_cents=cents, paid_at=at, reference=reference, method="transfer")
    await backend.perform(petra, invoices.mark_paid, invoice.id, data)


async def account(backend, by=petra, days=JANUARY, **said):
    return await backend.ask(by, statements.statement, ACME, *days, **said)


async def test_an_account_shows_what_was_billed_given_back_paid_and_is_open(backend, clock):
    first, second = await sent(backend, a_line(1000)), await sent(backend, a_line(500))
    note = await backend.perform(petra, invoices.draft_credit, second.id, CreditIn(amount_cents=605, reason="Goodwill"))
    note = await invoices.finalize(backend, petra, note.id)
    clock.advance(timedelta(days=2))
    await pay(backend, first, 210, clock.now())
    said = await account(backend, by=alice)
    assert [(entry.kind, entry.document, entry.debit_cents, entry.credit_cents) for entry in said.entries] == [
        ("invoice", first.number, 1210, None),
        ("invoice", second.number, 605, None),
        ("credit_note", note.number, None, 605),
        ("payment", first.number, None, 210),
    ]
    assert [entry.balance_cents for entry in said.entries] == [1210, 1815, 1210, 1000]
    assert (said.opening_cents, said.closing_cents, said.aging.days_1_30_cents) == (0, 1000, 1000)
    assert said.closing_cents == (await again(backend, first)).amount_due_cents


async def test_an_account_goes_on_where_the_one_before_ended(backend, clock):
    invoice = await sent(backend, a_line(1000))
    clock.advance(timedelta(days=40))
    await pay(backend, invoice, 700, clock.now())
    february = (date(2026, 2, 1), date(2026, 2, 28))
    before, after = await account(backend), await account(backend, days=february)
    assert (before.closing_cents, after.opening_cents, after.closing_cents) == (1210, 1210, 510)
    assert (after.aging.days_1_30_cents, before.aging.days_1_30_cents) == (510, 1210)


async def test_a_foreign_account_and_days_the_wrong_way_round_are_refused(backend):
    with pytest.raises(NotFound):
        await account(backend, by=gina)
    with pytest.raises(Invalid, match="at most three years"):
        await account(backend, days=(JANUARY[1], JANUARY[0]))


async def test_a_statement_is_kept_with_its_digest_and_the_same_one_once(backend):
    await sent(backend, a_line(1000))
    for _ in range(2):
        file = await statements.statement_pdf(backend, alice, ACME, *JANUARY)
    assert file.filename == "statement-2026-01-01-2026-01-31.pdf"
    (paper,) = await papers(backend)
    assert paper.sha256 == sha256(file.body).hexdigest() == sha256(await stored(backend, paper)).hexdigest()
    assert "€12.10" in file.body.decode()


async def test_two_who_ask_for_a_statement_at_once_keep_one_paper(backend):
    await sent(backend, a_line(1000))
    files = await asyncio.gather(*(statements.statement_pdf(backend, alice, ACME, *JANUARY) for _ in range(4)))
    assert len({file.body for file in files}) == len(await papers(backend)) == 1


async def papers(backend):
    return await backend.ask(petra, _papers)


async def _papers(uow):
    return list(await uow.session.scalars(select(AccountDocument)))


async def stored(backend, paper):
    return await backend.ports.objects.get(paper.storage_key)


async def test_a_reminder_of_an_overdue_invoice_is_made_and_mailed_once_per_level(backend, clock):
    invoice = await sent(backend, a_line(1000))
    clock.advance(timedelta(days=26))
    await pay(backend, invoice, 210, clock.now())
    first = await statements.remind(backend, petra, invoice.id)
    assert first.id == (await statements.remind(backend, petra, invoice.id, 1)).id
    second = await statements.remind(backend, petra, invoice.id)
    assert [(row.level, row.kind) for row in (first, second)] == [(1, "payment_reminder"), (2, "payment_reminder")]
    body = (await stored(backend, first)).decode()
    assert "€10.00" in body
    assert invoice.number in body
    assert [row.level for row in await backend.ask(petra, statements.reminders, invoice.id)] == [1, 2]


async def test_two_who_remind_at_once_make_one_paper(backend, clock):
    invoice = await sent(backend, a_line(1000))
    clock.advance(timedelta(days=20))
    papers = await asyncio.gather(*(statements.make_reminder(backend, petra, invoice.id, 1) for _ in range(3)))
    assert len({paper.id for paper in papers}) == 1


async def test_nothing_that_is_not_overdue_is_reminded_of(backend, clock):
    invoice = await sent(backend, a_line(1000))
    with pytest.raises(Refused, match="nothing of it is overdue"):
        await statements.make_reminder(backend, petra, invoice.id)
    clock.advance(timedelta(days=30))
    with pytest.raises(Forbidden):
        await statements.make_reminder(backend, alice, invoice.id)
    await pay(backend, invoice, 1210, clock.now())
    with pytest.raises(Refused):
        await statements.make_reminder(backend, petra, invoice.id)


days = st.integers(0, 200).map(lambda day: date(2026, 1, 1) + timedelta(days=day))


@given(st.lists(st.tuples(st.integers(-500, 2000), days, st.integers(0, 60)), max_size=8), st.data())
def test_the_closing_balance_is_what_all_documents_leave_open(documents, data):
    billed = [
        Billed(f"inv_{n}", f"N-{n}", DocumentType.invoice, total, issued, issued + timedelta(days=terms))
        for n, (total, issued, terms) in enumerate(documents)
    ]
    moved = [
        Moved(
            document.id,
            document.number,
            data.draw(st.integers(1, max(document.total_cents, 1))),
            data.draw(st.integers(-100, 100)),
            data.draw(days),
            False,
            None,
        )
        for document in billed
        if document.total_cents > 0 and data.draw(st.booleans())
    ]
    moved = [each for each in moved if each.day >= next(d.issue_date for d in billed if d.id == each.invoice_id)]
    first, last = sorted((data.draw(days), data.draw(days)))
    said = balances.statement(ACME, "EUR", first, last, billed, moved)
    whole = balances.statement(ACME, "EUR", date(2025, 1, 1), last, billed, moved)
    left = sum(each.total_cents for each in billed if each.issue_date <= last)
    left -= sum(each.amount_cents + each.unapplied_cents for each in moved if each.day <= last)
    assert said.closing_cents == whole.closing_cents == left == sum(said.aging.model_dump().values())
    assert said.opening_cents + sum((e.debit_cents or 0) - (e.credit_cents or 0) for e in said.entries) == left
