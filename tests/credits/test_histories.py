"""Whatever happens in whatever order: money and credit add up, nothing goes out twice, every balance reaches zero."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.services import invoices, payments
from scaicontrol.services.credits.schemas import SettledWith
from scaicontrol.services.invoices.schemas import ApplyCreditIn
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import ada, petra
from tests.factories.credits import balance, broken_books, credited, net_received, open_credits, transferred
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import unbalanced

from .test_late_answers import has, keep_credits
from .test_money_that_went_twice import owed, settle
from .test_refunds_that_fail import hooks

STEPS = 10
SEEDS = range(20261130, 20261150)
ENDINGS = (0, 1, 3, 4, 6)  # what becomes of a refund at the sandbox


class History:
    """One seller's days with one tenant: each step is tried, and what is refused leaves nothing."""

    def __init__(self, backend, clock, provider, seed):
        self.backend, self.clock, self.provider = backend, clock, provider
        self.chance = random.Random(seed)
        self.invoices = []
        self.by_bank = 0
        self.done = []

    async def one(self):
        invoice = await again(self.backend, self.chance.choice(self.invoices))
        found = await self.backend.ask(ada, payments.of_invoice, invoice.id)
        return invoice, found[-1] if found else None

    def cents(self, limit=3000):
        return 100 * self.chance.randrange(1, limit // 100) + self.chance.choice(ENDINGS)

    async def sells(self):
        self.invoices.append(await sent(self.backend, a_line(5041)))
        if self.chance.random() < 0.8:
            await payments.pay(self.backend, petra, self.invoices[-1].id)

    async def credits(self):
        invoice, _ = await self.one()
        await credited(self.backend, invoice, self.chance.choice([None, self.cents()]))

    async def is_transferred_to(self):
        invoice, _ = await self.one()
        cents = self.cents()
        await transferred(self.backend, invoice, cents)
        self.by_bank += cents

    async def refunds(self):
        invoice, _ = await self.one()
        await payments.refund(self.backend, petra, invoice.id, self.cents(), "As agreed.")

    async def pays_back(self):
        credit = self.chance.choice(await open_credits(self.backend) or [None])
        if credit is None:
            return
        if self.chance.random() < 0.5:
            await payments.pay_back(self.backend, petra, credit.id, PayBackIn(way=PayBackWay.card))
            return
        cents = self.chance.randrange(1, credit.remaining_cents + 1)
        body = PayBackIn(way=PayBackWay.transfer, amount_cents=cents, reference="ABN 9")
        await payments.pay_back(self.backend, petra, credit.id, body)
        self.by_bank -= cents

    async def applies(self):
        invoice, _ = await self.one()
        await self.backend.perform(petra, invoices.apply_credit, invoice.id, ApplyCreditIn())

    async def refunds_at_the_provider(self):
        _, payment = await self.one()
        if payment is not None:
            self.provider.give_back(payment.external_id, self.cents())

    async def is_disputed(self):
        _, payment = await self.one()
        if payment is not None:
            self.provider.dispute(payment.external_id, self.cents())

    async def is_decided(self):
        for dispute in self.provider.disputes():
            if self.chance.random() < 0.7:
                self.provider.close_dispute(dispute["id"], self.chance.choice(["won", "lost", "withdrawn"]))

    async def is_returned(self):
        _, payment = await self.one()
        disputed = {each["payment_id"] for each in self.provider.disputes()}
        if payment is not None and payment.external_id not in disputed:  # a bank does one or the other
            self.provider.bounce(payment.external_id)

    async def hears(self):
        self.clock.advance(timedelta(days=1, minutes=1))
        await payments.refund_due(self.backend)
        await hooks(self.backend, self.provider)

    async def lives(self):
        await self.sells()
        for _ in range(STEPS):
            step = self.chance.choice([
                self.sells, self.credits, self.is_transferred_to, self.refunds, self.pays_back, self.applies,
                self.refunds_at_the_provider, self.is_disputed, self.is_decided, self.is_returned, self.hears,
            ])  # fmt: skip
            self.done.append(step.__name__)
            with suppress(Refused, Conflict):
                await step()
        for dispute in self.provider.disputes():
            if dispute["status"] == "opened":
                self.provider.close_dispute(dispute["id"], "lost")
        for _ in range(6):
            await self.hears()


async def adds_up(backend, clock, provider, seed):
    await keep_credits(backend)
    history = History(backend, clock, provider, seed)
    await history.lives()
    assert await unbalanced(backend, provider) == [], history.done
    assert await broken_books(backend) == [], history.done
    assert await net_received(backend) == has(provider) + history.by_bank, history.done
    for receivable in await owed(backend, is_open=True):
        await settle(backend, receivable, SettledWith.write_off)
    for credit in await open_credits(backend):
        await payments.pay_back(backend, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 10"))
    assert (await balance(backend), await owed(backend, is_open=True), await broken_books(backend)) == (0, [], [])


@pytest.mark.by_turns
async def test_a_history_adds_up(backend, clock, provider):
    await adds_up(backend, clock, provider, SEEDS[0])


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS[1:])
async def test_every_history_adds_up(backend, clock, provider, seed):
    await adds_up(backend, clock, provider, seed)
