"""Disputes: opened, won, lost or withdrawn, in any order; the books follow, and nothing is given back twice."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from scaicontrol.core.errors import Forbidden, NotFound, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import invoices, payments
from scaicontrol.services.invoices.models import Settlement
from scaicontrol.services.invoices.schemas import CreditIn
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.payments.models import Dispute, DisputeMovement, Payment
from scaicontrol.services.payments.schemas import DisputeCloseIn, DisputeIn
from tests.factories import ada, alice, gina, petra
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card, unbalanced
from tests.payments.test_collecting import topics
from tests.payments.test_what_providers_say import a_transfer, credit, tell


async def paid(backend, net=1000):
    """A card invoice that is paid, and its payment."""
    await store_card(backend)
    invoice = await sent(backend, a_line(net))
    await payments.pay(backend, petra, invoice.id)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    return await again(backend, invoice), payment


async def disputed(backend, provider, *outcomes, amount_cents=None):
    """A paid invoice whose payment is disputed, and decided as told."""
    invoice, payment = await paid(backend)
    dispute_id = provider.dispute(payment.external_id, amount_cents)
    await tell(backend, provider)
    for outcome in outcomes:
        provider.close_dispute(dispute_id, outcome)
        await tell(backend, provider)
    return invoice, payment


async def all_of(backend, entity):
    async def read(uow):
        return list(await uow.session.scalars(select(entity).order_by(entity.created_at, entity.id)))

    return await backend.ask(ada, read)


async def bears_losses(backend, choice="write_off"):
    async def choose(uow):
        await uow.session.execute(update(PartnerConfiguration).values(dispute_lost=choice))

    await backend.perform(ada, choose)


async def test_an_open_dispute_leaves_the_invoice_and_holds_the_money(backend, provider):
    invoice, _ = await disputed(backend, provider)
    (dispute,) = await all_of(backend, Dispute)
    assert (dispute.status, dispute.withheld_cents, dispute.fee_cents) == ("opened", 1210, 1500)
    assert (await again(backend, invoice)).status == "paid"
    with pytest.raises(Refused):
        await payments.refund(backend, petra, invoice.id, 100, "Goodwill.")
    assert provider.refunded == []
    assert await topics(backend, "payment.disputed", "dispute.opened") == ["payment.disputed", "dispute.opened"]
    assert await unbalanced(backend, provider) == []


async def test_a_won_one_gives_everything_back(backend, provider):
    invoice, _ = await disputed(backend, provider, "won")
    moved = [(row.kind, row.amount_cents) for row in await all_of(backend, DisputeMovement)]
    assert sorted(moved) == [("fee", -1500), ("fee", 1500), ("withheld", -1210), ("withheld", 1210)]
    refunded = await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    assert [refund.status for refund in refunded.refunds] == ["succeeded"]


async def test_a_lost_one_reopens_the_invoice_and_is_pursued(backend, provider):
    invoice, _ = await disputed(backend, provider, "lost")
    (now,) = await all_of(backend, Payment)
    owed = await again(backend, invoice)
    assert (now.status, now.lost_cents, owed.status, owed.amount_due_cents) == ("reversed", 1210, "past_due", 1210)
    assert await unbalanced(backend, provider) == []
    assert (await topics(backend, "dispute.lost", "invoice.reopened", "invoice.past_due"))[-1] == "dispute.lost"


async def test_a_lost_one_is_the_sellers_loss_where_the_seller_says_so(backend, provider):
    await bears_losses(backend)
    invoice, _ = await disputed(backend, provider, "lost")
    held = await again(backend, invoice)
    assert (held.status, held.settlement, held.amount_due_cents) == ("paid", "write_off", 0)
    rows = [(row.kind, row.amount_cents) for row in await all_of(backend, Settlement)]
    assert sorted(rows) == [("payment", 1210), ("reversal", -1210), ("write_off", 1210)]
    assert await unbalanced(backend, provider) == []


@pytest.mark.by_turns
@pytest.mark.parametrize("before", ["won", "lost"])
async def test_a_payer_who_takes_back_what_was_decided_brings_the_money_back(backend, provider, before):
    invoice, _ = await disputed(backend, provider, before, "withdrawn")
    (dispute,) = await all_of(backend, Dispute)
    held = await again(backend, invoice)
    assert (dispute.status, dispute.lost_cents) == ("withdrawn", 0)
    assert (held.status, held.amount_paid_cents) == ("paid", 1210)
    assert await unbalanced(backend, provider) == []


async def test_a_loss_gives_way_to_money_that_comes_after_all(backend, provider):
    await bears_losses(backend)
    invoice, _ = await disputed(backend, provider, "lost", "won")
    held = await again(backend, invoice)
    assert (held.status, held.settlement, held.amount_paid_cents) == ("paid", "payment", 1210)
    assert sum(row.amount_cents for row in await all_of(backend, Settlement) if row.kind == "write_off") == 0
    assert await unbalanced(backend, provider) == []


async def test_a_credit_note_takes_the_place_of_a_loss_and_gives_nobody_money(backend, provider):
    await bears_losses(backend)
    invoice, _ = await disputed(backend, provider, "lost")
    note = await credit(backend, invoice, CreditIn(reason="Never delivered."))
    assert (await again(backend, note)).amount_due_cents == 0
    held = await again(backend, invoice)
    assert (held.amount_credited_cents, held.amount_paid_cents, held.amount_due_cents) == (1210, 0, 0)


async def test_a_part_leaves_the_rest_refundable(backend, provider):
    invoice, _ = await disputed(backend, provider, "lost", amount_cents=210)
    (now,) = await all_of(backend, Payment)
    assert (now.status, now.kept_cents) == ("succeeded", 1000)
    assert (await again(backend, invoice)).amount_due_cents == 210
    assert now.refundable_cents == 1000


async def test_a_refund_on_its_way_stops_when_the_payer_disputes(backend, clock, provider):
    """Its provider was down; meanwhile the bank took the money: it would be paid out twice."""
    invoice, payment = await paid(backend)
    provider.is_down = True
    refunded = await payments.refund(backend, petra, invoice.id, None, "Cancelled.")
    assert [refund.status for refund in refunded.refunds] == ["failed"]
    provider.is_down = False
    provider.dispute(payment.external_id)
    await tell(backend, provider)
    clock.advance(timedelta(hours=1))
    await payments.refund_due(backend)
    assert provider.refunded == []


async def test_a_dispute_whose_webhook_was_lost_is_found_with_its_payment_and_followed_daily(backend, clock, provider):
    _, payment = await paid(backend)
    dispute_id = provider.dispute(payment.external_id)
    for event_id, _, _ in provider.due_events():
        provider.mark_sent(event_id)  # into the void
    provider.capture(payment.external_id, payment.amount_cents)  # any news of the payment names its disputes
    await tell(backend, provider)
    provider.close_dispute(dispute_id, "lost")
    for event_id, _, _ in provider.due_events():
        provider.mark_sent(event_id)
    clock.advance(timedelta(days=1))
    assert await payments.ask_disputes(backend) == 1
    assert (await all_of(backend, Dispute))[0].status == "lost"
    assert await payments.ask_disputes(backend) == 0


async def test_what_only_the_bank_tells_is_recorded_once_and_reopens_the_invoice(backend, provider):
    invoice = await sent(backend, a_line(1000))
    await backend.perform(petra, invoices.mark_paid, invoice.id, a_transfer(backend))
    told = DisputeIn(invoice_id=invoice.id, reason="MD06", reference="RTRN-1", outcome="lost", fee_cents=350)
    first = await backend.perform(petra, payments.open_dispute, told)
    assert (await backend.perform(petra, payments.open_dispute, told)).id == first.id
    owed = await again(backend, invoice)
    assert (owed.status, owed.amount_due_cents, first.lost_cents, first.fee_cents) == ("past_due", 1210, 1210, 350)
    assert await topics(backend, "dispute.lost") == ["dispute.lost"]


async def test_a_person_records_what_the_bank_took_of_a_card_payment(backend, provider):
    """The provider tells nothing of it; the seller's bank statement does."""
    invoice, payment = await paid(backend)
    told = DisputeIn(
        invoice_id=invoice.id, payment_id=payment.id, reason="Recall", reference="RTRN-2", amount_cents=210
    )
    opened = await backend.perform(petra, payments.open_dispute, told)
    (now,) = await all_of(backend, Payment)
    assert (now.disputed_cents, now.refundable_cents) == (210, 1000)
    await backend.perform(petra, payments.close_dispute, opened.id, DisputeCloseIn(outcome="lost", fee_cents=350))
    (now,) = await all_of(backend, Payment)
    assert (now.disputed_cents, now.lost_cents, now.refundable_cents) == (0, 210, 1000)
    assert ((await again(backend, invoice)).amount_due_cents, await topics(backend, "dispute.lost")) == (
        210,
        ["dispute.lost"],
    )


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_cannot_be_recorded_is_a_sentence_and_nothing_is_booked(backend, clock, provider):
    invoice = await sent(backend, a_line(1000))
    asked: dict[str, Any] = {"invoice_id": invoice.id, "reason": "MD06", "reference": "RTRN-1"}
    with pytest.raises(Refused, match="Nothing has come"):
        await backend.perform(petra, payments.open_dispute, DisputeIn(**asked))
    for cents in (500, 710):
        await backend.perform(petra, invoices.mark_paid, invoice.id, a_transfer(backend, cents))
    with pytest.raises(Refused, match="name one of pay_"):
        await backend.perform(petra, payments.open_dispute, DisputeIn(**asked))
    rows = [row for row in await all_of(backend, Settlement) if row.amount_cents == 710]
    named = asked | {"payment_id": rows[0].source_id}
    with pytest.raises(Refused, match="710 cents"):
        await backend.perform(petra, payments.open_dispute, DisputeIn(**named, amount_cents=711))
    tomorrow = clock.now() + timedelta(days=1)
    with pytest.raises(Refused, match="has not come"):
        await backend.perform(petra, payments.open_dispute, DisputeIn(**named, opened_at=tomorrow))
    with pytest.raises(NotFound, match="pay_nowhere"):
        await backend.perform(petra, payments.open_dispute, DisputeIn(**(asked | {"payment_id": "pay_nowhere"})))
    with pytest.raises(Forbidden):
        await backend.perform(alice, payments.open_dispute, DisputeIn(**named))
    assert await all_of(backend, Dispute) == []
    opened = await backend.perform(petra, payments.open_dispute, DisputeIn(**named))
    await backend.perform(petra, payments.close_dispute, opened.id, DisputeCloseIn(outcome="won"))
    with pytest.raises(Refused, match="it is won"):
        await backend.perform(petra, payments.close_dispute, opened.id, DisputeCloseIn(outcome="lost"))


async def test_a_provider_decides_its_own(backend, provider):
    await disputed(backend, provider)
    (dispute,) = await all_of(backend, Dispute)
    with pytest.raises(Refused, match="sandbox decides it"):
        await backend.perform(petra, payments.close_dispute, dispute.id, DisputeCloseIn(outcome="won"))


async def test_a_tenant_sees_its_own_and_no_other(backend, provider):
    await disputed(backend, provider)
    for actor, seen in ((alice, 1), (gina, 0), (petra, 1)):
        assert (await backend.ask(actor, payments.disputes, PageRequest())).total == seen


async def keep_credits(backend):
    """Let no history's credit settle the invoice of the next."""

    async def choose(uow):
        await uow.session.execute(update(PartnerConfiguration).values(auto_apply_credit=False))

    await backend.perform(ada, choose)


OUTCOMES = st.lists(st.sampled_from(["won", "lost", "withdrawn", "opened"]), max_size=4)
PARTS = st.sampled_from([None, 210, 1000])


@pytest.mark.long
# Hypothesis writes its arguments down, the backend with all that reached its outside among them.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("dialect", ["sqlite"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=st.lists(st.tuples(PARTS, OUTCOMES, st.booleans()), min_size=1, max_size=2), bears=st.booleans())
async def test_any_history_of_disputes_leaves_books_that_add_up(backend, provider, histories, bears):
    """In any order, in part or in whole, beside refunds and returned debits; the seller pursues or bears losses."""
    await keep_credits(backend)
    await bears_losses(backend, "write_off" if bears else "reopen")
    invoice, payment = await paid(backend)
    for cents, outcomes, bounces in histories:
        try:
            dispute_id = provider.dispute(payment.external_id, cents)
        except Refused:
            continue  # nothing is left, or it was returned
        await tell(backend, provider)
        for outcome in outcomes:
            provider.close_dispute(dispute_id, outcome)
            await tell(backend, provider)
        if bounces and not any(each["status"] == "opened" for each in provider.disputes()):
            provider.bounce(payment.external_id)
            await tell(backend, provider)
    assert await unbalanced(backend, provider) == []
    (now,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert now.refundable_cents <= max(provider.keeps(payment.external_id), 0)
