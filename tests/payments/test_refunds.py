"""Refunds: a credit note first, then the money, once per credit note, also after a crash."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Refused
from scaicontrol.core.payment_ports import PaymentStatus, RefundResult
from scaicontrol.services import credits, invoices, payments
from scaicontrol.services.invoices.schemas import MarkPaidIn
from scaicontrol.services.payments.lifecycle import RefundLifecycle
from scaicontrol.services.payments.models import Payment, Refund
from scaicontrol.services.payments.service.promises import share
from scaicontrol.services.payments.service.refund_calls import execute, record_refund
from scaicontrol.services.payments.service.refunds import begin_refund
from tests.factories import ACME, ada, petra
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card


async def refund(backend, invoice, cents=None, reason="Cancelled."):
    """Refund, and give the first refund with the note it wrote."""
    done = await payments.refund(backend, petra, invoice.id, cents, reason)
    return done.refunds[0], done.note


async def begun(backend, invoice, cents=None):
    """A refund whose process died once it was noted; gives the draft of its note."""
    return (await backend.perform(petra, begin_refund, invoice.id, cents, "Cancelled.")).note_id


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
    made, note = await refund(backend, invoice)
    assert (made.status, made.amount_cents, note.total_cents) == ("succeeded", 1210, -1210)
    clock.advance(timedelta(hours=1))
    await payments.refund_due(backend)
    await backend.perform(ada, record_refund, made.id, RefundResult(PaymentStatus.succeeded, "sbr_again"))
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
    made, note = await refund(backend, invoice)
    rows = await backend.ask(ada, payments.refunds_of_note, note.id)
    assert [(row.payment_id, row.amount_cents) for row in rows] == [(newest.id, 600), ("pay_older", 400)]
    assert (made.id, provider.refunded) == (rows[0].id, [note.id, rows[1].id])
    # The sandbox knows nothing of the older card: that refund stays visible, and the note open.
    assert [row.status for row in rows] == ["succeeded", "failed"]
    left = await again(backend, note)
    assert (left.status, left.amount_due_cents) == ("finalized", -610)


async def an_older_payment(uow, newest, cents):
    """Another card that paid a part of the same invoice before."""
    fields = {column.key: getattr(newest, column.key) for column in Payment.__mapper__.column_attrs}
    own = {
        "id": "pay_older", "external_id": "sbp_older", "amount_cents": cents, "received_cents": cents,
        "idempotency_key": "older", "attempt": 0,
        "succeeded_at": newest.succeeded_at - timedelta(days=1),
    }  # fmt: skip
    uow.session.add(Payment(**(fields | own)))


async def test_two_refunds_at_once_promise_no_payment_twice(backend, provider):
    invoice = await paid(backend)
    drafts = [await begun(backend, invoice, 605) for _ in range(2)]
    provider.is_down = True  # neither has been carried out when the other is shared
    await asyncio.gather(*(finish(backend, note) for note in drafts))
    assert sorted(row.amount_cents for row in await refunds(backend)) == [605, 605]


async def finish(backend, note_id):
    await invoices.finalize(backend, petra, note_id)
    await backend.perform(petra, share, note_id)


async def test_a_refund_the_provider_refuses_stays_visible_and_is_repeated_as_the_same(backend, clock, provider):
    invoice = await paid(backend)
    provider.is_down = True
    made, note = await refund(backend, invoice)
    assert (made.status, made.attempts, made.failure_message) == ("failed", 1, "The provider does not answer.")
    provider.is_down = False
    clock.advance(timedelta(minutes=31))
    assert await payments.refund_due(backend) == 1
    assert [(row.status, row.attempts) for row in await refunds(backend)] == [("succeeded", 2)]
    assert provider.refunded == [note.id]


async def test_a_refund_the_provider_refuses_is_given_up_after_five_times_and_its_credit_is_free_again(
    backend, clock, provider
):
    invoice = await paid(backend)
    provider.refuses_refunds = "The account of the seller is empty."
    _, note = await refund(backend, invoice)
    for _ in range(8):
        clock.advance(timedelta(minutes=31))
        await payments.refund_due(backend)
    assert [(row.status, row.attempts, row.due_at) for row in await refunds(backend)] == [("failed", 5, None)]
    assert (await again(backend, note)).amount_due_cents == -1210
    assert [left.available_cents for left in await backend.ask(ada, credits.balances, ACME)] == [1210]
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (payment.refundable_cents, payment.promised_cents) == (1210, 0)


async def test_a_refusal_is_no_longer_repeated_once_its_cause_is_gone(backend, clock, provider):
    """A provider says the same under the same key for hours; so each refusal ends its key."""
    invoice = await paid(backend)
    provider.refuses_refunds = "The account of the seller is empty."
    made, note = await refund(backend, invoice)
    provider.refuses_refunds = None
    clock.advance(timedelta(minutes=31))
    await payments.refund_due(backend)
    assert [(row.status, row.attempts, row.refusals) for row in await refunds(backend)] == [("succeeded", 2, 1)]
    assert provider.refunded == [f"{note.id}:1"]
    # The first call's answer, late and for the second time.
    late = RefundResult(PaymentStatus.failed, None, "The account of the seller is empty.")
    await backend.perform(ada, record_refund, made.id, late, key=note.id)
    assert [row.status for row in await refunds(backend)] == ["succeeded"]


async def test_a_worker_that_comes_late_does_not_take_back_what_went(backend, provider):
    """It finds nothing left to give back, since that refund gave it back."""
    invoice = await paid(backend)
    made, _ = await refund(backend, invoice)
    await execute(backend, made.id)
    assert [row.status for row in await refunds(backend)] == ["succeeded"]
    assert await backend.ask(ada, credits.balances, ACME) == []


async def test_a_late_refusal_says_nothing_of_the_call_after_it(backend, clock, provider):
    invoice = await paid(backend)
    provider.refuses_refunds = "The account of the seller is empty."
    made, note = await refund(backend, invoice)
    await backend.perform(ada, under_way, made.id)
    late = RefundResult(PaymentStatus.failed, None, "The account of the seller is empty.")
    for key, attempts in ((note.id, 1), (f"{note.id}:1", 2)):
        await backend.perform(ada, record_refund, made.id, late, key=key)
        assert [row.attempts for row in await refunds(backend)] == [attempts]


async def under_way(uow, refund_id):
    (await uow.session.get_one(Refund, refund_id)).advance(RefundLifecycle.retry)


async def test_a_refund_whose_answer_is_lost_is_never_given_up(backend, clock, provider):
    """The money may have gone: to free its credit would pay it out twice."""
    invoice = await paid(backend)
    provider.is_down = True
    await refund(backend, invoice)
    for _ in range(8):
        clock.advance(timedelta(days=1, minutes=1))
        await payments.refund_due(backend)
    assert [(row.status, row.attempts, row.released_at) for row in await refunds(backend)] == [("failed", 9, None)]
    assert await backend.ask(ada, credits.balances, ACME) == []
    provider.is_down = False
    clock.advance(timedelta(days=1, minutes=1))
    await payments.refund_due(backend)
    assert [row.status for row in await refunds(backend)] == ["succeeded"]
    assert len(provider.refunded) == 1


async def test_a_refund_whose_process_died_on_the_way_is_finished(backend, clock, provider):
    invoice = await paid(backend)
    note_id = await begun(backend, invoice)
    clock.advance(timedelta(minutes=31))
    assert await payments.refund_due(backend) == 1
    assert [(row.status, row.amount_cents) for row in await refunds(backend)] == [("succeeded", 1210)]
    assert (await backend.ask(ada, invoices.get, note_id)).status == "paid"


async def test_an_unpaid_invoice_is_credited_not_refunded(backend):
    invoice = await sent(backend)
    with pytest.raises(Refused, match="only a paid invoice is refunded"):
        await payments.refund(backend, petra, invoice.id, None, "No.")
