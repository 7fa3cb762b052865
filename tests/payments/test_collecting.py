"""Collecting: one open payment, one charge, whatever is lost on the way."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus
from scaicontrol.services import invoices, payments
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn, MarkPaidIn
from scaicontrol.services.payments.models import Dunning
from scaicontrol.services.payments.service import collect
from scaicontrol.services.payments.service.collect import schedule
from scaicontrol.services.payments.service.outcomes import record
from tests.factories import ada, alice, gina, petra
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card
from tests.factories.subscriptions import CLOCK


def net_for(ending):
    """A net amount whose total with Dutch VAT ends in `ending`."""
    return next(net for net in range(1000, 2000) if (net * 121 + 50) // 100 % 100 == ending)


async def attempts(backend, invoice):
    return list(await backend.ask(ada, payments.of_invoice, invoice.id))


async def topics(backend, *wanted):
    async def read(uow):
        rows = select(Outbox.event_type).where(Outbox.event_type.in_(wanted)).order_by(Outbox.id)
        return list(await uow.session.scalars(rows))

    return await backend.ask(ada, read)


async def scheduled(backend, net=1000):
    await store_card(backend)
    invoice = await sent(backend, a_line(net))
    await backend.perform(CLOCK, schedule, invoice.id)
    return invoice


async def test_a_scheduled_payment_is_charged_once_and_settles_the_invoice(backend, provider):
    invoice = await scheduled(backend)
    await backend.perform(CLOCK, schedule, invoice.id)
    await payments.charge_due(backend)
    await payments.charge_due(backend)
    (payment,) = await attempts(backend, invoice)
    assert (payment.status, payment.idempotency_key, payment.open_key) == ("succeeded", f"{invoice.id}:1", None)
    assert (await again(backend, invoice)).status == "paid"
    assert provider.charged == [f"{invoice.id}:1"]


async def test_a_lost_answer_is_found_and_never_charged_again(backend, clock, provider):
    invoice = await scheduled(backend, net_for(3))
    await payments.charge_due(backend)
    assert [payment.status for payment in await attempts(backend, invoice)] == ["pending"]
    await payments.charge_due(backend)
    clock.advance(timedelta(minutes=10))
    await payments.charge_due(backend)
    assert [payment.status for payment in await attempts(backend, invoice)] == ["succeeded"]
    assert len(provider.charged) == 1
    assert len(provider.taken()) == 1


async def test_a_process_that_died_before_its_call_charges_later_with_the_same_key(backend, clock, provider):
    invoice = await scheduled(backend)
    await backend.perform(CLOCK, collect._claim)
    clock.advance(timedelta(minutes=2))
    await payments.charge_due(backend)
    assert provider.charged == [f"{invoice.id}:1"]
    assert (await again(backend, invoice)).status == "paid"


async def test_a_provider_that_is_down_leaves_the_payment_open(backend, clock, provider):
    invoice = await scheduled(backend)
    provider.is_down = True
    await payments.charge_due(backend)
    assert [payment.status for payment in await attempts(backend, invoice)] == ["pending"]
    provider.is_down = False
    clock.advance(timedelta(minutes=10))
    await payments.charge_due(backend)
    assert (await again(backend, invoice)).status == "paid"


async def test_many_at_once_open_one_payment(backend, provider):
    await store_card(backend)
    invoice = await sent(backend)
    results = await asyncio.gather(
        *(payments.pay(backend, actor, invoice.id) for actor in (alice, petra, alice, petra)), return_exceptions=True
    )
    refused = [error for error in results if isinstance(error, Conflict | Refused)]
    assert len(refused) == 3, results
    assert len(await attempts(backend, invoice)) == 1
    assert len(provider.taken()) == 1


async def test_a_payer_who_must_act_is_sent_to_the_page_and_asked_about(backend, clock, provider):
    invoice = await scheduled(backend, net_for(2))
    await payments.charge_due(backend)
    (payment,) = await attempts(backend, invoice)
    assert (payment.status, payment.redirect_url is not None) == ("requires_action", True)
    with pytest.raises(Conflict, match="under way"):
        await payments.pay(backend, petra, invoice.id)
    provider.complete(payment.external_id, approved=True)
    clock.advance(timedelta(minutes=10))
    await payments.charge_due(backend)
    assert (await again(backend, invoice)).status == "paid"


async def test_another_currency_is_never_booked_and_told_once(backend, clock, provider):
    invoice = await scheduled(backend)
    provider.reports = {"currency": "USD"}
    await payments.charge_due(backend)
    clock.advance(timedelta(hours=1))
    await payments.charge_due(backend)
    (payment,) = await attempts(backend, invoice)
    assert (payment.status, payment.failure_code, payment.due_at) == ("pending", "provider_mismatch", None)
    assert (await again(backend, invoice)).amount_due_cents == 1210
    same = PaymentResult(PaymentStatus.succeeded, payment.external_id, 1210, "USD")
    await backend.perform(CLOCK, record, payment.id, same)
    assert await topics(backend, "payment.mismatched", "payment.succeeded") == ["payment.mismatched"]


async def test_the_same_answer_twice_changes_nothing(backend, provider):
    invoice = await scheduled(backend)
    await payments.charge_due(backend)
    (payment,) = await attempts(backend, invoice)
    told = PaymentResult(PaymentStatus.succeeded, payment.external_id, 1210, "EUR")
    for answer in (told, told, PaymentResult(PaymentStatus.pending, payment.external_id)):
        await backend.perform(CLOCK, record, payment.id, answer)
    assert await topics(backend, "payment.succeeded", "payment.failed", "invoice.paid") == [
        "invoice.paid",
        "payment.succeeded",
    ]


async def test_what_was_paid_by_hand_meanwhile_is_not_charged(backend, clock, provider):
    invoice = await scheduled(backend)
    await backend.perform(
        petra, invoices.mark_paid, invoice.id, MarkPaidIn(paid_at=clock.now(), method="bank_transfer", reference="T1")
    )
    await payments.charge_due(backend)
    assert provider.charged == []
    assert [payment.failure_code for payment in await attempts(backend, invoice)] == ["withdrawn"]


async def test_what_was_credited_in_part_meanwhile_is_charged_for_the_rest(backend, clock, provider):
    invoice = await scheduled(backend)
    line = invoice.lines[0]
    part = CreditIn(lines=[CreditLineIn(line_id=line.id, amount_cents=400)], reason="Outage.")
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, part)
    await invoices.finalize(backend, petra, note.id)
    await payments.charge_due(backend)
    await payments.charge_due(backend)
    assert provider.taken() == [726]
    assert (await again(backend, invoice)).status == "paid"


async def test_a_late_failure_of_a_paid_invoice_pursues_nobody(backend, clock, provider):
    invoice = await scheduled(backend, net_for(2))
    await payments.charge_due(backend)
    (payment,) = await attempts(backend, invoice)
    await backend.perform(
        petra, invoices.mark_paid, invoice.id, MarkPaidIn(paid_at=clock.now(), method="bank_transfer", reference="T1")
    )
    failed = PaymentResult(PaymentStatus.failed, payment.external_id, failure_code="card_declined")
    await backend.perform(CLOCK, record, payment.id, failed)
    assert [payment.status for payment in await attempts(backend, invoice)] == ["failed"]
    assert await backend.ask(ada, lambda uow: uow.session.get(Dunning, invoice.id)) is None


async def test_a_failed_payment_can_be_retried_as_a_new_attempt(backend, provider):
    invoice = await scheduled(backend)
    provider.declines = ["card_declined"]
    await payments.charge_due(backend)
    (failed,) = await attempts(backend, invoice)
    await payments.retry(backend, petra, failed.id)
    assert [payment.status for payment in await attempts(backend, invoice)] == ["failed", "succeeded"]
    with pytest.raises(Refused, match="it is succeeded"):
        await payments.retry(backend, petra, (await attempts(backend, invoice))[1].id)


async def test_a_method_of_another_tenant_pays_nothing(backend, provider):
    foreign = await store_card(backend, "2", by=gina)
    invoice = await sent(backend)
    with pytest.raises(Refused, match="belongs to another tenant"):
        await payments.pay(backend, petra, invoice.id, method_id=foreign.id)
