"""A file is stored and booked once, however often it comes, at once or after a crash, or it is refused as a whole."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import ActorKind
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.errors import Forbidden, Refused, Unavailable
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import bank_statements, changes
from scaicontrol.services.bank_statements import matching
from scaicontrol.services.bank_statements.schemas import BankBookIn
from scaicontrol.services.bank_statements.service import booking
from scaicontrol.services.changes.schemas import ChangePlanFilter
from scaicontrol.services.invoices.models import Settlement
from tests.factories import ada, alice, petra, sam
from tests.factories.bank_statements import Entry, Statement, bank_lines, camt053, imported, paying, waiting_line
from tests.factories.credits import broken_books
from tests.factories.invoices import a_line, again, sent


async def money(backend):
    async def read(uow):
        return [row.amount_cents + row.unapplied_cents for row in await uow.session.scalars(select(Settlement))]

    return await backend.ask(ada, read)


async def nothing_was_stored(backend):
    assert (await backend.ask(ada, bank_statements.page, PageRequest())).items == []
    assert await money(backend) == []


async def test_the_same_again_is_harmless_in_the_same_file_and_in_another(backend):
    invoice = await sent(backend, a_line(1000))
    mine = Statement([paying(1210, f"{invoice.number}", ref="A1"), paying(5, "?", ref="A2"), paying(6, "?")])
    first = await bank_statements.import_statements(backend, petra, camt053(mine))
    assert first.known == 0
    again_ = await bank_statements.import_statements(backend, petra, camt053(mine))
    assert (again_.known, again_.statements) == (1, first.statements)
    other = Statement([paying(7, "new", ref="B1")], "2026-016")
    both = await bank_statements.import_statements(backend, petra, camt053(mine, other, version=2))
    assert (both.known, len(both.statements)) == (1, 2)
    # Another statement over the same days: what has a name at the bank is known, the rest is looked at by a person.
    month = Statement([*mine.entries, paying(7, "new", ref="B1")], "2026-01")
    assert (await bank_statements.import_statements(backend, petra, camt053(month))).known == 0
    lines = await bank_lines(backend)
    assert [(line.status, line.waits_for) for line in lines[4:]] == [
        ("ignored", None), ("ignored", None), ("waiting", "duplicate"), ("ignored", None),
    ]  # fmt: skip
    assert await money(backend) == [1210]
    assert await broken_books(backend) == []


async def test_a_statement_that_is_issued_again_is_known_and_what_asks_nobody_asks_nobody_twice(backend):
    fee = Entry(-250, code="ICDT-CHRG")
    body = camt053(Statement([paying(5, "?", day=""), fee]))
    await bank_statements.import_statements(backend, petra, body)
    issued_again = body.replace(b"2026-01-15T18:00:00", b"2026-01-17T09:00:00")
    assert (await bank_statements.import_statements(backend, petra, issued_again)).known == 1
    await imported(backend, fee, reference="2026-01")
    assert [(line.status, str(line.booked_on)) for line in await bank_lines(backend)] == [
        ("waiting", "2026-01-15"), ("ignored", "2026-01-15"), ("ignored", "2026-01-15"),
    ]  # fmt: skip


async def test_a_line_that_cannot_be_booked_waits_and_those_behind_it_are_booked(backend, monkeypatch):
    ancient, broken, good = [await sent(backend, a_line(1000)) for _ in range(3)]
    entries = [paying(1210, f"{ancient.number}", day="2000-01-01"), paying(1210, f"{broken.number}")]

    async def away(uow, line):
        if str(broken.number) in str(line.remittance):
            raise Unavailable("Nobody is there.")
        return await matching.judge(uow, line)

    monkeypatch.setattr(booking, "judge", away)
    await imported(backend, *entries, paying(1210, f"{good.number}"))
    assert [(line.status, line.note) for line in await bank_lines(backend)] == [
        ("waiting", "paid_at: a moment lies from 2000 to 2199"), ("waiting", "Nobody is there."), ("booked", None),
    ]  # fmt: skip


async def test_two_people_import_the_same_file_at_once(backend):
    invoice = await sent(backend, a_line(1000))
    body = camt053(Statement([paying(1210, f"{invoice.number}", ref="A1"), paying(5, "?")]))
    done = await asyncio.gather(*(bank_statements.import_statements(backend, petra, body) for _ in range(2)))
    assert len({each.statements[0].id for each in done}) == 1
    assert [line.status for line in await bank_lines(backend)] == ["booked", "waiting"]
    assert await money(backend) == [1210]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_import_that_died_between_two_lines_is_gone_on_with(backend, monkeypatch):
    one, two = await sent(backend, a_line(1000)), await sent(backend, a_line(2000))
    body = camt053(Statement([paying(1210, f"{one.number}"), paying(2420, f"{two.number}")]))
    perform = type(backend).perform

    async def dies(self, actor, verb, *args, **kwargs):
        if verb.__name__ == "book_matched" and await money(backend):
            raise ConnectionError
        return await perform(self, actor, verb, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(type(backend), "perform", dies)
        with pytest.raises(ConnectionError):
            await bank_statements.import_statements(backend, petra, body)
    assert [line.status for line in await bank_lines(backend)] == ["booked", "received"]
    done = await bank_statements.import_statements(backend, petra, body)
    assert (done.known, done.statements[0].lines) == (1, {"booked": 2})
    assert await money(backend) == [1210, 2420]


async def test_an_account_of_nobody_or_of_several_is_refused_with_all_that_is_in_the_file(backend):
    invoice = await sent(backend, a_line(1000))
    good = Statement([paying(1210, f"{invoice.number}")])
    with pytest.raises(Refused, match="Account NL20INGB0001234567 is no seller's"):
        await bank_statements.import_statements(
            backend, petra, camt053(good, Statement(reference="2", iban="NL20INGB0001234567"))
        )
    with pytest.raises(Refused, match="belongs to several sellers \\(prt_northwind, prt_southbay\\)"):
        await bank_statements.import_statements(backend, ada, camt053(good))
    await nothing_was_stored(backend)


async def test_a_statement_that_says_something_else_than_before_is_refused(backend):
    await imported(backend, paying(100, "one", ref="A1"))
    with pytest.raises(Refused, match="Statement 2026-015 of NL91ABNA0417164300 was imported on 2026-01-15 and said"):
        await imported(backend, paying(101, "one", ref="A1"))
    assert len(await bank_lines(backend)) == 1


async def test_what_is_above_a_persons_limits_waits_with_a_plan_of_its_own(backend):
    large, small = await sent(backend, a_line(1_000_000)), await sent(backend, a_line(1000))
    await imported(backend, paying(1_210_000, f"{large.number}"), paying(1210, f"{small.number}"))
    lines = await bank_lines(backend)
    assert [(line.status, line.waits_for) for line in lines] == [("waiting", "approval"), ("booked", None)]
    (plan,) = (await backend.ask(ada, changes.page, PageRequest(), ChangePlanFilter())).items
    assert (plan.action, plan.status) == ("bank_statements.book_matched", "pending_approval")
    await backend.perform(ada, changes.approve, plan.id, "It came.")
    await changes.apply(backend, petra, plan.id, plan.plan_hash)
    assert (await again(backend, large)).status == "paid"
    assert await broken_books(backend) == []


async def test_only_who_bills_for_a_seller_sees_its_account(backend):
    await imported(backend, paying(1, "x"))
    (line,) = await bank_lines(backend)
    assert (await backend.ask(sam, bank_statements.lines, PageRequest())).items == []
    for read in (bank_statements.page, bank_statements.lines):
        with pytest.raises(Forbidden):
            await backend.ask(alice, read, PageRequest())
    assert line.partner_id == "prt_northwind"


async def test_what_an_agent_imports_is_what_its_plan_showed(backend):
    """It books nothing by itself; its plan, applied, books what it showed, each line judged with all the others."""
    agent = replace(petra, id="agt_clerk", kind=ActorKind.agent, on_behalf_of=petra.id)
    invoice = await sent(backend, a_line(1000))
    body = camt053(Statement([paying(1210, f"{invoice.number}"), paying(1, "x")]))
    with pytest.raises(ApprovalRequired):
        await bank_statements.import_statements(backend, agent, body)
    await nothing_was_stored(backend)
    planned = await changes.plan_work(backend, agent, lambda at: bank_statements.import_statements(at, agent, body))
    told = [fact.topic for fact in planned.recording.facts]
    assert {"bank_statement.imported", "bank_line.booked", "bank_line.set_aside", "invoice.paid"} <= set(told)
    assert planned.call is not None
    plan = await changes.keep(backend, agent, planned.call, planned.content)
    await nothing_was_stored(backend)
    await changes.apply(backend, agent, plan.id, plan.plan_hash)
    assert [(line.status, line.note) for line in await bank_lines(backend)] == [
        ("booked", None), ("waiting", "It names no invoice."),
    ]  # fmt: skip
    assert (await again(backend, invoice)).status == "paid"
    assert await broken_books(backend) == []


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_is_booked_on_a_day_to_come_is_refused_as_a_whole(backend):
    mine = Statement([paying(1, "x"), paying(2, "y", day="2026-01-17")])
    with pytest.raises(Refused, match="entry 2 is booked on 2026-01-17, which is yet to come"):
        await bank_statements.import_statements(backend, petra, camt053(mine))
    await nothing_was_stored(backend)
    tomorrow = Statement([paying(2, "y", day="2026-01-16")])  # it has begun somewhere
    await bank_statements.import_statements(backend, petra, camt053(tomorrow))


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_why_a_line_waited_is_over_once_it_is_booked(backend):
    invoice = await sent(backend, a_line(1000))
    line = await waiting_line(backend)
    assert line.note == "It names no invoice."
    done = await backend.perform(petra, bank_statements.book, line.id, BankBookIn(invoice_id=invoice.id))
    assert (done.status, done.waits_for, done.note) == ("booked", None, None)
