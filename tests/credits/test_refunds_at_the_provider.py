"""A refund that a person made at the provider is recorded as what happened, once: no hook of it has a name of ours."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.payment_ports import PaymentStatus, RefundResult
from scaicontrol.integrations.payment_providers.sandbox import SIGNATURE_HEADER, sign
from scaicontrol.services import payments
from scaicontrol.services.credits.schemas import SettledWith
from scaicontrol.services.notifications.models import Notification
from scaicontrol.services.payments.models import InboundEvent
from scaicontrol.services.payments.service.refunds_found import record_found
from tasks import timetravel
from tests.factories import ada, petra
from tests.factories.credits import balance, broken_books, credited, net_received, open_credits, transferred
from tests.factories.invoices import a_line, again, sent

from .test_late_answers import begun, keep_credits
from .test_money_that_went_twice import BY_TRANSFER, owed, settle
from .test_refunds_that_fail import hooks, refunds, told

ASKS = Actor.system("inbound_webhooks")


async def note_of_12_10(backend, invoice):
    await credited(backend, invoice, 1210)


async def two_notes(backend, invoice):
    await credited(backend, invoice, 700)
    await credited(backend, invoice, 510)


async def note_that_was_paid_out(backend, invoice):
    await credited(backend, invoice, 1210)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, BY_TRANSFER)


async def note_that_is_on_its_way(backend, invoice):
    """We have asked for it too, and the answer is lost."""
    await payments.refund(backend, petra, invoice.id, 1203, "As agreed.")


async def transfer_beside(backend, invoice):
    await transferred(backend, invoice, 1210)


async def nothing(backend, invoice):
    """No document says that anything goes back."""


# How much of 12.10 given back at the provider no credit is there for, and the rows that tell of it.
BEFORE = [
    (nothing, 1210, 1),
    (note_of_12_10, 0, 1),
    (two_notes, 0, 2),
    (note_that_was_paid_out, 1210, 1),
    (note_that_is_on_its_way, 1210, 1),
    (transfer_beside, 1210, 1),  # that money came by a bank, and stays there
]


@pytest.mark.by_turns
async def test_it_uses_up_what_credit_there_is_and_the_rest_is_owed_beside_the_invoice(backend, clock, provider):
    await keep_credits(backend)
    for before, beside, parts in BEFORE:
        invoice, payment = await begun(backend)
        await before(backend, invoice)
        had, has_, there, ours = (
            await balance(backend),
            await net_received(backend),
            await owes(backend),
            await names(backend),
        )
        provider.give_back(payment.external_id, 1210)
        for number in range(3):  # the same again, each time in another event
            await tell_again(backend, provider, number)
            await payments.process_inbound(backend)
        now = [row for row in await refunds(backend) if row.id not in ours]
        assert (len(now), {row.status for row in now}) == (parts, {"succeeded"}), before
        late = 1203 if before is note_that_is_on_its_way else 0  # found under the payment's name, and booked too
        assert await net_received(backend) == has_ - 1210 - late, before
        assert (await owes(backend) - there, had - await balance(backend)) == (beside, 1210 - beside), before
        payment = await backend.ask(ada, payments.get, payment.id)
        assert payment.refunded_cents == provider.payment(payment.external_id)["refunded_cents"], before
    assert await broken_books(backend) == []


async def owes(backend):
    return sum(each.remaining_cents for each in await owed(backend))


async def names(backend):
    return {row.id for row in await refunds(backend)}


async def tell_again(backend, provider, number):
    for identifier, body, _ in provider.due_events():
        once_more = body.replace(identifier.encode(), f"{identifier}_{number}".encode())
        await payments.receive(backend, "sandbox", {SIGNATURE_HEADER: sign(once_more)}, once_more)


async def test_a_note_written_afterwards_settles_it(backend, provider):
    invoice, payment = await begun(backend)
    provider.give_back(payment.external_id)
    await hooks(backend, provider)
    (receivable,) = await owed(backend, is_open=True)
    assert (receivable.source, receivable.remaining_cents) == ("refunded_by_hand", 6100)
    with pytest.raises(Refused):
        await payments.refund(backend, petra, invoice.id, 100, "Once more.")
    await credited(backend, invoice)
    await settle(backend, receivable, SettledWith.credit)
    assert (await owed(backend, is_open=True), await balance(backend), await broken_books(backend)) == ([], 0, [])
    assert ((await again(backend, invoice)).status, await net_received(backend)) == ("paid", 0)


async def test_nobody_asks_the_tenant_for_what_the_seller_gave_back_on_purpose(backend, provider):
    _, payment = await begun(backend)
    provider.give_back(payment.external_id, 500)
    await timetravel.settle(backend)
    await hooks(backend, provider)
    await timetravel.settle(backend)

    async def titles(uow):
        return [row.title for row in await uow.session.scalars(select(Notification))]

    assert not [title for title in await backend.ask(ada, titles) if "twice" in title]
    (fact,) = await told(backend, "payment.refunded")
    assert (fact["amount_cents"], fact["credit_id"], fact["credit_note_id"]) == (500, None, None)


async def test_one_that_fails_after_all_leaves_everything_as_it_was(backend, clock, provider):
    """13.06 given back at the provider, with a note over 10.00; the payer's bank returns it, and it goes after all."""
    invoice, payment = await begun(backend)
    await credited(backend, invoice, 1000)
    refund_id = provider.give_back(payment.external_id, 1306)
    await hooks(backend, provider)
    assert (await balance(backend), await owes(backend), await net_received(backend)) == (0, 306, 6100 - 1306)
    for status, there, owing in (("failed", 1000, 0), ("succeeded", 0, 306), ("failed", 1000, 0)):
        result = RefundResult(PaymentStatus(status), refund_id, None, 1306, "EUR")
        for _ in range(2):
            await backend.perform(ASKS, record_found, payment.id, result)
            assert (await balance(backend), await owes(backend), await broken_books(backend)) == (there, owing, [])
    assert (await net_received(backend), (await again(backend, invoice)).status) == (6100, "paid")


async def test_ours_that_waits_for_the_same_money_is_refused_and_its_credit_settles_what_is_owed(
    backend, clock, provider
):
    """All of it was promised to a refund, the provider was down, and somebody refunded it there by hand."""
    invoice, payment = await begun(backend)
    provider.is_down = True
    await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    provider.is_down = False
    provider.give_back(payment.external_id)
    await hooks(backend, provider)
    assert await broken_books(backend) == []
    for _ in range(5):
        clock.advance(timedelta(hours=1))
        await payments.refund_due(backend)
    assert (await balance(backend), await owes(backend), await net_received(backend)) == (6100, 6100, 0)
    (receivable,) = await owed(backend, is_open=True)
    await settle(backend, receivable, SettledWith.credit)
    assert (await balance(backend), await owes(backend), await broken_books(backend)) == (0, 0, [])


async def test_one_that_has_not_gone_moves_nothing(backend, clock, provider):
    _, payment = await begun(backend)
    for status in ("pending", "failed"):
        told_ = RefundResult(PaymentStatus(status), "sbr_9", None, 500, "EUR")
        await backend.perform(ASKS, record_found, payment.id, told_)
    with pytest.raises(Refused, match="USD"):
        await backend.perform(
            ASKS, record_found, payment.id, RefundResult(PaymentStatus.succeeded, "x", None, 5, "USD")
        )
    assert (await refunds(backend), await net_received(backend)) == ([], 6100)


async def test_it_is_told_of_before_we_know_that_the_payment_came(backend, provider):
    """Hooks come in any order: the payment is asked about first."""
    invoice = await sent(backend, a_line(4134))  # 50.02: the payer acts on a page
    payment = await payments.pay(backend, petra, invoice.id)
    provider.complete(payment.external_id, approved=True)
    provider.give_back(payment.external_id, 700)
    early = RefundResult(PaymentStatus.succeeded, "sbr_1", None, 700, "EUR")
    with pytest.raises(Conflict, match="has not come yet"):
        await backend.perform(ASKS, record_found, payment.id, early)
    for identifier, body, headers in reversed(provider.due_events()):
        await payments.receive(backend, "sandbox", headers, body)
        provider.mark_sent(identifier)
    await payments.process_inbound(backend)
    assert ((await again(backend, invoice)).status, await net_received(backend)) == ("paid", 5002 - 700)
    assert await broken_books(backend) == []

    async def statuses(uow):
        return {row.status for row in await uow.session.scalars(select(InboundEvent))}

    assert await backend.ask(ada, statuses) == {"processed"}
