"""The clock's verbs run by two workers at once, twice in a row, and on what is due only."""

import asyncio
from datetime import timedelta

import pytest

from scaicontrol.core.errors import Conflict, Forbidden, Refused
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions.queries import changes_due, periods_due
from tests.factories import ada, alice, gina, ian, petra
from tests.factories.subscriptions import CLOCK, everybody_pays, facts, market, periods, show, subscribed


async def test_two_workers_renew_each_period_once(backend, clock):
    await market(backend)
    rows = [await subscribed(backend, actor=actor) for actor in (alice, gina, ian)]
    clock.advance(timedelta(days=32))
    await asyncio.gather(*(backend.perform(CLOCK, subscriptions.renew) for _ in range(3)))
    assert [len(await periods(backend, row.id)) for row in rows] == [2, 2, 2]
    assert len(await facts(backend, "subscription.changed")) == 3


async def test_two_workers_end_each_trial_once(backend, clock):
    await market(backend)
    for actor in (alice, gina):
        await subscribed(backend, "scaidrive.tested", actor=actor)
    clock.advance(timedelta(days=15))
    ended = await asyncio.gather(
        *(backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays) for _ in range(2))
    )
    assert sum(each.count for each in ended) == 2


async def test_payers_are_asked_once_per_batch_and_only_about_what_is_due(backend, clock):
    await market(backend)
    await subscribed(backend, "scaidrive.tested")
    asked = []

    async def payers(uow, tenant_ids):
        asked.append(list(tenant_ids))
        return set(tenant_ids)

    await backend.perform(CLOCK, subscriptions.expire_trials, payers)
    clock.advance(timedelta(days=15))
    await backend.perform(CLOCK, subscriptions.expire_trials, payers)
    assert asked == [["tnt_acme"]]


@pytest.mark.parametrize("job", [subscriptions.renew, subscriptions.reap, subscriptions.expire_terms])
async def test_people_do_not_turn_the_clock(backend, job):
    await market(backend)
    for person in (alice, petra):
        with pytest.raises(Forbidden):
            await backend.perform(person, job)


async def test_billing_takes_off_what_it_charged(backend, clock):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    clock.advance(timedelta(days=5))
    await backend.perform(alice, subscriptions.change_plan, pro.id, quantity=3)

    async def due(uow):
        partner, now = pro.partner_id, clock.now()
        found = (await uow.session.scalars(periods_due(uow, partner, now))).all()
        moved = (await uow.session.scalars(changes_due(uow, partner, now))).all()
        return found, moved

    (period,), (change,) = await backend.ask(ada, due)
    assert (period.quantity, period.unit_price_cents, change.new_quantity) == (1, 1000, 3)
    await backend.perform(ada, subscriptions.mark_charged, base=[period.id], changes=[change.id])
    assert await backend.ask(ada, due) == ([], [])
    clock.advance(timedelta(days=40))
    ((usage,), _) = await backend.ask(ada, due)
    assert (usage.id, usage.base_due_at, usage.usage_due_at) == (period.id, None, period.period_end)


async def test_a_packs_child_is_left_to_its_pack(backend, clock):
    await market(backend)
    pro = await subscribed(backend)

    async def adopt(uow):
        (await subscriptions.get(uow, pro.id)).pack_subscription_id = "psb_1"

    await backend.perform(ada, adopt)
    clock.advance(timedelta(days=40))
    assert await backend.perform(CLOCK, subscriptions.renew) == 0
    with pytest.raises(Refused, match="belongs to pack subscription psb_1"):
        await backend.perform(alice, subscriptions.cancel, pro.id)
    assert subscriptions.offered(ada, await show(backend, pro.id)) == []
    with pytest.raises(Conflict, match="already, in pack subscription psb_1"):
        await subscribed(backend)
