"""Coupons take off the base price, for as many periods as they say, on invoices, changes and forecasts alike."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Forbidden, Refused
from scaicontrol.services import billing, coupons, explanations, subscriptions
from scaicontrol.services.coupons.schemas import CouponIn
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from tests.factories import ACME, NORTHWIND, SOUTHBAY, ada, alice, gina, petra
from tests.factories.coupons import a_coupon
from tests.factories.partners import configured
from tests.factories.subscriptions import CLOCK, subscribed

DAY = timedelta(days=1)
STARTED = datetime(2026, 1, 15, 9, tzinfo=UTC)


async def charged(backend, clock) -> list[tuple[int, list[str]]]:
    """Let the next run bill; give the net amount of each line of its documents, and what was taken off it."""
    before = set(await backend.ask(ada, _lines))
    await backend.perform(CLOCK, subscriptions.renew)
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    done = await billing.apply(backend, petra, run.id, str(run.plan_hash))
    assert (done.status, done.quarantined) == ("applied", 0)
    now = await backend.ask(ada, _lines)
    return [
        (line.amount_cents, [f"{each['reason']} {each['amount_cents']}" for each in line.allowances or ()])
        for key, line in now.items()
        if key not in before
    ]


async def _lines(uow):
    rows = await uow.session.scalars(select(InvoiceLine).order_by(InvoiceLine.created_at, InvoiceLine.order_index))
    return {row.id: row for row in rows}


async def test_a_coupon_makes_so_many_periods_cheaper_and_says_so_on_each(backend, clock):
    coupon = await a_coupon(backend, periods=2)
    subscription = await subscribed(backend, coupon="spring25")
    assert await charged(backend, clock) == [(750, ["Spring offer 250"])]
    for month in (1, 2):
        clock.set(STARTED + 31 * month * DAY)
        expected = [(750, ["Spring offer 250"])] if month == 1 else [(1000, [])]
        assert await charged(backend, clock) == expected
    (shown,) = await backend.ask(petra, coupons.shown, [coupon])
    assert (shown.redemptions, shown.given_cents) == (1, 500)
    (redeemed,) = await backend.ask(alice, coupons.of_subscription, subscription.id)
    assert (redeemed.code, redeemed.taken, redeemed.is_used_up) == ("SPRING25", 2, True)
    for invoice in await backend.ask(ada, _invoices):
        assert (await backend.ask(alice, explanations.explain, invoice.id)).matches


async def _invoices(uow):
    return list(await uow.session.scalars(select(Invoice)))


async def test_an_amount_takes_off_no_more_than_there_is(backend, clock):
    await a_coupon(backend, "BIG", amount_cents=5000, currency="EUR", periods=1)
    await subscribed(backend, coupon="BIG")
    assert await charged(backend, clock) == []  # nothing is left to charge
    clock.set(STARTED + 31 * DAY)
    assert await charged(backend, clock) == [(1000, [])]


async def test_coupons_that_go_together_take_off_percentages_of_the_whole_and_then_amounts(backend, clock):
    await a_coupon(backend, "HALF", percent="50", is_stackable=True)
    await a_coupon(backend, "THREE", amount_cents=300, currency="EUR", is_stackable=True, name="Three off")
    await a_coupon(backend, "ALONE")
    subscription = await subscribed(backend, coupon="THREE")
    await backend.perform(alice, subscriptions.redeem_coupon, subscription.id, "HALF")
    assert await charged(backend, clock) == [(700, ["Three off 300"])]  # HALF holds from the next period on
    clock.set(STARTED + 31 * DAY)
    assert sorted(await charged(backend, clock)) == [(200, ["Spring offer 500", "Three off 300"])]
    with pytest.raises(Refused, match="does not go with"):
        await backend.perform(alice, subscriptions.redeem_coupon, subscription.id, "ALONE")


async def test_a_change_gives_back_and_charges_what_is_left_after_the_coupon(backend, clock):
    await configured(backend, proration="day")
    await a_coupon(backend)
    subscription = await subscribed(backend, coupon="SPRING25")
    await charged(backend, clock)
    clock.set(STARTED + 15 * DAY)
    previewed = await backend.ask(alice, subscriptions.preview_change, subscription.id, plan="scaidrive.team")
    remaining = previewed.remaining_days
    assert previewed.credit_cents == round(Decimal(750 * remaining) / 31)
    assert previewed.charge_cents == round(Decimal(2250 * remaining) / 31)
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.team")
    lines = await charged(backend, clock)
    assert sorted(amount for amount, _ in lines) == [-previewed.credit_cents, previewed.charge_cents]
    clock.set(STARTED + 31 * DAY)
    assert await charged(backend, clock) == [(2250, ["Spring offer 750"])]
    for invoice in await backend.ask(ada, _invoices):
        assert (await backend.ask(alice, explanations.explain, invoice.id)).matches


async def test_another_interval_on_the_first_day_takes_the_place_of_the_first_period(backend, clock):
    await configured(backend, proration="day")
    await a_coupon(backend, periods=1)
    subscription = await subscribed(backend, coupon="SPRING25")
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.year")
    assert await charged(backend, clock) == [(18_000, ["Spring offer 6000"])]
    (redeemed,) = await backend.ask(alice, coupons.of_subscription, subscription.id)
    assert (redeemed.taken, redeemed.given_cents) == (1, 6000)


async def test_what_is_foreseen_is_what_comes(backend, clock):
    await a_coupon(backend, periods=2)
    await subscribed(backend, coupon="SPRING25")
    ahead = await backend.ask(petra, billing.preview, ACME, STARTED + 70 * DAY)
    (document,) = ahead.documents
    assert sorted(line.amount_cents for line in document.lines) == [750, 750, 1000]


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({}, "NOBODY", "There is no coupon NOBODY"),
        ({"valid_from": "2026-02-01T00:00:00Z"}, "SPRING25", "There is no coupon"),
        ({"valid_from": "2025-02-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"}, "SPRING25", "is over"),
        ({"plan_ids": ["pln_team"]}, "SPRING25", "not for this plan"),
        ({"amount_cents": 100, "currency": "USD"}, "SPRING25", "not for this plan"),
        ({"partner_id": SOUTHBAY}, "SPRING25", "There is no coupon"),
    ],
)
async def test_a_coupon_that_cannot_be_had_leaves_nothing_behind(backend, fields, code, said):
    if fields.get("partner_id") == SOUTHBAY:
        await backend.perform(ada, coupons.create, CouponIn(code="SPRING25", name="x", percent=Decimal(5), **fields))
    else:
        await a_coupon(backend, **fields)
    with pytest.raises(Refused, match=said):
        await subscribed(backend, coupon=code)
    assert (await backend.ask(alice, subscriptions.page, _first())).items == []


def _first():
    from scaicontrol.core.pagination import PageRequest

    return PageRequest()


async def test_the_last_one_is_redeemed_once_and_nobody_twice(backend, clock):
    coupon = await a_coupon(backend, max_redemptions=1)
    await subscribed(backend, coupon="SPRING25")
    with pytest.raises(Refused, match="is over"):
        await subscribed(backend, actor=gina, coupon="SPRING25")
    other = await a_coupon(backend, "OTHER", is_stackable=True)
    mine = await subscribed(backend, actor=gina, coupon="OTHER")
    with pytest.raises(Refused, match="has redeemed coupon OTHER already"):
        await backend.perform(gina, subscriptions.redeem_coupon, mine.id, "OTHER")
    await backend.perform(petra, coupons.end, other.id)
    assert (await backend.ask(petra, coupons.get, other.id)).ended_at is not None
    assert (await backend.ask(petra, coupons.get, coupon.id)).ended_at is None


async def test_a_budget_closes_a_coupon_to_others_once_it_was_given(backend, clock):
    await a_coupon(backend, budget_cents=250, currency="EUR")
    first = await subscribed(backend, coupon="SPRING25")
    await charged(backend, clock)
    with pytest.raises(Refused, match="is over"):
        await subscribed(backend, actor=gina, coupon="SPRING25")
    clock.set(STARTED + 31 * DAY)
    assert await charged(backend, clock) == [(750, ["Spring offer 250"])]  # who has it keeps it
    (redeemed,) = await backend.ask(petra, coupons.of_subscription, first.id)
    await backend.perform(petra, coupons.withdraw, redeemed.id)
    clock.set(STARTED + 62 * DAY)
    assert await charged(backend, clock) == [(1000, [])]


async def test_coupons_are_made_by_sellers_and_seen_by_nobody_else(backend):
    with pytest.raises(Forbidden):
        await backend.perform(alice, coupons.create, CouponIn(code="MINE", name="Mine", percent=Decimal(100)))
    await a_coupon(backend)
    with pytest.raises(Forbidden):
        await backend.ask(alice, coupons.page, _first())
