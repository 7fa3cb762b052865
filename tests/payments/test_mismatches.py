"""A provider says what cannot be booked: a person decides what counts, and the books and the invoice follow."""

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import Forbidden, Invalid, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus
from scaicontrol.services import payments
from scaicontrol.services.payments.lifecycle import MismatchDecision
from scaicontrol.services.payments.schemas import DisputeIn, MismatchIn, PaymentFilter
from scaicontrol.services.payments.service.outcomes import record
from tests.factories import ada, alice, petra
from tests.factories.credits import balance, broken_books, credited, net_received
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card

from .test_collecting import topics

CLOCK = Actor.system("payment_charge")
ACCEPT = MismatchIn(decision=MismatchDecision.accept, reason="As the provider's settlement says.")
KEEP = MismatchIn(decision=MismatchDecision.keep, reason="A mistake of the provider's, who corrects it.")


async def paid(backend):
    """12.10 by card."""
    await store_card(backend)
    invoice = await sent(backend, a_line(1000))
    return invoice, await payments.pay(backend, petra, invoice.id)


async def says(backend, payment, cents, currency="EUR", status="succeeded"):
    told = PaymentResult(PaymentStatus(status), payment.external_id, cents, currency)
    return await backend.perform(CLOCK, record, payment.id, told)


async def waiting(backend):
    return (await backend.ask(ada, payments.page, PageRequest(), PaymentFilter(is_mismatched=True))).items


async def resolve(backend, payment, body):
    return await backend.perform(petra, payments.resolve_mismatch, payment.id, body)


@pytest.mark.parametrize(("reported", "decision", "kept"), [
    *[(cents, "accept", cents) for cents in (0, 1, 605, 1209)],
    *[(cents, "keep", 1210) for cents in (0, 1, 605, 1209)],
])  # fmt: skip
async def test_less_than_was_booked(backend, reported, decision, kept):
    invoice, payment = await paid(backend)
    await says(backend, payment, reported)
    assert [each.id for each in await waiting(backend)] == [payment.id]
    assert await net_received(backend) == 1210  # until somebody decides
    done = await resolve(backend, payment, ACCEPT if decision == "accept" else KEEP)
    for _ in range(2):  # and the provider says the same again
        assert (done.kept_cents, done.failure_code, done.is_mismatched) == (
            kept, None if decision == "keep" or reported == 1210 else done.failure_code, False,
        )  # fmt: skip
        assert (await again(backend, invoice)).amount_due_cents == 1210 - kept
        assert (await net_received(backend), await broken_books(backend), await waiting(backend)) == (kept, [], [])
        done = await says(backend, payment, reported)
    assert (await again(backend, invoice)).status == ("paid" if kept == 1210 else "past_due")


@pytest.mark.parametrize(("decision", "comes_to"), [("accept", 1100), ("accept", 1210), ("accept", 1500), ("keep", 0)])
async def test_another_currency_while_it_was_under_way(backend, provider, decision, comes_to):
    await store_card(backend)
    invoice = await sent(backend, a_line(1000))
    provider.reports = {"currency": "USD"}
    payment = await payments.pay(backend, petra, invoice.id)
    assert ([each.id for each in await waiting(backend)], payment.status) == ([payment.id], "pending")
    if decision == "keep":
        done = await resolve(backend, payment, KEEP)
        assert (done.status, done.open_key) == ("failed", None)
    else:
        with pytest.raises(Invalid, match="say what it came to in EUR"):
            await resolve(backend, payment, ACCEPT)
        done = await resolve(backend, payment, ACCEPT.model_copy(update={"amount_cents": comes_to}))
        assert (done.status, done.refundable_cents) == ("succeeded", 0)  # its provider would give back dollars
    await says(backend, payment, 1210, "USD")
    owes = (await again(backend, invoice)).amount_due_cents
    assert (owes, await balance(backend)) == (max(1210 - comes_to, 0), max(comes_to - 1210, 0))
    assert (await net_received(backend), await broken_books(backend), await waiting(backend)) == (comes_to, [], [])
    if owes == 1210:  # nothing stands in the way of collecting it anew
        provider.reports = {}
        assert (await payments.pay(backend, petra, invoice.id)).status == "succeeded"


async def test_something_else_asks_again_and_what_can_be_booked_is_booked(backend):
    invoice, payment = await paid(backend)
    await says(backend, payment, 600)
    await resolve(backend, payment, KEEP)
    await says(backend, payment, 500)
    assert [each.reported_cents for each in await waiting(backend)] == [500]
    await resolve(backend, payment, ACCEPT)
    done = await says(backend, payment, 1210)  # the rest came after all
    assert (done.kept_cents, done.reported_cents, await waiting(backend)) == (1210, None, [])
    assert ((await again(backend, invoice)).status, await broken_books(backend)) == ("paid", [])


async def test_a_provider_that_corrects_itself_needs_nobody(backend):
    invoice, payment = await paid(backend)
    await says(backend, payment, 600)
    done = await says(backend, payment, 1210)
    assert (done.failure_code, await waiting(backend)) == (None, [])
    await says(backend, payment, 600)
    await says(backend, payment, None, status="failed")
    assert (await waiting(backend), (await again(backend, invoice)).amount_due_cents) == ([], 1210)


async def test_what_was_refunded_meanwhile_is_owed_where_it_never_came(backend):
    invoice, payment = await paid(backend)
    await credited(backend, invoice, 610)
    await payments.refund(backend, petra, invoice.id, 610, "As agreed.")
    await says(backend, payment, 605)
    done = await resolve(backend, payment, ACCEPT)
    assert (done.status, done.kept_cents, done.refunded_cents) == ("refunded", 605, 610)
    assert ((await again(backend, invoice)).amount_due_cents, await broken_books(backend)) == (605, [])


async def test_no_less_is_accepted_than_disputes_ask_back(backend):
    invoice, payment = await paid(backend)
    told = DisputeIn(invoice_id=invoice.id, amount_cents=700, reason="MD06", reference="RTRN-1", outcome="lost")
    await backend.perform(petra, payments.open_dispute, told)
    await says(backend, payment, 699)
    with pytest.raises(Refused, match="700 EUR cents of it are asked back or lost"):
        await resolve(backend, payment, ACCEPT)
    assert (await net_received(backend), await broken_books(backend)) == (510, [])
    await resolve(backend, payment, KEEP)


@pytest.mark.parametrize(("body", "error", "message"), [
    (ACCEPT.model_copy(update={"amount_cents": 601}), Invalid, "says 600 EUR, not 601"),
    (KEEP.model_copy(update={"amount_cents": 600}), Invalid, "only what is accepted has an amount"),
])  # fmt: skip
async def test_an_amount_that_is_not_the_providers_is_refused(backend, body, error, message):
    _, payment = await paid(backend)
    await says(backend, payment, 600)
    with pytest.raises(error, match=message):
        await resolve(backend, payment, body)
    assert (await net_received(backend), len(await waiting(backend))) == (1210, 1)


async def test_what_does_not_wait_is_not_decided_on_and_nobody_decides_for_himself(backend):
    _, payment = await paid(backend)
    with pytest.raises(Refused, match="is booked, or was decided on already"):
        await resolve(backend, payment, ACCEPT)
    await says(backend, payment, 600)
    with pytest.raises(Forbidden):
        await backend.perform(alice, payments.resolve_mismatch, payment.id, ACCEPT)
    await resolve(backend, payment, ACCEPT)
    with pytest.raises(Refused, match="is booked, or was decided on already"):
        await resolve(backend, payment, KEEP)


async def test_who_decided_and_why_is_on_record(backend):
    _, payment = await paid(backend)
    await says(backend, payment, 600)
    await resolve(backend, payment, ACCEPT)
    assert await topics(backend, "payment.mismatched", "payment.mismatch_resolved", "payment.reversed") == [
        "payment.mismatched", "payment.reversed", "payment.mismatch_resolved",
    ]  # fmt: skip

    async def written(uow):
        query = select(AuditEntry).where(AuditEntry.resource_id == payment.id, AuditEntry.reason == ACCEPT.reason)
        return [(row.actor_id, row.before, row.after) for row in await uow.session.scalars(query)]

    assert await backend.ask(ada, written) == [(petra.id, {"booked_cents": 1210}, {"booked_cents": 600})]
