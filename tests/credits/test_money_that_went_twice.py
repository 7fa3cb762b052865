"""Money that went twice is neither lost nor silent: the tenant owes it, a person sees it, and it comes to nothing."""

from itertools import product

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Forbidden, Invalid, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.payment_ports import INSTALLATION, DisputeResult, DisputeStatus, PaymentStatus, RefundResult
from scaicontrol.core.schemas import checked
from scaicontrol.services import credits, invoices, payments
from scaicontrol.services.credits.models import CreditUse
from scaicontrol.services.credits.schemas import ReceivableFilter, ReceivableSettleIn, SettledWith
from scaicontrol.services.notifications.models import Notification, OutgoingMail
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.payments.models import Refund
from scaicontrol.services.payments.schemas import DisputeCloseIn, DisputeIn, PayBackIn, PayBackWay
from scaicontrol.services.payments.service.disputes import record_dispute
from scaicontrol.services.payments.service.outcomes import ask
from scaicontrol.services.payments.service.refund_calls import record_refund
from tasks import timetravel
from tests.factories import ada, alice, gina, petra
from tests.factories.credits import balance, broken_books, credited, net_received, open_credits, transferred
from tests.factories.invoices import a_line, again, sent

from .test_refunds_that_fail import CARD, paid_by_card, refunds, told

ASKS = Actor.system("payment_refund")
BY_TRANSFER = PayBackIn(way=PayBackWay.transfer, reference="ABN 9")


async def owed(backend, **narrowed):
    return (await backend.ask(ada, credits.receivables, PageRequest(), ReceivableFilter(**narrowed))).items


async def settle(backend, receivable, way, cents=None):
    body = ReceivableSettleIn(way=way, amount_cents=cents, reason="As agreed.")
    return await backend.perform(petra, invoices.settle_receivable, receivable.id, body)


async def twice(backend, over=100, taken=None):
    """12.10 was paid with something over, which was paid back; then the bank takes all of it back, or a part."""
    invoice = await sent(backend, a_line(1000))
    await transferred(backend, invoice, 1210 + over)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, BY_TRANSFER)
    body = DisputeIn(
        invoice_id=invoice.id, reason="Recalled", reference=f"RTRN-{over}", outcome="lost", amount_cents=taken
    )
    return invoice, await backend.perform(petra, payments.open_dispute, body)


@pytest.mark.by_turns
@pytest.mark.parametrize(("over", "taken"), [(1, None), (100, None), (5000, None), (100, 1211), (100, 1210), (100, 50)])
async def test_what_a_bank_takes_back_and_was_paid_out_is_owed_beside_the_invoice(backend, over, taken):
    invoice, _ = await twice(backend, over, taken)
    gone = 1210 + over if taken is None else taken
    beside = max(gone - 1210, 0)
    assert [each.remaining_cents for each in await owed(backend)] == ([beside] if beside else [])
    assert (await again(backend, invoice)).amount_due_cents == min(gone, 1210)
    assert await net_received(backend) == 1210 + over - over - gone
    assert await broken_books(backend) == []


@pytest.mark.by_turns
@pytest.mark.parametrize("way", ["money", "credit", "write_off", "money, then credit", "credit, then write_off"])
async def test_it_comes_to_nothing_in_every_way(backend, way):
    invoice, _ = await twice(backend)
    (receivable,) = await owed(backend)
    first, _, then = way.partition(", then ")
    for step, cents in ((first, 40), (then, 60)) if then else ((first, 100),):
        if step == "money":  # what is due comes first
            await transferred(backend, invoice, (await again(backend, invoice)).amount_due_cents + cents)
        else:
            if step == "credit":
                await transferred(backend, await sent(backend, a_line(1000)), 1210 + cents)
            await settle(backend, receivable, SettledWith(step), cents)
        assert await broken_books(backend) == []
    (receivable,) = await owed(backend)
    assert (receivable.remaining_cents, await owed(backend, is_open=True), await balance(backend)) == (0, [], 0)
    assert [fact["way"] for fact in await told(backend, "receivable.settled")] == way.split(", then ")
    with pytest.raises(Refused, match="0 EUR cents remain"):
        await settle(backend, receivable, SettledWith.write_off)


async def test_a_credit_note_settles_it_like_any_credit(backend):
    await twice(backend)
    (receivable,) = await owed(backend)
    paid = await sent(backend, a_line(1000))
    await transferred(backend, paid)
    note = await credited(backend, paid, 605)
    await settle(backend, receivable, SettledWith.credit)
    assert ((await again(backend, note)).amount_due_cents, await balance(backend)) == (-505, 505)
    assert (await broken_books(backend), await owed(backend, is_open=True)) == ([], [])


async def test_money_that_comes_after_a_write_off_takes_the_place_of_the_loss(backend):
    invoice, _ = await twice(backend)
    (receivable,) = await owed(backend)
    await settle(backend, receivable, SettledWith.write_off, 70)
    for cents, left, lost, credit in ((1230, 10, 70, 0), (50, 0, 30, 0), (50, 0, 0, 20)):
        await transferred(backend, invoice, cents)
        (receivable,) = await owed(backend)
        assert (receivable.remaining_cents, receivable.written_off_cents, await balance(backend)) == (
            left,
            lost,
            credit,
        )
        assert await broken_books(backend) == []


async def test_more_than_remains_or_than_there_is_of_credit_is_refused(backend):
    await twice(backend)
    (receivable,) = await owed(backend)
    for way, cents, message in (
        (SettledWith.write_off, 101, "100 EUR cents remain"),
        (SettledWith.credit, None, "0 EUR cents of credit are left"),
        (SettledWith.credit, 50, "0 EUR cents of credit are left"),
    ):
        with pytest.raises(Refused, match=message):
            await settle(backend, receivable, way, cents)
    with pytest.raises(Invalid, match="mark it as paid"):
        checked(ReceivableSettleIn, way="money", reason="It came.")
    with pytest.raises(Forbidden):
        await backend.perform(alice, invoices.settle_receivable, receivable.id, _write_off())
    assert [each.remaining_cents for each in await owed(backend)] == [100]


def _write_off():
    return ReceivableSettleIn(way=SettledWith.write_off, reason="A trifle.")


async def test_the_tenant_sees_its_own_and_is_told(backend):
    await twice(backend)
    await timetravel.settle(backend)
    seen = [len((await backend.ask(who, credits.receivables, PageRequest())).items) for who in (alice, gina)]
    assert seen == [1, 0]

    async def notices(uow):
        return [row.title for row in await uow.session.scalars(select(Notification)) if "twice" in row.title]

    assert len(await backend.ask(ada, notices)) == 1


async def test_a_seller_who_bears_losses_bears_this_one_too(backend):
    async def choose(uow):
        (await uow.session.get(PartnerConfiguration, petra.partner_id)).dispute_lost = "write_off"

    await backend.perform(ada, choose)
    invoice, _ = await twice(backend)
    assert ((await again(backend, invoice)).status, await owed(backend)) == ("paid", [])
    assert await broken_books(backend) == []


async def test_money_that_a_dispute_gives_back_settles_it(backend, provider):
    """The bank decides for the seller after all: nobody owes anything, and nobody has credit."""
    invoice = await paid_by_card(backend)
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    provider.captured[payment.external_id] = payment.amount_cents + 200
    await ask(backend, payment.id)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, BY_TRANSFER)
    for version, (outcome, owes) in enumerate((("lost", 200), ("won", 0))):
        told_ = DisputeResult(DisputeStatus(outcome), "dp_1", payment.external_id, payment.amount_cents + 200, "EUR")
        await backend.perform(ASKS, record_dispute, "sandbox", INSTALLATION, told_, version)
        assert [each.remaining_cents for each in await owed(backend)] == [owes]
        assert (await again(backend, invoice)).amount_due_cents == (payment.amount_cents if owes else 0)
        assert (await balance(backend), await broken_books(backend)) == (0, [])


OUT = {"transferred": 1206, "transferred in part": 700, "refunded again": 1110}
MEANWHILE = ("free", "applied", "applied in part", "transferred", "transferred in part", "refunded again")


async def given_up(backend):
    """A refund of 12.06 that the payer's bank returned: its credit is free again."""
    invoice = await paid_by_card(backend)
    note = await credited(backend, invoice, 1206)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, CARD)
    (row,) = await refunds(backend)
    await says(backend, row, PaymentStatus.failed)
    assert (await balance(backend), await broken_books(backend)) == (1206, [])
    return invoice, note, credit, row


async def says(backend, row, status):
    result = RefundResult(status, row.external_id, "Returned." if status is PaymentStatus.failed else None)
    return await backend.perform(ASKS, record_refund, row.id, result)


async def use(backend, credit, how):
    if how.startswith("applied"):  # by itself, when the next invoice is issued
        assert (await sent(backend, a_line(1000 if how == "applied" else 100))).amount_applied_cents > 0
    elif how.startswith("transferred"):
        part = None if how == "transferred" else 700
        await payments.pay_back(backend, petra, credit.id, BY_TRANSFER.model_copy(update={"amount_cents": part}))
    elif how == "refunded again":
        await payments.pay_back(backend, petra, credit.id, CARD.model_copy(update={"amount_cents": 1110}))


@pytest.mark.by_turns
@pytest.mark.parametrize("how", MEANWHILE)
async def test_a_refund_that_went_after_it_was_given_up_is_booked(backend, how):
    _, _, credit, row = await given_up(backend)
    await use(backend, credit, how)
    before = await net_received(backend)
    for _ in range(2):  # and told again
        done = await says(backend, row, PaymentStatus.succeeded)
        assert (done.status, done.released_at, done.went_after_all) == ("succeeded", None, True)
        assert await net_received(backend) == before - 1206
        assert await broken_books(backend) == []
    out = OUT.get(how, 0)
    assert sum(each.remaining_cents for each in await owed(backend)) == out
    assert await balance(backend) == 0
    payment = await backend.ask(ada, payments.get, row.payment_id)
    assert payment.refunded_cents == 1206 + (1110 if how == "refunded again" else 0)
    assert [fact["twice_cents"] for fact in await told(backend, "refund.after_all")] == [out]


@pytest.mark.by_turns
@pytest.mark.parametrize(("how", "settled"), list(product(MEANWHILE, [False, True])))
async def test_and_one_that_comes_back_again_leaves_nobody_with_anything(backend, how, settled):
    """Failed, gone after all, failed again, gone again, failed at last: every time the books say what the bank does."""
    _, _, credit, row = await given_up(backend)
    await use(backend, credit, how)
    paid_out = await net_received(backend)
    for _ in range(2):
        await says(backend, row, PaymentStatus.succeeded)
        assert (await net_received(backend), await broken_books(backend)) == (paid_out - 1206, [])
        if settled:
            for receivable in await owed(backend, is_open=True):
                await settle(backend, receivable, SettledWith.write_off)
        await says(backend, row, PaymentStatus.failed)
        assert (await net_received(backend), await broken_books(backend)) == (paid_out, [])
        assert (await owed(backend, is_open=True), await balance(backend)) == ([], 1206 - OUT.get(how, 0))


async def test_somebody_is_told_when_a_refund_is_given_up_and_when_it_went_after_all(backend):
    _, _, credit, row = await given_up(backend)
    await use(backend, credit, "transferred")
    await says(backend, row, PaymentStatus.succeeded)
    await timetravel.settle(backend)

    async def mails(uow):
        return [mail.subject for mail in await uow.session.scalars(select(OutgoingMail)) if mail.kind == "refund"]

    subjects = await backend.ask(ada, mails)
    assert len(subjects) == 2, subjects
    assert any("given up" in each for each in subjects)
    assert any("twice" in each for each in subjects)


async def test_every_use_of_a_refund_is_undone_once(backend):
    _, _, _, row = await given_up(backend)
    for status in (PaymentStatus.succeeded, PaymentStatus.failed) * 3:
        await says(backend, row, status)

    async def uses(uow):
        rows = list(await uow.session.scalars(select(CreditUse)))
        return sum(each.amount_cents for each in rows), sum(1 for each in rows if each.kind == "refunded")

    assert await backend.ask(ada, uses) == (0, 4)
    assert (await backend.ask(ada, lambda uow: uow.session.get(Refund, row.id))).released_at is not None
    assert (await balance(backend), await broken_books(backend)) == (1206, [])


async def test_a_dispute_closed_the_other_way_leaves_no_receivable(backend):
    invoice = await sent(backend, a_line(1000))
    await transferred(backend, invoice, 1310)
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, BY_TRANSFER)
    body = DisputeIn(invoice_id=invoice.id, reason="Recalled", reference="RTRN-2")
    dispute = await backend.perform(petra, payments.open_dispute, body)
    await backend.perform(petra, payments.close_dispute, dispute.id, DisputeCloseIn(outcome="won"))
    assert (await owed(backend), (await again(backend, invoice)).status, await broken_books(backend)) == (
        [],
        "paid",
        [],
    )
