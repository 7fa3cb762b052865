"""Whichever commit the connection breaks behind, the same key answers what was done, and it was done once."""

from itertools import count

import pytest
from sqlalchemy import func, select

from scaicontrol.core.errors import NotFound, OutcomeUnknown, Refused
from scaicontrol.services import invoices, payments
from scaicontrol.services.credits.schemas import CreditDetail
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import CreditIn
from scaicontrol.services.payments.models import Payment, PaymentMethod, Refund
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import ACME, ada, alice, petra
from tests.factories.credits import broken_books, open_credits, transferred
from tests.factories.cuts import answered_at_last, behind_each_commit
from tests.factories.invoices import a_draft, a_line, again, finalized, sent
from tests.factories.payments import store_card, unbalanced

pytestmark = pytest.mark.by_turns


async def counted(backend, model, *where):
    async def read(uow):
        return await uow.session.scalar(select(func.count()).select_from(model).where(*where))

    return await backend.ask(ada, read)


async def test_a_draft_is_sealed_once(backend):
    numbers = []

    async def begin():
        draft = await a_draft(backend, a_line())
        return lambda stage: invoices.finalize(stage, petra, draft.id)

    async def check(invoice):
        numbers.append(invoice.number)

    assert await behind_each_commit(backend, petra, begin, check) >= 1
    assert [int(number.rpartition("-")[2]) for number in numbers] == list(range(1, len(numbers) + 1))


async def test_an_invoice_is_credited_once(backend):
    async def begin():
        invoice = await finalized(backend, a_line())
        whole = CreditIn(reason="Cancelled.", finalize=True)
        return lambda stage: invoices.credit(stage, petra, invoice.id, whole)

    async def check(note):
        assert (note.status, note.total_cents) == ("paid", -2299)
        assert await counted(backend, Invoice, Invoice.referenced_invoice_id == note.referenced_invoice_id) == 1

    assert await behind_each_commit(backend, petra, begin, check) >= 2


async def test_a_credit_note_the_gate_refuses_leaves_nothing_and_is_written_by_the_next_try(backend, monkeypatch):
    invoice = await finalized(backend, a_line())
    whole = CreditIn(reason="Cancelled.", finalize=True)
    refusing = [Refused("The register does not answer.")]

    async def finalize(*args):
        if refusing:
            raise refusing.pop()
        return await invoices.finalize(*args)

    monkeypatch.setattr("scaicontrol.services.invoices.service.credit.finalize", finalize)

    def work(stage):
        return invoices.credit(stage, petra, invoice.id, whole)

    with pytest.raises(Refused, match="register"):
        await answered_at_last(backend, petra, "k", work, [])
    note, _ = await answered_at_last(backend, petra, "k", work, [])
    assert note.status == "paid"
    assert await counted(backend, Invoice, Invoice.referenced_invoice_id == invoice.id) == 1


async def test_an_invoice_is_charged_once(backend, provider):
    await store_card(backend)

    async def begin():
        invoice = await sent(backend, a_line())
        return lambda stage: payments.pay(stage, petra, invoice.id)

    async def check(payment):
        assert payment.status == "succeeded"
        assert await counted(backend, Payment, Payment.invoice_id == payment.invoice_id) == 1

    assert await behind_each_commit(backend, petra, begin, check) >= 2
    assert len(set(provider.charged)) == len(provider.taken()) == await counted(backend, Payment)
    assert await unbalanced(backend, provider) == []


async def test_a_failed_payment_is_retried_once(backend, provider):
    await store_card(backend)

    async def begin():
        invoice = await sent(backend, a_line())
        provider.declines = ["insufficient_funds"]
        failed = await payments.pay(backend, petra, invoice.id)
        return lambda stage: payments.retry(stage, petra, failed.id)

    async def check(payment):
        assert (payment.status, payment.attempt) == ("succeeded", 2)
        assert await counted(backend, Payment, Payment.invoice_id == payment.invoice_id) == 2

    assert await behind_each_commit(backend, petra, begin, check) >= 2
    assert await unbalanced(backend, provider) == []


async def test_a_payment_is_refunded_once(backend, provider):
    await store_card(backend)

    async def begin():
        invoice = await sent(backend, a_line())
        await payments.pay(backend, petra, invoice.id)
        return lambda stage: payments.refund(stage, petra, invoice.id, None, "Cancelled.")

    async def check(done):
        (made,) = done.refunds
        assert (made.status, made.amount_cents, done.note.total_cents) == ("succeeded", 2299, -2299)
        assert (await again(backend, done.note)).number is not None

    assert await behind_each_commit(backend, petra, begin, check) >= 4
    assert len(set(provider.refunded)) == await counted(backend, Refund)
    assert await unbalanced(backend, provider) == []
    assert await broken_books(backend) == []


@pytest.mark.parametrize("way", list(PayBackWay))
async def test_a_credit_is_paid_back_once(backend, provider, way):
    await store_card(backend)

    async def begin():
        invoice = await sent(backend, a_line())
        if way is PayBackWay.transfer:
            await transferred(backend, invoice)
        else:
            await payments.pay(backend, petra, invoice.id)
        await invoices.credit(backend, petra, invoice.id, CreditIn(reason="Cancelled.", finalize=True))
        (credit,) = [each for each in await open_credits(backend) if each.remaining_cents]
        body = PayBackIn(way=way, reference="ABN 1" if way is PayBackWay.transfer else None)
        return lambda stage: payments.pay_back(stage, petra, credit.id, body)

    async def check(done):
        assert isinstance(done.credit, CreditDetail)
        assert done.credit.remaining_cents == 0
        assert [made.status for made in done.refunds] == (["succeeded"] if way is PayBackWay.card else [])

    assert await behind_each_commit(backend, petra, begin, check) >= 1
    assert len(set(provider.refunded)) == await counted(backend, Refund)
    assert await broken_books(backend) == []
    assert [each.remaining_cents for each in await open_credits(backend)] == []


async def test_a_setup_opens_one_page_at_the_provider(backend, provider):
    answers = []

    async def work(stage):
        answers.append(await payments.set_up(stage, alice, "sandbox", "https://portal.example"))
        if len(answers) == 1:
            raise OutcomeUnknown("The answer was lost.")
        return answers[-1]

    _, tries = await answered_at_last(backend, alice, "k", work, [0])  # first behind the key, then behind the page
    assert tries == 3
    assert answers[0] == answers[1]
    with provider._ledger.open() as state:
        assert [*state["setups"]] == [answers[0].reference]


async def test_a_method_is_stored_once_and_what_was_decided_meanwhile_stays(backend, provider):
    async def begin():
        started = await payments.set_up(backend, alice, "sandbox", "https://portal.example")
        before = await store_card(backend)
        tried = count()

        async def work(stage):
            if next(tried):  # between the tries the tenant makes up its mind, and the provider forgets the page
                await backend.perform(alice, payments.make_default, before.id)
                with provider._ledger.open() as state:
                    state["setups"].clear()
            return await payments.confirm(stage, alice, "sandbox", {"reference": started.reference})

        return work

    async def check(method):
        assert method.status == "active"
        assert await counted(backend, PaymentMethod, PaymentMethod.external_id == method.external_id) == 1
        defaults.append(method.is_default)

    defaults: list[bool] = []
    assert await behind_each_commit(backend, alice, begin, check) == 1
    assert defaults == [False, True]  # a second try does not take back what was decided after the first


async def test_a_method_that_was_removed_after_the_first_try_is_not_there_for_the_second(backend, provider):
    started = await payments.set_up(backend, alice, "sandbox", "https://portal.example")
    await store_card(backend)
    tried = count()

    async def work(stage):
        if next(tried):
            for method in await backend.ask(alice, payments.methods, ACME):
                if method.external_id == f"sbm_{started.reference}":
                    await backend.perform(alice, payments.remove, method.id)
        return await payments.confirm(stage, alice, "sandbox", {"reference": started.reference})

    with pytest.raises(NotFound):
        await answered_at_last(backend, alice, "k", work, [0])
    assert await counted(backend, PaymentMethod, PaymentMethod.status == "active") == 1
