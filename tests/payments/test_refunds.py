"""Refunds: a credit note first, then the money, once per credit note, also after a crash."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Refused
from scaicontrol.core.ports import PaymentStatus, RefundResult
from scaicontrol.services import invoices, payments
from scaicontrol.services.invoices.schemas import MarkPaidIn
from scaicontrol.services.payments.models import Payment, Refund
from scaicontrol.services.payments.service.refunds import _share as share
from scaicontrol.services.payments.service.refunds import draft_refund, record_refund
from tests.factories import ada, petra
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card


async def paid(backend, net=1000):
    await store_card(backend)
    invoice = await sent(backend, a_line(net))
    await payments.pay(backend, petra, invoice.id)
    return await again(backend, invoice)


async def refunds(backend):
    return list(await backend.ask(ada, _all))


async def _all(uow):
    return await uow.session.scalars(select(Refund).order_by(Refund.created_at))


async def test_a_whole_refund_credits_and_returns_everything_once(backend, clock, provider):
    invoice = await paid(backend)
    refund, note = await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    assert (refund.status, refund.amount_cents, note.total_cents) == ("succeeded", 1210, -1210)
    clock.advance(timedelta(hours=1))
    await payments.refund_due(backend)
    await backend.perform(ada, record_refund, refund.id, RefundResult(PaymentStatus.succeeded, "sbr_again"))
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (payment.status, payment.refunded_cents) == ("refunded", 1210)
    assert (await again(backend, note)).status == "paid"
    with pytest.raises(Refused):
        await payments.refund(backend, petra, invoice.id, None, "Again.")


async def test_parts_add_up_to_the_payment_and_no_further(backend, provider):
    invoice = await paid(backend)
    for cents in (605, 605):
        await payments.refund(backend, petra, invoice.id, cents, "Half.")
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (payment.status, payment.refunded_cents) == ("refunded", 1210)
    assert len(set(provider.refunded)) == 2
    with pytest.raises(Refused):
        await payments.refund(backend, petra, invoice.id, 1, "More.")


async def test_several_payments_are_refunded_newest_first_and_the_rest_by_hand(backend, clock, provider):
    """A bank transfer, then two cards: the cards get back what they brought, the transfer is returned by hand."""
    await store_card(backend)
    invoice = await sent(backend, a_line(1000))
    for cents in (210, 400):
        transfer = MarkPaidIn(amount_cents=cents, paid_at=clock.now(), reference=f"ABN {cents}", method="transfer")
        await backend.perform(petra, invoices.mark_paid, invoice.id, transfer)
    await payments.pay(backend, petra, invoice.id)
    (newest,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    await backend.perform(ada, an_older_payment, newest, 400)
    refund, note = await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    made = await backend.ask(ada, payments.refunds_of_note, note.id)
    assert [(row.payment_id, row.amount_cents) for row in made] == [(newest.id, 600), ("pay_older", 400)]
    assert (refund.id, provider.refunded) == (made[0].id, [note.id, f"{note.id}:pay_older"])
    # The sandbox knows nothing of the older card: that refund stays visible, and the note open.
    assert [row.status for row in made] == ["succeeded", "failed"]
    left = await again(backend, note)
    assert (left.status, left.amount_due_cents) == ("finalized", -610)


async def an_older_payment(uow, newest, cents):
    """Another card that paid a part of the same invoice before."""
    fields = {column.key: getattr(newest, column.key) for column in Payment.__mapper__.column_attrs}
    own = {
        "id": "pay_older", "external_id": "sbp_older", "amount_cents": cents, "idempotency_key": "older", "attempt": 0,
        "succeeded_at": newest.succeeded_at - timedelta(days=1),
    }  # fmt: skip
    uow.session.add(Payment(**(fields | own)))


async def test_two_refunds_at_once_promise_no_payment_twice(backend, provider):
    invoice = await paid(backend)
    drafts = [await backend.perform(petra, draft_refund, invoice.id, 605, "Half.") for _ in range(2)]
    provider.is_down = True  # neither has been carried out when the other is shared
    await asyncio.gather(*(finish(backend, note) for note in drafts))
    assert sorted(row.amount_cents for row in await refunds(backend)) == [605, 605]


async def finish(backend, note_id):
    await invoices.finalize(backend, petra, note_id)
    await backend.perform(petra, share, note_id)


async def test_a_refund_the_provider_refuses_stays_visible_and_is_repeated_as_the_same(backend, clock, provider):
    invoice = await paid(backend)
    provider.is_down = True
    refund, note = await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    assert (refund.status, refund.attempts, refund.failure_message) == ("failed", 1, "The provider does not answer.")
    provider.is_down = False
    clock.advance(timedelta(minutes=31))
    assert await payments.refund_due(backend) == 1
    assert [(row.status, row.attempts) for row in await refunds(backend)] == [("succeeded", 2)]
    assert provider.refunded == [note.id]


async def test_a_refund_is_given_up_after_five_failures(backend, clock, provider):
    invoice = await paid(backend)
    provider.is_down = True
    await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    for _ in range(8):
        clock.advance(timedelta(minutes=31))
        await payments.refund_due(backend)
    assert [(row.status, row.attempts, row.due_at) for row in await refunds(backend)] == [("failed", 5, None)]


async def test_a_refund_whose_process_died_on_the_way_is_finished(backend, clock, provider):
    invoice = await paid(backend)
    note_id = await backend.perform(petra, draft_refund, invoice.id, None, "Cancelled.")
    clock.advance(timedelta(minutes=31))
    assert await payments.refund_due(backend) == 1
    assert [(row.status, row.amount_cents) for row in await refunds(backend)] == [("succeeded", 1210)]
    assert (await backend.ask(ada, invoices.get, note_id)).status == "paid"


async def test_an_unpaid_invoice_is_credited_not_refunded(backend):
    invoice = await sent(backend)
    with pytest.raises(Refused, match="only a paid invoice is refunded"):
        await payments.refund(backend, petra, invoice.id, None, "No.")
