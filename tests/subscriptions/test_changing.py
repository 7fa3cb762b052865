from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions.models import SubscriptionChange
from tests.factories import ada, alice
from tests.factories.catalog import store_plan
from tests.factories.registry import store_service
from tests.factories.subscriptions import CLOCK, market, periods, show, subscribed, told

DAY = timedelta(days=1)


async def changes(backend):
    async def read(uow):
        return (await uow.session.scalars(select(SubscriptionChange).order_by(SubscriptionChange.changed_at))).all()

    return await backend.ask(ada, read)


async def test_the_right_changes_at_once_and_the_price_with_the_next_period(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    clock.advance(10 * DAY)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team", quantity=2)
    now = await show(backend, pro.id)
    assert (now.plan_key, now.quantity, now.unit_price_cents, now.next_unit_price_cents) == (
        "scaidrive.team", 2, 1000, 3000,
    )  # fmt: skip
    clock.advance(30 * DAY)
    await backend.perform(CLOCK, subscriptions.renew)
    charged = [(row.plan_id, row.quantity, row.unit_price_cents) for row in await periods(backend, pro.id)]
    assert charged == [("pln_pro", 1, 1000), ("pln_team", 2, 3000)]
    assert (await show(backend, pro.id)).next_unit_price_cents is None


async def test_proration_by_day_exchanges_the_days_that_remain(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    clock.advance(11 * DAY)  # 26 January: 20 of 31 days remain
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team")
    (change,) = await changes(backend)
    assert (change.remaining_days, change.old_period_days, change.new_period_days) == (20, 31, 31)
    assert (change.credit_cents, change.charge_cents, change.due_at) == (645, 1935, clock.now())


async def test_another_interval_begins_a_period_of_its_own_and_the_unused_days_go_back(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    clock.advance(11 * DAY)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.year")
    (change,) = await changes(backend)
    assert (change.credit_cents, change.charge_cents, change.old_period_days) == (645, 0, 31)
    monthly, yearly = await periods(backend, pro.id)
    assert (monthly.period_end, monthly.usage_until) == (yearly.period_start, yearly.usage_from)
    assert (yearly.unit_price_cents, yearly.days, yearly.full_days) == (24_000, 365, 365)
    now = await show(backend, pro.id)
    assert (now.anchor_day, now.unit_price_cents, now.next_unit_price_cents) == (26, 24_000, None)


async def test_many_changes_in_one_period_add_up(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    for quantity in (2, 5, 1):
        clock.advance(5 * DAY)
        await backend.perform(alice, subscriptions.change_plan, pro.id, quantity=quantity)
    moved = [(row.charge_cents - row.credit_cents) for row in await changes(backend)]
    # 31 days of 10 euros: 5 days x1, 5 days x2, 5 days x5, 16 days x1.
    assert abs(1000 + sum(moved) - (5 + 10 + 25 + 16) * 1000 / 31) <= 3
    assert moved == [838, 2032, -2065]


async def test_without_proration_nothing_is_due(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(alice, subscriptions.change_plan, pro.id, quantity=4)
    (change,) = await changes(backend)
    assert (change.credit_cents, change.charge_cents, change.due_at) == (0, 0, None)


async def test_a_preview_changes_nothing_and_its_hash_applies_exactly_that(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    shown = await backend.ask(alice, subscriptions.preview_change, pro.id, plan="scaidrive.team")
    assert (shown.credit_cents, shown.charge_cents, shown.price_from) == (1000, 3000, pro.current_period_end)
    assert (await show(backend, pro.id)).plan_key == "scaidrive.pro"
    clock.advance(timedelta(hours=1))
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team", plan_hash=shown.plan_hash)
    assert (await show(backend, pro.id)).plan_key == "scaidrive.team"


async def test_a_stale_preview_is_refused(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    shown = await backend.ask(alice, subscriptions.preview_change, pro.id, plan="scaidrive.team")
    clock.advance(2 * DAY)
    with pytest.raises(Conflict, match="preview it again"):
        await backend.perform(
            alice, subscriptions.change_plan, pro.id, plan="scaidrive.team", plan_hash=shown.plan_hash
        )


async def test_a_trial_changes_its_price_at_once_and_costs_nothing(backend):
    await market(backend, proration="day")
    trial = await subscribed(backend, "scaidrive.tested")
    await backend.perform(alice, subscriptions.change_plan, trial.id, plan="scaidrive.team")
    now = await show(backend, trial.id)
    assert (now.status, now.unit_price_cents, now.next_unit_price_cents) == ("trialing", 3000, None)
    assert await changes(backend) == []


async def test_a_change_after_a_missed_renewal_belongs_to_the_new_period(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    clock.advance(41 * DAY)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team")
    rows = await periods(backend, pro.id)
    (change,) = await changes(backend)
    assert [row.unit_price_cents for row in rows] == [1000, 1000]
    assert (change.period_end, change.old_period_days) == (rows[-1].period_end, 28)


async def test_facts_name_what_changed(backend):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team", quantity=2)
    await backend.perform(alice, subscriptions.change_plan, pro.id, quantity=3)
    assert await told(backend, "subscription.changed") == [
        "subscription.changed plan:v3",
        "subscription.changed quantity:v4",
    ]


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ({"plan": "scaidrive.pro"}, "Nothing to change"),
        ({"plan": "scaimail.mail"}, "another service"),
        ({"plan": "scaidrive.once"}, "bought beside"),
        ({"plan": "scaidrive.dollar"}, "priced in USD"),
    ],
)
async def test_what_it_cannot_be_changed_to(backend, to, sentence):
    await market(backend)
    await store_service(backend, "scaimail")
    await store_plan(backend, "mail", service_id="svc_scaimail")
    await store_plan(backend, "dollar", currency="USD")
    pro = await subscribed(backend)
    with pytest.raises(Refused, match=sentence):
        await backend.perform(alice, subscriptions.change_plan, pro.id, **to)


async def test_a_leaving_subscription_is_not_changed(backend):
    await market(backend)
    pro = await subscribed(backend)
    await backend.perform(alice, subscriptions.cancel, pro.id)
    with pytest.raises(Refused, match="it is cancelling"):
        await backend.perform(alice, subscriptions.change_plan, pro.id, quantity=2)


async def test_a_change_that_waits_is_undone_until_its_period_begins(backend, clock):
    await market(backend)
    pro = await subscribed(backend)
    with pytest.raises(Refused, match="No change of"):
        await backend.perform(alice, subscriptions.undo_change, pro.id)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team", when="period_end")
    assert "undo_change" in subscriptions.offered(alice, await show(backend, pro.id))
    await backend.perform(alice, subscriptions.undo_change, pro.id)
    kept = await show(backend, pro.id)
    assert (kept.plan_key, kept.pending_plan_key, kept.recurring_price_cents) == ("scaidrive.pro", None, 1000)
    assert "undo_change" not in subscriptions.offered(alice, kept)
    await backend.perform(alice, subscriptions.change_plan, pro.id, plan="scaidrive.team", when="period_end")
    clock.advance(32 * DAY)  # the period is over, and no job has come by yet
    with pytest.raises(Refused, match="No change of"):
        await backend.perform(alice, subscriptions.undo_change, pro.id)
