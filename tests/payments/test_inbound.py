"""Providers' webhooks are hints: verified, kept once, and checked against what the provider answers."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound, Unauthenticated
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus
from scaicontrol.integrations.payment_providers.sandbox import SIGNATURE_HEADER, sign
from scaicontrol.services import payments
from scaicontrol.services.payments.models import InboundEvent
from scaicontrol.services.payments.service.collect import schedule
from scaicontrol.services.payments.service.outcomes import record
from tests.factories import ada
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card
from tests.factories.subscriptions import CLOCK
from tests.payments.test_collecting import net_for, topics


def a_webhook(payment_id="sbp_unknown", event_id="sbe_1", kind="payment", **fields):
    body = {"id": event_id, "kind": kind, "payment_id": payment_id, "occurred_at": "2026-01-15T09:00:00+00:00"} | fields
    raw = json.dumps(body).encode()
    return {SIGNATURE_HEADER: sign(raw)}, raw


async def kept(backend):
    async def read(uow):
        return [(row.external_id, row.status) for row in await uow.session.scalars(select(InboundEvent))]

    return await backend.ask(ada, read)


async def waiting(backend, provider):
    """An invoice whose payer has to act, and the payment."""
    await store_card(backend)
    invoice = await sent(backend, a_line(net_for(2)))
    await backend.perform(CLOCK, schedule, invoice.id)
    await payments.charge_due(backend)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    return invoice, payment


async def test_an_approved_payment_is_booked_when_its_webhook_comes(backend, provider):
    invoice, payment = await waiting(backend, provider)
    provider.complete(payment.external_id, approved=True)
    for _, body, headers in provider.due_events():
        assert await payments.receive(backend, "sandbox", headers, body) == 1
    await payments.process_inbound(backend)
    assert (await again(backend, invoice)).status == "paid"


async def test_a_payment_that_several_tell_of_is_asked_about_once(backend, provider, monkeypatch):
    invoice, payment = await waiting(backend, provider)
    provider.complete(payment.external_id, approved=True)
    asked, fetch = [], provider.fetch

    async def counted(external_id):
        asked.append(external_id)
        return await fetch(external_id)

    monkeypatch.setattr(provider, "fetch", counted)
    for number in range(5):
        await payments.receive(backend, "sandbox", *a_webhook(payment.external_id, f"sbe_{number}"))
    assert await payments.process_inbound(backend) == 5
    assert asked == [payment.external_id]
    assert {status for _, status in await kept(backend)} == {"processed"}
    assert (await again(backend, invoice)).status == "paid"


async def test_what_was_done_is_marked_though_another_breaks_off_the_batch(backend, provider, monkeypatch):
    _, payment = await waiting(backend, provider)
    await payments.receive(backend, "sandbox", *a_webhook(payment.external_id, "sbe_1"))
    backend.clock.advance(timedelta(seconds=1))
    await payments.receive(backend, "sandbox", *a_webhook("dsp_1", "sbe_2", kind="dispute", dispute_id="sbd_1"))

    async def broken(_external_id):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(provider, "fetch_dispute", broken)
    with pytest.raises(RuntimeError):
        await payments.process_inbound(backend)
    assert sorted(await kept(backend)) == [("sbe_1", "processed"), ("sbe_2", "received")]


async def test_what_is_known_of_a_row_that_has_changed_since_is_asked_for_again(backend, provider, monkeypatch):
    _, payment = await waiting(backend, provider)
    provider.complete(payment.external_id, approved=True)
    await payments.receive(backend, "sandbox", *a_webhook(payment.external_id, "sbe_1"))
    await payments.process_inbound(backend)
    asked, fetch = [], provider.fetch

    async def overtaken(external_id):
        asked.append(external_id)
        if len(asked) == 1:  # somebody else hears meanwhile that the payer's bank took it back
            failed = PaymentResult(PaymentStatus.failed, external_id, failure_code="returned")
            await backend.perform(Actor.system("inbound_webhooks"), record, payment.id, failed)
        return await fetch(external_id)

    monkeypatch.setattr(provider, "fetch", overtaken)
    await payments.receive(backend, "sandbox", *a_webhook(payment.external_id, "sbe_2"))
    await payments.process_inbound(backend)
    now = await backend.ask(ada, payments.get, payment.id)
    assert (len(asked), now.status, now.kept_cents) == (2, "succeeded", payment.amount_cents)


async def test_a_duplicate_is_kept_and_acted_upon_once(backend, provider):
    _invoice, payment = await waiting(backend, provider)
    provider.complete(payment.external_id, approved=True)
    headers, raw = a_webhook(payment.external_id)
    counts = await asyncio.gather(*(payments.receive(backend, "sandbox", headers, raw) for _ in range(3)))
    assert sorted(counts) == [0, 0, 1]
    for _ in range(2):
        await payments.process_inbound(backend)
    assert await kept(backend) == [("sbe_1", "processed")]
    assert await topics(backend, "payment.succeeded") == ["payment.succeeded"]


async def test_a_webhook_that_claims_more_than_the_provider_says_books_nothing(backend, provider):
    invoice, payment = await waiting(backend, provider)
    await payments.receive(backend, "sandbox", *a_webhook(payment.external_id, status="succeeded", amount_cents=1))
    await payments.process_inbound(backend)
    assert (await again(backend, invoice)).status == "sent"


async def test_forged_unknown_and_foreign_ones_have_no_effect(backend, provider):
    _, raw = a_webhook()
    with pytest.raises(Unauthenticated):
        await payments.receive(backend, "sandbox", {SIGNATURE_HEADER: "sha256=00"}, raw)
    with pytest.raises(NotFound):
        await payments.receive(backend, "nowhere", *a_webhook())
    await payments.receive(backend, "sandbox", *a_webhook(event_id="sbe_1"))
    await payments.receive(backend, "sandbox", *a_webhook(event_id="sbe_2", kind="payout"))
    await payments.process_inbound(backend)
    assert sorted(await kept(backend)) == [("sbe_1", "ignored"), ("sbe_2", "ignored")]


async def test_hopeless_ones_hold_up_nobody_and_are_given_up(backend, clock, provider):
    _, payment = await waiting(backend, provider)

    async def store(uow):
        for number in range(120):
            uow.session.add(
                InboundEvent(
                    id=f"evt_{number}", provider="sandbox", external_id=f"sbe_{number}", received_at=uow.now,
                    payload={"kind": "payment", "external_id": "sbp_gone"}, status="failed",
                )
            )  # fmt: skip

    await backend.perform(CLOCK, store)
    clock.advance(timedelta(minutes=1))
    provider.complete(payment.external_id, approved=True)
    await payments.receive(backend, "sandbox", *a_webhook(payment.external_id, "sbe_fresh"))
    await payments.process_inbound(backend)
    assert ("sbe_fresh", "processed") in await kept(backend)
    clock.advance(timedelta(days=4))
    assert await payments.process_inbound(backend) == 0


async def test_a_dispute_is_told_once_and_leaves_the_books(backend, provider):
    await store_card(backend)
    invoice = await sent(backend)
    await payments.pay(backend, ada, invoice.id)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    provider.dispute(payment.external_id)
    for number in (1, 2):
        webhook = a_webhook(payment.external_id, f"sbe_{number}", "dispute")
        await payments.receive(backend, "sandbox", *webhook)
        await payments.process_inbound(backend)
    assert await topics(backend, "payment.disputed") == ["payment.disputed"]
    assert (await again(backend, invoice)).status == "paid"
