"""
Answers that come after the books have moved on: of refunds, disputes and of refunds somebody made at the provider.

Each case ends alike: what the provider and the bank have of it is what is booked or stands unapplied, and money and
credit add up.
"""

import random
from itertools import product

import pytest
from sqlalchemy import update

from scaicontrol.services import payments
from scaicontrol.services.partners.models import PartnerConfiguration
from tests.factories import ada, petra
from tests.factories.credits import broken_books, credited, net_received, transferred
from tests.factories.payments import unbalanced

from .test_refunds_that_fail import LATER, hooks, paid_by_card, refunds

# What happens between a question and its answer. Each gives how much came by a bank meanwhile.


async def nothing(backend, provider, invoice, payment):
    return 0


async def credits_in_part(backend, provider, invoice, payment):
    await credited(backend, invoice, 400)
    return 0


async def credits_all(backend, provider, invoice, payment):
    await credited(backend, invoice)
    return 0


async def is_paid_again(backend, provider, invoice, payment):
    await transferred(backend, invoice, 1000)
    return 1000


async def refunds_again(backend, provider, invoice, payment):
    await payments.refund(backend, petra, invoice.id, 500, "Goodwill.")
    return 0


async def refunds_at_the_provider(backend, provider, invoice, payment):
    provider.give_back(payment.external_id, 700)
    await hooks(backend, provider)
    return 0


async def loses_a_part_to_the_bank(backend, provider, invoice, payment):
    dispute = provider.dispute(payment.external_id, 900)
    await hooks(backend, provider)
    provider.close_dispute(dispute, "lost")
    await hooks(backend, provider)
    return 0


async def loses_all_to_the_bank(backend, provider, invoice, payment):
    provider.bounce(payment.external_id)
    await hooks(backend, provider)
    return 0


MEANWHILE = (
    nothing, credits_in_part, credits_all, is_paid_again, refunds_again, refunds_at_the_provider,
    loses_a_part_to_the_bank, loses_all_to_the_bank,
)  # fmt: skip


async def keep_credits(backend, **more):
    """Let no case's credit settle the invoice of the next."""

    async def choose(uow):
        await uow.session.execute(update(PartnerConfiguration).values(auto_apply_credit=False, **more))

    await backend.perform(ada, choose)


async def begun(backend):
    invoice = await paid_by_card(backend)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    return invoice, payment


def has(provider):
    """What the provider has of all payments, less what it gave back; what it withholds is ours until it is lost."""
    rows = provider.payments()
    withheld = sum(each["amount_cents"] for each in provider.disputes() if each["status"] == "opened")
    return sum(provider.keeps(each["id"]) - each["refunded_cents"] for each in rows) + withheld


async def ends_right(backend, provider, by_bank, case):
    assert await unbalanced(backend, provider) == [], case
    assert await broken_books(backend) == [], case
    assert await net_received(backend) == has(provider) + by_bank, case


REFUNDS = list(product((1204, 1206), MEANWHILE))
DISPUTES = list(product(("reopen", "write_off"), ("won", "lost", "withdrawn"), MEANWHILE[:-1]))
SEED = 20261130


def a_few(cases):
    return random.Random(SEED).sample(cases, 3)


@pytest.mark.by_turns
async def test_a_refund_that_is_answered_late(backend, clock, provider):
    await refund_late(backend, clock, provider, a_few(REFUNDS))


@pytest.mark.long
async def test_every_refund_that_is_answered_late(backend, clock, provider):
    await refund_late(backend, clock, provider, REFUNDS)


async def refund_late(backend, clock, provider, cases):
    """12.04 takes a day, 12.06 went and comes back after a day: the provider tells so after all else."""
    await keep_credits(backend)
    by_bank = 0
    for cents, meanwhile in cases:
        invoice, payment = await begun(backend)
        await payments.refund(backend, petra, invoice.id, cents, "As agreed.")
        by_bank += await meanwhile(backend, provider, invoice, payment)
        clock.advance(LATER)
        for _ in range(2):  # and the same again
            await hooks(backend, provider)
        await ends_right(backend, provider, by_bank, (cents, meanwhile))
        found = [row for row in await refunds(backend) if (row.payment_id, row.amount_cents) == (payment.id, cents)]
        assert [row.status for row in found] == ["succeeded" if cents == 1204 else "failed"], meanwhile


@pytest.mark.by_turns
async def test_a_dispute_that_is_decided_late(backend, provider):
    await decide_late(backend, provider, a_few(DISPUTES))


@pytest.mark.long
async def test_every_dispute_that_is_decided_late(backend, provider):
    await decide_late(backend, provider, DISPUTES)


async def decide_late(backend, provider, cases):
    by_bank = 0
    for bears, outcome, meanwhile in cases:
        await keep_credits(backend, dispute_lost=bears)
        invoice, payment = await begun(backend)
        dispute = provider.dispute(payment.external_id, 3100)
        await hooks(backend, provider)
        by_bank += await meanwhile(backend, provider, invoice, payment)
        provider.close_dispute(dispute, outcome)
        for _ in range(2):
            await hooks(backend, provider)
        await ends_right(backend, provider, by_bank, (bears, outcome, meanwhile))
