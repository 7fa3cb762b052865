"""Money beforehand: paid in or given, used by invoices in its order, given back, paid back, and ended."""

import asyncio
import random
from datetime import timedelta

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import invoices, ledger, wallets
from scaicontrol.services.ledger.schemas import BalanceFilter
from scaicontrol.services.wallets.schemas import WalletExpireIn, WalletRefundIn
from tests.factories import ACME, ada, alice, gina, petra
from tests.factories.changes import agreed
from tests.factories.credits import broken_books, credited, open_credits, transferred
from tests.factories.invoices import a_line, again, finalized, sent
from tests.factories.partners import configured
from tests.factories.wallets import a_grant, a_top_up, given, left, lots, paid_in

PAGE = PageRequest(page_size=200)
SWEEP = Actor.system("wallet_expiry")
OVER = WalletExpireIn(reason="Given by mistake")
# With Northwind's 21 % these nets make 121.00 and 12.10.
NET_121, NET_12_10 = 10_000, 1000


async def accounts(backend):
    rows = await backend.ask(ada, ledger.balances, BalanceFilter())
    return {row.account: row.balance_cents for row in rows}


async def applied(backend, invoice):
    """By lot, what an invoice holds of it."""
    found = {}
    for lot in (await backend.ask(ada, wallets.page, PAGE)).items:
        uses = (await backend.ask(ada, wallets.detail, lot.id)).uses
        mine = {use.id for use in uses if use.invoice_id == invoice.id}
        cents = sum(use.amount_cents for use in uses if use.id in mine or use.reverses_id in mine)
        if cents:
            found[lot.id] = cents
    return found


async def test_money_paid_in_is_owed_and_no_sale(backend):
    lot = await paid_in(backend, 50_000)
    assert (lot.source, lot.remaining_cents, lot.expires_at) == ("transfer", 50_000, None)
    assert await accounts(backend) == {"bank": 50_000, "wallet": -50_000}
    assert await broken_books(backend) == []


async def test_what_is_given_is_the_sellers_expense(backend):
    await given(backend, 5000)
    assert await accounts(backend) == {"promotions": 5000, "wallet": -5000}
    assert await broken_books(backend) == []


async def test_an_invoice_takes_what_was_given_first_by_priority_then_by_its_end_then_the_oldest(backend):
    late = await given(backend, 100, days=60)
    soon = await given(backend, 100, days=10)
    old = await given(backend, 100, days=30)
    young = await given(backend, 100, days=30)
    first = await given(backend, 100, days=90, priority=1)
    paid = await paid_in(backend, 10_000)
    order = [first, soon, old, young, late, paid]
    for lot in order[:-1]:
        invoice = await finalized(backend, a_line(83))  # 1.00 with VAT
        assert (invoice.total_cents, await applied(backend, invoice)) == (100, {lot.id: 100})
    assert await left(backend) == {paid.id: 10_000}
    assert await broken_books(backend) == []


async def test_an_invoice_says_what_it_took_and_asks_for_the_rest(backend):
    lot = await paid_in(backend, 5000)
    invoice = await finalized(backend, a_line(NET_121))
    assert (invoice.prepaid_cents, invoice.amount_applied_cents, invoice.amount_due_cents) == (5000, 5000, 7100)
    assert await applied(backend, invoice) == {lot.id: 5000}
    assert await left(backend) == {}
    assert (await accounts(backend))["receivables"] == 7100
    assert await broken_books(backend) == []


async def test_an_invoice_that_the_wallet_covers_is_paid(backend):
    lot = await paid_in(backend, 50_000)
    invoice = await finalized(backend, a_line(NET_121))
    assert (invoice.status, invoice.settlement, invoice.amount_due_cents) == ("paid", "wallet", 0)
    assert await left(backend) == {lot.id: 50_000 - 12_100}
    assert await broken_books(backend) == []


async def test_credit_comes_before_the_wallet(backend):
    owed = await sent(backend, a_line(NET_121))
    await transferred(backend, owed, 12_100 + 1000)
    lot = await paid_in(backend, 50_000)
    invoice = await finalized(backend, a_line(NET_121))
    assert (await open_credits(backend), await left(backend)) == ([], {lot.id: 50_000 - 11_100})
    assert invoice.prepaid_cents == 12_100
    assert await broken_books(backend) == []


async def test_a_seller_may_leave_the_wallet_alone(backend):
    await configured(backend, auto_apply_wallet=False)
    lot = await paid_in(backend)
    invoice = await finalized(backend, a_line(NET_121))
    assert (invoice.prepaid_cents, await left(backend)) == (None, {lot.id: 50_000})


async def test_no_invoice_takes_another_currency(backend):
    lot = await paid_in(backend, currency="USD")
    invoice = await finalized(backend, a_line(NET_121))
    assert (invoice.prepaid_cents, await left(backend)) == (None, {lot.id: 50_000})


async def test_a_void_gives_back_what_was_taken(backend):
    promotion, lot = await given(backend, 1000), await paid_in(backend, 5000)
    invoice = await finalized(backend, a_line(NET_121))
    assert await left(backend) == {}
    await agreed(backend, petra, invoices.void, invoice.id, "Twice")
    assert await left(backend) == {promotion.id: 1000, lot.id: 5000}
    assert (await accounts(backend))["wallet"] == -6000
    assert await broken_books(backend) == []


async def test_a_credit_note_puts_back_what_was_given_and_credits_what_was_paid(backend):
    """Of 121.00 the seller gave 30.00; a note over all of it must not turn that into money."""
    promotion, lot = await given(backend, 3000), await paid_in(backend, 9100)
    invoice = await finalized(backend, a_line(NET_121))
    assert (invoice.status, await left(backend)) == ("paid", {})
    await credited(backend, invoice)
    assert await left(backend) == {promotion.id: 3000}
    (credit,) = await open_credits(backend)
    assert credit.remaining_cents == 9100
    settled = await again(backend, invoice)
    assert (settled.status, settled.amount_due_cents, settled.times_reopened) == ("paid", 0, 0)
    assert await applied(backend, invoice) == {lot.id: 9100}
    assert await broken_books(backend) == []


@pytest.mark.parametrize(("note", "back", "credit"), [(500, 0, 0), (1210, 500, 0), (4000, 3000, 290)])
async def test_a_note_over_a_part_relieves_what_is_due_first(backend, note, back, credit):
    """Of 121.00, 30.00 were given and 83.90 came; 7.10 are due."""
    promotion = await given(backend, 3000)
    invoice = await finalized(backend, a_line(NET_121))
    await transferred(backend, invoice, 8390)
    await credited(backend, invoice, note)
    assert await left(backend) == ({promotion.id: back} if back else {})
    assert sum(each.remaining_cents for each in await open_credits(backend)) == credit
    assert await broken_books(backend) == []


async def test_what_is_given_ends_on_its_day_and_what_is_paid_in_does_not(backend, clock):
    promotion, lot = await given(backend, 1000, days=10), await paid_in(backend, 5000)
    assert await backend.perform(SWEEP, wallets.expire_due) == 0
    clock.advance(timedelta(days=10))
    invoice = await finalized(backend, a_line(NET_12_10))  # not what has ended, though no job was there yet
    assert await applied(backend, invoice) == {lot.id: 1210}
    assert [await backend.perform(SWEEP, wallets.expire_due) for _ in range(2)] == [1, 0]
    assert await left(backend) == {lot.id: 3790}
    assert promotion.id not in await left(backend)
    assert "promotions" not in {name for name, cents in (await accounts(backend)).items() if cents}
    assert await broken_books(backend) == []


async def test_what_goes_back_to_an_ended_lot_ends_with_the_next_sweep(backend, clock):
    await given(backend, 1000, days=10)
    invoice = await finalized(backend, a_line(NET_121))
    clock.advance(timedelta(days=11))
    await agreed(backend, petra, invoices.void, invoice.id, "Twice")
    assert list((await left(backend)).values()) == [1000]
    await backend.perform(SWEEP, wallets.expire_due)
    assert await left(backend) == {}
    assert await broken_books(backend) == []


async def test_what_was_paid_in_goes_back_and_what_was_given_does_not(backend):
    promotion, lot = await given(backend), await paid_in(backend, 5000)
    body = WalletRefundIn(amount_cents=2000, reference="ABN 9")
    await backend.perform(petra, wallets.refund, lot.id, body)
    assert (await left(backend))[lot.id] == 3000
    with pytest.raises(Refused, match="3000 EUR cents remain"):
        await backend.perform(petra, wallets.refund, lot.id, WalletRefundIn(amount_cents=3001, reference="ABN 9"))
    with pytest.raises(Refused, match="nobody paid for it"):
        await backend.perform(petra, wallets.refund, promotion.id, body)
    await backend.perform(petra, wallets.refund, lot.id, WalletRefundIn(reference="ABN 10"))
    with pytest.raises(Refused, match="0 EUR cents remain"):
        await backend.perform(petra, wallets.refund, lot.id, WalletRefundIn(reference="ABN 10"))
    assert (await accounts(backend))["bank"] == 0
    assert await broken_books(backend) == []


async def test_a_person_ends_what_was_given_and_nothing_else(backend):
    promotion, lot = await given(backend), await paid_in(backend, 5000)
    with pytest.raises(Refused, match="it was paid in"):
        await backend.perform(petra, wallets.expire, lot.id, OVER)
    await backend.perform(petra, wallets.expire, promotion.id, OVER)
    with pytest.raises(Refused, match="nothing is left"):
        await backend.perform(petra, wallets.expire, promotion.id, OVER)
    assert await left(backend) == {lot.id: 5000}
    assert await broken_books(backend) == []


async def test_what_cannot_be_is_a_sentence_and_leaves_nothing(backend):
    tomorrow = backend.clock.now() + timedelta(days=2)
    with pytest.raises(Invalid, match="yet to come"):
        await backend.perform(petra, wallets.top_up, a_top_up(backend, received_at=tomorrow))
    with pytest.raises(Invalid, match="has passed"):
        await backend.perform(petra, wallets.grant, a_grant(backend, days=0))
    with pytest.raises(NotFound):
        await backend.perform(petra, wallets.top_up, a_top_up(backend, tenant_id="tnt_nowhere"))
    assert await lots(backend) == []


async def test_others_neither_see_nor_move_it(backend):
    lot = await paid_in(backend)
    with pytest.raises(NotFound):
        await backend.ask(gina, wallets.detail, lot.id)
    with pytest.raises(Forbidden):
        await backend.perform(alice, wallets.refund, lot.id, WalletRefundIn(reference="Mine"))
    with pytest.raises(Forbidden):
        await backend.perform(alice, wallets.grant, a_grant(backend))
    (own,) = await backend.ask(alice, wallets.balances, ACME)
    assert (own.available_cents, own.promotional_cents) == (50_000, 0)


async def test_two_at_once_never_take_the_same_cent(backend):
    """Eight invoices over 12.10 each want 50.00, while a person pays some of it back."""
    lot = await paid_in(backend, 5000)

    async def invoice():
        return await finalized(backend, a_line(NET_12_10))

    async def back():
        try:
            await backend.perform(petra, wallets.refund, lot.id, WalletRefundIn(amount_cents=1500, reference="ABN 9"))
        except (Refused, Conflict):
            return

    made = await asyncio.gather(
        *(attempt(invoice()) for _ in range(4)), back(), *(attempt(invoice()) for _ in range(4))
    )
    taken = sum(each.amount_applied_cents for each in made if each)
    uses = (await backend.ask(ada, wallets.detail, lot.id)).uses
    assert taken == sum(use.amount_cents for use in uses if use.kind == "applied") > 0
    assert (await left(backend)).get(lot.id, 0) == 5000 - sum(use.amount_cents for use in uses)
    assert await broken_books(backend) == []


@pytest.mark.parametrize("seed", range(4))
async def test_the_books_hold_whatever_happened(backend, clock, seed):
    dice = random.Random(seed)
    made = []
    for _ in range(14):
        match dice.choice(("pay", "give", "invoice", "invoice", "void", "credit", "back", "end", "day")):
            case "pay":
                await paid_in(backend, dice.randint(1, 20_000))
            case "give":
                await given(backend, dice.randint(1, 5000), days=dice.randint(1, 20), priority=dice.randint(0, 9))
            case "invoice":
                made.append(await finalized(backend, a_line(dice.randint(1, 10_000))))
            case "void" if made:
                await attempt(agreed(backend, petra, invoices.void, made.pop(dice.randrange(len(made))).id, "Twice"))
            case "credit" if made:
                await attempt(credited(backend, dice.choice(made), dice.randint(1, 5000)))
            case "back" | "end" as what if there := await lots(backend):
                lot = dice.choice(there)
                body = WalletRefundIn(reference="ABN 9") if what == "back" else OVER
                done = wallets.refund if what == "back" else wallets.expire
                await attempt(backend.perform(petra, done, lot.id, body))
            case "day":
                clock.advance(timedelta(days=dice.randint(1, 9)))
                await backend.perform(SWEEP, wallets.expire_due)
        assert await broken_books(backend) == []


async def attempt(doing):
    """Do what the state may not allow; give what came of it."""
    try:
        return await doing
    except (Refused, Conflict):
        return None
