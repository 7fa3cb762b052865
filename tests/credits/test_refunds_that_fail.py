"""A refund that fails is none: its credit is free again, its note open, and somebody is told; nothing goes twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.outbox import Outbox
from scaicontrol.integrations.payment_providers.sandbox import SIGNATURE_HEADER, sign
from scaicontrol.services import invoices, payments
from scaicontrol.services.payments.models import Refund
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import ada, petra
from tests.factories.credits import balance, broken_books, credited, net_received, open_credits, transferred
from tests.factories.invoices import a_line, again, sent

CARD = PayBackIn(way=PayBackWay.card)
NET_61 = 5041
LATER = timedelta(days=1, minutes=1)


async def paid_by_card(backend):
    invoice = await sent(backend, a_line(NET_61))
    await payments.pay(backend, petra, invoice.id)
    return await again(backend, invoice)


async def refunds(backend):
    async def read(uow):
        return list(await uow.session.scalars(select(Refund).order_by(Refund.created_at, Refund.id)))

    return await backend.ask(ada, read)


async def told(backend, topic):
    async def read(uow):
        query = select(Outbox).where(Outbox.event_type == topic).order_by(Outbox.created_at, Outbox.id)
        return [row.payload for row in await uow.session.scalars(query)]

    return await backend.ask(ada, read)


async def hooks(backend, provider):
    """The provider's webhooks that are due arrive and are worked on."""
    for identifier, body, headers in provider.due_events():
        await payments.receive(backend, "sandbox", headers, body)
        provider.mark_sent(identifier)
    await payments.process_inbound(backend)


# The sandbox decides by the last digits of a refund: 01 fails, 03 loses its answer, 04 takes a day, 06 comes back.
@pytest.mark.by_turns
@pytest.mark.parametrize("by", ["refund", "pay_back"])
@pytest.mark.parametrize(("cents", "at_first", "in_the_end"), [
    (1201, "failed", "failed"),
    (1203, "failed", "succeeded"),
    (1204, "pending", "succeeded"),
    (1206, "succeeded", "failed"),
    (1210, "succeeded", "succeeded"),
])  # fmt: skip
async def test_every_end_a_refund_can_come_to(backend, clock, provider, by, cents, at_first, in_the_end):
    invoice = await paid_by_card(backend)
    note = await credited(backend, invoice, cents)
    if by == "refund":
        await payments.refund(backend, petra, invoice.id, cents, "As agreed.")
    else:
        (credit,) = await open_credits(backend)
        await payments.pay_back(backend, petra, credit.id, CARD)
    assert [row.status for row in await refunds(backend)] == [at_first]
    assert await broken_books(backend) == []
    for _ in range(2):
        clock.advance(LATER)
        await payments.refund_due(backend)
        await hooks(backend, provider)
    (row,) = await refunds(backend)
    assert row.status == in_the_end
    went = 0 if in_the_end == "failed" else cents
    assert (await balance(backend), await net_received(backend)) == (cents - went, 6100 - went)
    left = await again(backend, note)
    assert (left.status, left.amount_due_cents) == (("paid", 0) if went else (left.status, -cents))
    assert left.status != "void"
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (payment.refunded_cents, payment.promised_cents) == (went, 0)
    assert payment.status == ("partially_refunded" if went else "succeeded")
    assert provider.payment(payment.external_id)["refunded_cents"] == went
    given_up = [fact for fact in await told(backend, "refund.failed") if fact["is_final"]]
    assert len(given_up) == (0 if went else 1)
    assert await broken_books(backend) == []


async def test_what_failed_can_be_paid_back_in_another_way(backend):
    invoice = await paid_by_card(backend)
    note = await credited(backend, invoice, 1201)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, CARD)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9"))
    assert ((await again(backend, note)).status, await balance(backend)) == ("paid", 0)
    assert (await net_received(backend), await broken_books(backend)) == (6100 - 1201, [])


async def test_a_whole_refund_that_comes_back_leaves_the_payment_as_it_was(backend, clock, provider):
    invoice = await sent(backend, a_line(5046))  # 61.06
    await payments.pay(backend, petra, invoice.id)
    done = await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert done.note is not None
    assert (payment.status, done.note.total_cents) == ("refunded", -6106)
    clock.advance(LATER)
    await hooks(backend, provider)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (payment.status, payment.refundable_cents, await balance(backend)) == ("succeeded", 6106, 6106)
    assert (await again(backend, done.note)).amount_due_cents == -6106


async def test_the_same_failure_told_twice_changes_nothing_more(backend, clock, provider):
    invoice = await paid_by_card(backend)
    await payments.refund(backend, petra, invoice.id, 1206, "As agreed.")
    clock.advance(LATER)
    for round_ in range(3):  # the provider tells of it again and again, each time in another event
        for identifier, body, headers in provider.due_events():
            again_told = body.replace(identifier.encode(), f"{identifier}_{round_}".encode())
            signed = headers | {SIGNATURE_HEADER: sign(again_told)}
            await payments.receive(backend, "sandbox", signed, again_told)
        await payments.process_inbound(backend)
    assert (await balance(backend), await broken_books(backend)) == (1206, [])


async def test_while_a_refund_is_under_way_nobody_else_has_its_credit(backend, provider):
    invoice = await paid_by_card(backend)
    await credited(backend, invoice, 1204)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, CARD)
    assert await balance(backend) == 0
    owed = await sent(backend, a_line(1000))
    assert owed.amount_applied_cents == 0


async def test_an_overpayment_by_card_goes_back_the_way_it_came(backend, provider):
    """A second payment of a paid invoice, as a provider may tell of it."""
    invoice = await paid_by_card(backend)
    await transferred(backend, invoice, 1000)  # by another way, newer
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9"))
    assert (await net_received(backend), await broken_books(backend)) == (6100, [])
    notes = await backend.ask(ada, invoices.credit_notes_of, [invoice.id])
    assert notes == []
