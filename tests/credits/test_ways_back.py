"""What is owed back has a way back: applied, paid back by card or transfer, kept; and every one ends at zero."""

import asyncio
from datetime import timedelta
from itertools import product

import pytest

from scaicontrol.core.errors import Conflict, Forbidden, NotFound, Refused
from scaicontrol.services import credits, invoices, payments
from scaicontrol.services.credits.schemas import KeepIn
from scaicontrol.services.invoices.schemas import ApplyCreditIn
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import ada, alice, gina, petra
from tests.factories.changes import agreed
from tests.factories.credits import balance, broken_books, credited, net_received, open_credits, transferred
from tests.factories.invoices import a_line, again, finalized, sent
from tests.factories.partners import configured

CARD, TRANSFER = PayBackIn(way=PayBackWay.card), PayBackIn(way=PayBackWay.transfer, reference="ABN 9")
# With Northwind's 21 % these nets make 172.50, 61.00 and 119.00.
NET_172_50, NET_61, NET_119 = 14_256, 5041, 9835


async def paid_by_card(backend, net):
    invoice = await sent(backend, a_line(net))
    await payments.pay(backend, petra, invoice.id)
    return await again(backend, invoice)


async def the_credit(backend):
    (credit,) = await open_credits(backend)
    return credit


async def back_by_card(backend, credit):
    done = await payments.pay_back(backend, petra, credit.id, CARD)
    assert [row.status for row in done.refunds] == ["succeeded"] * len(done.refunds)


async def back_by_transfer(backend, credit):
    await payments.pay_back(backend, petra, credit.id, TRANSFER)


async def onto_an_invoice(backend, credit):
    """A larger invoice takes it when it is issued; what is left of that is another matter."""
    invoice = await finalized(backend, a_line(100_000))
    assert (invoice.amount_applied_cents, invoice.prepaid_cents) == (credit.remaining_cents, credit.remaining_cents)


async def kept_and_applied(backend, credit):
    body = KeepIn(is_kept=True, reason="For the yearly invoice")
    await backend.perform(petra, credits.keep, credit.id, body)
    invoice = await finalized(backend, a_line(100_000))
    assert (invoice.amount_applied_cents, invoice.prepaid_cents) == (0, None)
    await backend.perform(petra, invoices.apply_credit, invoice.id, ApplyCreditIn(credit_id=credit.id))


WAYS = (back_by_transfer, onto_an_invoice, kept_and_applied)


@pytest.mark.parametrize("way", WAYS)
async def test_the_credit_of_a_part_paid_invoice_is_no_dead_end(backend, way):
    """172.50, of which 72.50 came by transfer; a note of 120.00 leaves 20.00."""
    invoice = await sent(backend, a_line(NET_172_50))
    assert invoice.total_cents == 17_250
    await transferred(backend, invoice, 7250)
    note = await credited(backend, invoice, 12_000)
    assert ((await again(backend, invoice)).status, note.amount_due_cents) == ("paid", -2000)
    credit = await the_credit(backend)
    assert (credit.source, credit.source_id, credit.remaining_cents) == ("credit_note", note.id, 2000)
    await way(backend, credit)
    assert await balance(backend) == 0
    left = await again(backend, note)
    assert (left.status, left.amount_due_cents) == ("paid", 0)
    assert await broken_books(backend) == []


async def test_what_no_card_brought_goes_back_by_no_card(backend):
    invoice = await sent(backend, a_line(NET_172_50))
    await transferred(backend, invoice, 7250)
    await credited(backend, invoice, 12_000)
    credit = await the_credit(backend)
    with pytest.raises(Refused, match="pay the rest back by a transfer"):
        await payments.pay_back(backend, petra, credit.id, CARD)
    assert await balance(backend) == 2000


async def test_a_refund_settles_the_note_there_is_and_writes_no_second_one(backend, provider):
    """61.00 by card, a note of 12.10, then a refund of 12.10: all of 61.00 can go back."""
    invoice = await paid_by_card(backend, NET_61)
    note = await credited(backend, invoice, 1210)
    done = await payments.refund(backend, petra, invoice.id, 1210, "As agreed.")
    assert (done.note, [row.amount_cents for row in done.refunds]) == (None, [1210])
    assert (await again(backend, note)).status == "paid"
    rest = await payments.refund(backend, petra, invoice.id, 4890, "Cancelled.")
    assert rest.note is not None
    assert (rest.note.total_cents, [row.amount_cents for row in rest.refunds]) == (-4890, [4890])
    with pytest.raises(Refused):
        await payments.refund(backend, petra, invoice.id, 1, "More.")
    (payment,) = await backend.ask(ada, payments.of_invoice, invoice.id)
    assert (payment.status, payment.refunded_cents) == ("refunded", 6100)
    assert (await broken_books(backend), await net_received(backend)) == ([], 0)


@pytest.mark.parametrize(("asked", "by_note"), [(2000, 790), (None, 4890), (6100, 4890)])
async def test_a_refund_beyond_the_note_credits_only_what_lies_beyond(backend, asked, by_note):
    invoice = await paid_by_card(backend, NET_61)
    await credited(backend, invoice, 1210)
    done = await payments.refund(backend, petra, invoice.id, asked, "Cancelled.")
    assert done.note is not None
    assert done.note.total_cents == -by_note
    assert [row.amount_cents for row in done.refunds] == [1210, by_note]
    assert (await balance(backend), await broken_books(backend)) == (0, [])


async def test_no_more_is_refunded_than_came_and_nothing_is_written(backend):
    invoice = await paid_by_card(backend, NET_61)
    with pytest.raises(Refused, match="6100 EUR cents can still go back"):
        await payments.refund(backend, petra, invoice.id, 6101, "Too much.")
    assert await backend.ask(ada, invoices.credit_notes_of, [invoice.id]) == []


async def test_an_overpayment_goes_back_and_no_sale_is_corrected(backend):
    """120.00 on 119.00 by transfer."""
    invoice = await sent(backend, a_line(NET_119))
    booked = await transferred(backend, invoice, 12_000)
    assert (booked.amount_cents, booked.unapplied_cents) == (11_900, 100)
    await back_by_transfer(backend, await the_credit(backend))
    assert await backend.ask(ada, invoices.credit_notes_of, [invoice.id]) == []
    assert (await net_received(backend), await broken_books(backend)) == (11_900, [])


# How the invoice stood when the money came: what had been done to it, and what was still due of 119.00.
async def untouched(backend, invoice):
    return 11_900


async def part_paid(backend, invoice):
    await transferred(backend, invoice, 5000)
    return 6900


async def paid_before(backend, invoice):
    await transferred(backend, invoice)
    return 0


async def part_credited(backend, invoice):
    await credited(backend, invoice, 2000)
    return 9900


async def all_credited(backend, invoice):
    await credited(backend, invoice)
    return 0


async def void(backend, invoice):
    await agreed(backend, petra, invoices.void, invoice.id, "Wrong customer")
    return 0


async def by_transfer(backend, invoice, cents):
    await transferred(backend, invoice, cents)


async def by_provider(backend, invoice, cents):
    await backend.perform(
        petra, invoices.record_payment, invoice.id, payment_id=f"pay_of_{invoice.id}", amount_cents=cents,
        paid_at=backend.clock.now(), method="card",
    )  # fmt: skip


STATES = (untouched, part_paid, paid_before, part_credited, all_credited, void)
METHODS = (by_transfer, by_provider)


@pytest.mark.by_turns
@pytest.mark.parametrize(("state", "method", "way"), list(product(STATES, METHODS, WAYS)))
async def test_money_beyond_what_is_due_is_kept_and_finds_its_way_back(backend, state, method, way):
    invoice = await sent(backend, a_line(NET_119))
    due = await state(backend, invoice)
    before = await net_received(backend)
    await method(backend, invoice, 12_000)
    assert await net_received(backend) == before + 12_000
    credit = await the_credit(backend)
    assert (credit.remaining_cents, credit.source) == (12_000 - due, "overpayment" if due else "unapplied_payment")
    await way(backend, credit)
    assert (await balance(backend), await broken_books(backend)) == (0, [])


async def test_the_same_payment_is_credited_once(backend):
    invoice = await sent(backend, a_line(NET_119))
    for _ in range(3):
        await by_provider(backend, invoice, 12_000)
    assert (await balance(backend), await net_received(backend)) == (100, 12_000)


async def test_a_hundred_uses_at_once_take_effect_once_each_up_to_the_amount(backend):
    invoice = await sent(backend, a_line(NET_119))
    await transferred(backend, invoice, 11_900 + 700)
    body = KeepIn(is_kept=True, reason="For the race")
    credit = await the_credit(backend)
    await backend.perform(petra, credits.keep, credit.id, body)
    owed = await finalized(backend, a_line(100_000))

    async def apply():
        try:
            await backend.perform(petra, invoices.apply_credit, owed.id, ApplyCreditIn(amount_cents=10))
        except Refused:
            return 0
        return 10

    async def pay_back():
        try:
            sent_back = PayBackIn(way=PayBackWay.transfer, reference="ABN 9", amount_cents=10)
            await payments.pay_back(backend, petra, credit.id, sent_back)
        except Refused:
            return 0
        return 10

    took = await asyncio.gather(*(each() for _ in range(50) for each in (apply, pay_back)))
    assert (sum(took), await balance(backend), await broken_books(backend)) == (700, 0, [])


async def test_the_oldest_credit_goes_first_and_never_more_than_is_due(backend, clock):
    paid = await sent(backend, a_line(NET_119))
    await transferred(backend, paid)
    for cents in (100, 200):
        await transferred(backend, paid, cents)
        clock.advance(timedelta(days=1))
    owed = await finalized(backend, a_line(100))  # 1.21
    assert (owed.status, owed.settlement, owed.amount_applied_cents) == ("paid", "credit", 121)
    assert [each.remaining_cents for each in await open_credits(backend)] == [179]
    assert await broken_books(backend) == []


async def test_a_seller_who_keeps_credit_applies_it_by_hand(backend):
    await configured(backend, auto_apply_credit=False)
    paid = await sent(backend, a_line(NET_119))
    await transferred(backend, paid, 12_000)
    owed = await finalized(backend, a_line(1000))
    assert owed.amount_due_cents == 1210
    applied = await backend.perform(petra, invoices.apply_credit, owed.id, ApplyCreditIn())
    assert (applied.amount_due_cents, applied.amount_applied_cents, await balance(backend)) == (1110, 100, 0)


async def test_voiding_an_invoice_gives_its_credit_back(backend):
    paid = await sent(backend, a_line(NET_119))
    await transferred(backend, paid, 12_000)
    owed = await finalized(backend, a_line(1000))
    assert (owed.amount_due_cents, await balance(backend)) == (1110, 0)
    await agreed(backend, petra, invoices.void, owed.id, "Wrong customer")
    assert (await balance(backend), await broken_books(backend)) == (100, [])


async def test_voiding_an_invoice_reopens_the_note_whose_credit_it_had_used(backend):
    invoice = await sent(backend, a_line(NET_172_50))
    await transferred(backend, invoice, 7250)
    note = await credited(backend, invoice, 12_000)
    owed = await finalized(backend, a_line(10_000))
    assert ((await again(backend, note)).status, owed.amount_applied_cents) == ("paid", 2000)
    await agreed(backend, petra, invoices.void, owed.id, "Wrong customer")
    left = await again(backend, note)
    assert (left.status, left.amount_due_cents) == ("finalized", -2000)
    await back_by_transfer(backend, await the_credit(backend))
    assert ((await again(backend, note)).status, await broken_books(backend)) == ("paid", [])


async def test_a_note_whose_credit_was_used_is_not_voided(backend):
    invoice = await paid_by_card(backend, NET_61)
    note = await credited(backend, invoice, 1210)
    await finalized(backend, a_line(100))
    with pytest.raises(Conflict):
        await agreed(backend, petra, invoices.void, note.id, "Wrong")
    assert (await again(backend, note)).status == "finalized"


async def test_voiding_a_note_takes_its_credit_away(backend):
    invoice = await paid_by_card(backend, NET_61)
    note = await credited(backend, invoice, 1210)
    await agreed(backend, petra, invoices.void, note.id, "Wrong")
    assert (await balance(backend), await broken_books(backend)) == (0, [])


async def test_credit_goes_to_no_other_tenant_and_no_other_currency(backend):
    paid = await sent(backend, a_line(NET_119))
    await transferred(backend, paid, 12_000)
    credit = await the_credit(backend)
    other = await finalized(backend, a_line(1000), tenant_id="tnt_globex")
    with pytest.raises(Refused, match="it is of another tenant"):
        await backend.perform(petra, invoices.apply_credit, other.id, ApplyCreditIn(credit_id=credit.id))
    with pytest.raises(NotFound):
        await backend.ask(gina, credits.balances, "tnt_acme")
    assert (await balance(backend), (await again(backend, other)).amount_due_cents) == (100, 1210)


async def test_what_is_too_much_is_refused_and_nothing_is_used(backend):
    paid = await sent(backend, a_line(NET_119))
    await transferred(backend, paid, 12_000)
    credit = await the_credit(backend)
    await backend.perform(petra, credits.keep, credit.id, KeepIn(is_kept=True, reason="Later"))
    owed = await finalized(backend, a_line(50))  # 0.61 due of 1.00
    for cents, words in ((62, "only 61 cents are due"), (101, "only 61 cents are due")):
        with pytest.raises(Refused, match=words):
            await backend.perform(petra, invoices.apply_credit, owed.id, ApplyCreditIn(amount_cents=cents))
    with pytest.raises(Refused, match="100 EUR cents remain"):
        await payments.pay_back(
            backend, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9", amount_cents=101)
        )
    with pytest.raises(Refused, match="nothing is due"):
        await backend.perform(petra, invoices.apply_credit, paid.id, ApplyCreditIn())
    assert (await balance(backend), await broken_books(backend)) == (100, [])


async def test_a_tenant_uses_its_own_credit_and_pays_nothing_back(backend):
    paid = await sent(backend, a_line(NET_119))
    await transferred(backend, paid, 12_000)
    credit = await the_credit(backend)
    await backend.perform(petra, credits.keep, credit.id, KeepIn(is_kept=True, reason="Later"))
    owed = await finalized(backend, a_line(1000))
    await backend.perform(alice, invoices.apply_credit, owed.id, ApplyCreditIn())
    with pytest.raises(Forbidden):
        await payments.pay_back(backend, alice, credit.id, TRANSFER)
    assert (await again(backend, owed)).amount_due_cents == 1110
