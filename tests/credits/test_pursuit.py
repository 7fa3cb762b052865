"""Who has enough with the seller is not pursued; the account says what was paid, stands as credit, and went back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import explanations, invoices, payments, statements
from scaicontrol.services.invoices.schemas import ApplyCreditIn
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from scaicontrol.services.payments.service.dunning_steps import begin_for
from tests.factories import ACME, ada, petra
from tests.factories.changes import agreed
from tests.factories.credits import balance, open_credits, transferred
from tests.factories.invoices import a_line, again, finalized, sent
from tests.factories.partners import configured
from tests.factories.subscriptions import CLOCK

NET_119 = 9835


async def told(backend, topic):
    async def read(uow):
        query = select(Outbox).where(Outbox.event_type == topic).order_by(Outbox.created_at, Outbox.id)
        return [row.payload for row in await uow.session.scalars(query)]

    return await backend.ask(ada, read)


async def late_and_overpaid(backend, clock, too_much):
    """An invoice of 12.10 that is past due, with a seller who applies credit by hand, and the credit of another."""
    await configured(backend, auto_apply_credit=False)
    await transferred(backend, await sent(backend, a_line(NET_119)), 11_900 + too_much)
    late = await sent(backend, a_line(1000))
    clock.advance(timedelta(days=40))
    await backend.perform(CLOCK, invoices.mark_overdue)
    await backend.perform(CLOCK, begin_for, late.id)
    return late


@pytest.mark.parametrize(("too_much", "reminded"), [(1210, 0), (1209, 1)])
async def test_an_invoice_that_credit_covers_is_not_pursued_and_the_pursuit_says_so(backend, clock, too_much, reminded):
    late = await late_and_overpaid(backend, clock, too_much)
    for _ in range(3):
        clock.advance(timedelta(days=1, minutes=1))
        while await backend.perform(CLOCK, payments.run_dunning):
            pass
    assert min(len(await told(backend, "dunning.reminder_due")), 1) == reminded
    assert len(await told(backend, "dunning.held")) == 1 - reminded
    if not reminded:
        with pytest.raises(Refused, match="the customer's credit covers it"):
            await statements.make_reminder(backend, petra, late.id)
        await backend.perform(petra, invoices.apply_credit, late.id, ApplyCreditIn())
        assert (await again(backend, late)).status == "paid"


async def test_credit_for_one_invoice_keeps_no_second_one_from_being_pursued(backend, clock):
    await late_and_overpaid(backend, clock, 1210)
    second = await sent(backend, a_line(1000))
    clock.advance(timedelta(days=40))
    assert (await statements.make_reminder(backend, petra, second.id, 1)).level == 1


async def test_the_account_shows_all_the_money_and_the_credit_that_is_left(backend, clock):
    invoice = await sent(backend, a_line(NET_119))
    await transferred(backend, invoice, 12_000)
    days = (date(2026, 1, 1), date(2026, 12, 31))

    async def account():
        return await backend.ask(petra, statements.statement, ACME, *days)

    said = await account()
    assert [(entry.kind, entry.debit_cents, entry.credit_cents) for entry in said.entries] == [
        ("invoice", 11_900, None),
        ("payment", None, 12_000),
    ]
    assert (said.closing_cents, said.aging.not_due_cents) == (-100, -100)
    owed = await finalized(backend, a_line(1000))  # takes the credit
    assert (await account()).closing_cents == 1110
    await agreed(backend, petra, invoices.void, owed.id, "Wrong customer")
    assert (await account()).closing_cents == -100
    (credit,) = await open_credits(backend)
    clock.advance(timedelta(days=1))
    await payments.pay_back(backend, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9"))
    said = await account()
    assert (said.closing_cents, said.entries[-1].kind, said.entries[-1].reference) == (0, "refund", "ABN 9")
    assert sum(said.aging.model_dump().values()) == await balance(backend) == 0


async def test_an_invoice_says_where_the_credit_came_from_that_settles_it(backend):
    paid = await sent(backend, a_line(NET_119))
    await transferred(backend, paid, 12_000)
    owed = await finalized(backend, a_line(1000))
    said = await backend.ask(petra, explanations.explain, owed.id, part="total", language="en")
    assert said.matches
    assert said.parts[0].sentences[-2:] == [
        "€12.10 − €0.00 paid − €1.00 credited = €11.10 to be paid.",
        f"€1.00 of what was credited is credit from {paid.number}.",
    ]
