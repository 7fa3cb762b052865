"""
Money is what the provider says, whatever we believed before: each belief is contradicted in each way, by each method.

Every case ends alike: what the provider took and still has is what is booked or stands unapplied, and each invoice owes
its total less what is booked.
"""

import pytest
from sqlalchemy import select, update

from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus, StoredMethod
from scaicontrol.services import invoices, payments
from scaicontrol.services.invoices.schemas import CreditIn, MarkPaidIn
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.payments.models import Dunning, Payment
from scaicontrol.services.payments.service import collect
from scaicontrol.services.payments.service.methods import store
from scaicontrol.services.payments.service.outcomes import record, record_unless_stale
from tasks import timetravel
from tests.factories import ada, alice, petra
from tests.factories.changes import agreed
from tests.factories.invoices import a_line, again, sent
from tests.factories.payments import store_card, unbalanced
from tests.factories.subscriptions import CLOCK
from tests.payments.test_collecting import net_for, topics


def a_transfer(backend, cents=None):
    return MarkPaidIn(paid_at=backend.clock.now(), amount_cents=cents, reference="ABN 4711", method="transfer")


async def begun(backend, provider, method, net):
    """An invoice and its payment, which waits for the payer."""
    invoice = await sent(backend, a_line(net))
    if method == "checkout":
        await payments.pay(backend, alice, invoice.id, provider="sandbox")
    else:
        stored = StoredMethod(
            new_id("sbm"), "sbc_1", method, method, "4242", 12, 2029, "NL", "SANDBOX-1", "NL91ABNA0417164300"
        )
        await backend.perform(alice, store, "sandbox", stored, make_default=True)
        await payments.pay(backend, alice, invoice.id)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert payment.status == "requires_action"
    return invoice, payment


async def tell(backend, provider):
    """Deliver what the provider has to say, and let all that follows happen."""
    for event_id, body, headers in provider.due_events():
        await payments.receive(backend, "sandbox", headers, body)
        provider.mark_sent(event_id)
    await payments.process_inbound(backend)
    await timetravel.settle(backend)


async def credit(backend, invoice, data):
    """Credit an invoice, numbered and allocated."""
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, data)
    return await invoices.finalize(backend, petra, note.id)


# What we believe before the provider says otherwise.


async def waiting(backend, provider, invoice, payment):
    """The payer has yet to act."""


async def declined(backend, provider, invoice, payment):
    provider.complete(payment.external_id, approved=False)
    await tell(backend, provider)


async def transferred(backend, provider, invoice, payment):
    """Paid by hand in full while the payer's page was open."""
    await backend.perform(petra, invoices.mark_paid, invoice.id, a_transfer(backend))


async def transferred_in_part(backend, provider, invoice, payment):
    await backend.perform(petra, invoices.mark_paid, invoice.id, a_transfer(backend, 500))


async def voided(backend, provider, invoice, payment):
    await declined(backend, provider, invoice, payment)
    await agreed(backend, petra, invoices.void, invoice.id, "Never ordered.")


async def credited(backend, provider, invoice, payment):
    await credit(backend, invoice, CreditIn(reason="Cancelled."))


async def credited_in_part(backend, provider, invoice, payment):
    await credit(backend, invoice, CreditIn(reason="Outage.", amount_cents=400, basis="gross"))


async def paid_by_another(backend, provider, invoice, payment):
    """Declined, then charged to another card; the amount no longer asks for an action."""
    await declined(backend, provider, invoice, payment)
    await transferred_in_part(backend, provider, invoice, payment)
    card = await store_card(backend, new_id("card"))
    await payments.pay(backend, alice, invoice.id, method_id=card.id)


async def succeeded(backend, provider, invoice, payment):
    provider.complete(payment.external_id, approved=True)
    await tell(backend, provider)


async def returned(backend, provider, invoice, payment):
    await succeeded(backend, provider, invoice, payment)
    provider.bounce(payment.external_id)
    await tell(backend, provider)


async def refunded_in_part(backend, provider, invoice, payment):
    await succeeded(backend, provider, invoice, payment)
    await payments.refund(backend, petra, invoice.id, 300, "Goodwill.")


# What it says then.


def captures(provider, payment):
    provider.complete(payment.external_id, approved=True)


def captures_less(provider, payment):
    provider.capture(payment.external_id, payment.amount_cents - 100)


def captures_more(provider, payment):
    provider.capture(payment.external_id, payment.amount_cents + 100)


def declines(provider, payment):
    provider.complete(payment.external_id, approved=False)


def returns(provider, payment):
    """It came, and went back before we heard of either."""
    provider.complete(payment.external_id, approved=True)
    provider.bounce(payment.external_id)


BELIEFS = (
    waiting, declined, transferred, transferred_in_part, voided, credited, credited_in_part, paid_by_another, succeeded,
    returned, refunded_in_part,
)  # fmt: skip
ANSWERS = (captures, captures_less, captures_more, declines, returns)
METHODS = ("card", "sepa_debit", "checkout")


async def contradict(backend, provider, believe, answer, method):
    invoice, payment = await begun(backend, provider, method, net_for(2))
    await believe(backend, provider, invoice, payment)
    before = provider.payment(payment.external_id)["status"]
    if answer is returns and before == "succeeded":
        provider.bounce(payment.external_id)
    else:
        answer(provider, payment)
    await tell(backend, provider)
    return invoice, payment


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("belief", BELIEFS)
async def test_what_came_is_booked_whatever_was_believed(backend, provider, belief):
    """Every belief with every answer in one world, the methods taking turns."""
    await keep_credits(backend)
    for number, answer in enumerate(ANSWERS):
        await end_right(backend, provider, belief, answer, METHODS[(number + BELIEFS.index(belief)) % len(METHODS)])


async def keep_credits(backend):
    """Let no case's credit settle the invoice of the next."""

    async def choose(uow):
        await uow.session.execute(update(PartnerConfiguration).values(auto_apply_credit=False))

    await backend.perform(ada, choose)


async def end_right(backend, provider, belief, answer, method):
    invoice, payment = await contradict(backend, provider, belief, answer, method)
    for _ in range(2):  # and the same again
        if answer is captures_less and belief in (succeeded, refunded_in_part):
            await only_told(backend, payment)
        else:
            assert await unbalanced(backend, provider) == [], (belief, answer, method)
        await tell(backend, provider)
    owes = (await again(backend, invoice)).amount_due_cents
    dunning = await backend.ask(ada, lambda uow: uow.session.get(Dunning, invoice.id))
    assert owes or dunning is None or dunning.ended_at is not None, (belief, answer, method)


async def only_told(backend, payment):
    """A capture does not shrink: what is less than booked is a person's to look at, and nothing is unbooked."""
    (now,) = [each for each in await all_payments(backend) if each.id == payment.id]
    assert (now.failure_code, now.kept_cents) == ("provider_mismatch", payment.amount_cents)


async def all_payments(backend):
    async def read(uow):
        return list(await uow.session.scalars(select(Payment)))

    return await backend.ask(ada, read)


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("belief", BELIEFS)
async def test_what_came_is_booked_by_every_method(backend, provider, belief, method):
    await keep_credits(backend)
    for answer in ANSWERS:
        await end_right(backend, provider, belief, answer, method)


async def test_fifty_euros_and_two_cents_come_once_and_are_booked_once(backend, provider):
    """Declined, then approved at the provider: the payer who pays again is charged nothing more."""
    await store_card(backend)
    invoice = await sent(backend, a_line(4134))
    assert invoice.total_cents == 5002
    payment = await payments.pay(backend, alice, invoice.id)
    assert payment.status == "requires_action"
    provider.complete(payment.external_id, approved=False)
    await tell(backend, provider)
    assert (await again(backend, invoice)).amount_due_cents == 5002
    provider.complete(payment.external_id, approved=True)  # whose hook is lost
    answer = await payments.pay(backend, alice, invoice.id)
    assert (answer.id, answer.status) == (payment.id, "succeeded")
    paid = await again(backend, invoice)
    assert (paid.status, paid.amount_paid_cents, provider.taken()) == ("paid", 5002, [5002])


async def test_a_stored_card_that_was_declined_and_is_captured_later_stops_dunning(backend, clock, provider):
    invoice, payment = await begun(backend, provider, "card", net_for(2))
    await declined(backend, provider, invoice, payment)
    assert (await again(backend, invoice)).status == "past_due"
    await succeeded(backend, provider, invoice, payment)
    assert (await again(backend, invoice)).status == "paid"
    assert await topics(backend, "dunning.ended", "invoice.paid") == ["invoice.paid", "dunning.ended"]


async def test_a_returned_debit_is_owed_again_and_pursued_anew(backend, clock, provider):
    invoice, payment = await begun(backend, provider, "sepa_debit", net_for(2))
    await returned(backend, provider, invoice, payment)
    owed = await again(backend, invoice)
    assert (owed.status, owed.amount_due_cents, owed.amount_paid_cents) == ("past_due", owed.total_cents, 0)
    (now,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (now.status, now.failure_code, now.next_retry_at is not None) == ("reversed", "card_declined", True)
    await payments.retry(backend, petra, now.id)  # asks the payer once more
    provider.complete((await backend.ask(ada, payments.of_invoice, invoice.id))[1].external_id, approved=True)
    await tell(backend, provider)
    assert (await again(backend, invoice)).status == "paid"
    told = await topics(backend, "invoice.paid", "invoice.reopened", "invoice.past_due", "payment.reversed")
    assert sorted(told) == [
        "invoice.paid", "invoice.paid", "invoice.past_due", "invoice.reopened", "payment.reversed",
    ]  # fmt: skip


async def test_an_answer_asked_for_before_the_row_changed_is_asked_for_again(backend, provider):
    invoice, payment = await begun(backend, provider, "card", net_for(2))
    stale = PaymentResult(PaymentStatus.failed, payment.external_id, failure_code="card_declined")
    await succeeded(backend, provider, invoice, payment)
    assert await backend.perform(CLOCK, record_unless_stale, payment.id, stale, payment.version) is None
    assert (await again(backend, invoice)).status == "paid"


async def test_links_and_codes_of_any_length_settle_a_payment(backend, provider):
    """What the database refuses would be asked for again for ever."""
    _, payment = await begun(backend, provider, "card", net_for(2))
    page, longer = "https://pay.example/" + "p" * 4900, "https://pay.example/" + "p" * 5100
    for link in (page, longer):
        waits = PaymentResult(PaymentStatus.requires_action, payment.external_id, redirect_url=link)
        told = await backend.perform(CLOCK, record, payment.id, waits)
        assert told.redirect_url == page
    declined = PaymentResult(PaymentStatus.failed, payment.external_id, failure_code="c" * 300, failure_message="No.")
    told = await backend.perform(CLOCK, record, payment.id, declined)
    assert (told.status, told.failure_code) == ("failed", "c" * 100)


@pytest.mark.parametrize("status", [PaymentStatus.pending, PaymentStatus.requires_action])
async def test_what_is_undecided_changes_nothing_that_was_decided(backend, provider, status):
    invoice, payment = await begun(backend, provider, "card", net_for(2))
    await succeeded(backend, provider, invoice, payment)
    await backend.perform(CLOCK, record, payment.id, PaymentResult(status, payment.external_id))
    assert (await again(backend, invoice)).status == "paid"
    assert await unbalanced(backend, provider) == []


async def test_an_attempt_nobody_called_for_is_withdrawn_when_the_invoice_is_paid(backend, provider):
    await store_card(backend)
    invoice = await sent(backend)
    await backend.perform(CLOCK, collect.schedule, invoice.id)
    await transferred(backend, provider, invoice, None)
    await backend.perform(CLOCK, collect.withdraw_uncalled, invoice.id)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (payment.status, payment.failure_code, payment.open_key) == ("failed", "withdrawn", None)
    assert provider.charged == []


async def test_a_debit_that_had_paid_twice_takes_back_what_its_credit_paid_elsewhere(backend, provider):
    """Paid by hand meanwhile, so that it became credit; that paid the next invoice, and then the debit is returned."""
    invoice, payment = await begun(backend, provider, "sepa_debit", net_for(2))
    await transferred(backend, provider, invoice, payment)
    await succeeded(backend, provider, invoice, payment)
    (now,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert now.unapplied_cents == now.amount_cents
    following = await sent(backend, a_line(net_for(2)))
    assert (await again(backend, following)).status == "paid"
    provider.bounce(payment.external_id)
    await tell(backend, provider)
    assert ((await again(backend, invoice)).status, (await again(backend, following)).status) == ("paid", "sent")
    assert await unbalanced(backend, provider) == []
