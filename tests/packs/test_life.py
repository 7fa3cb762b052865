"""A pack and everything in it live one life: begun, moved and ended together, told once."""

import asyncio
from datetime import timedelta

import pytest

from scaicontrol.core.errors import Conflict, NotFound, Refused
from scaicontrol.services import packs, subscriptions
from scaicontrol.services.provisioning.service import starting
from tests.factories import ACME, GLOBEX, ada, alice, gina, petra
from tests.factories.packs import children, ends, held, office, packed, sold
from tests.factories.subscriptions import CLOCK, everybody_pays, facts, nobody_pays, subscribed, told


def states(row, parts):
    return {str(row.status), *(str(child.status) for child in parts)}


async def now(backend, pack_subscription_id):
    row, parts = await held(backend, pack_subscription_id), await children(backend, pack_subscription_id)
    return row, [child for child in parts if row.status == "cancelled" or child.status != "cancelled"]


async def test_subscribing_makes_one_parent_and_a_child_an_item_all_active(backend):
    await sold(backend)
    row, parts = await now(backend, (await packed(backend)).id)
    assert states(row, parts) == {"active"}
    assert {child.plan_key: child.unit_price_cents for child in parts} == {
        "scaidrive.pro": 833,
        "scaicrm.contacts": 1667,
    }
    assert {child.current_period_end for child in parts} == {row.current_period_end}
    assert row.unit_price_cents == row.mrr_amount_cents == 2500
    assert await told(backend) == []  # not a word about the children
    [fact] = await facts(backend, "pack_subscription.activated")
    assert (fact.step, fact.payload["state"], fact.payload["pack_slug"]) == ("initial", "active", "office")
    assert [item["plan_key"] for item in fact.payload["items"]] == [child.plan_key for child in parts]


async def test_a_child_is_never_changed_alone(backend):
    await sold(backend)
    _, [child, _] = await now(backend, (await packed(backend)).id)
    with pytest.raises(Refused, match="belongs to pack subscription"):
        await backend.perform(alice, subscriptions.cancel, child.id)
    with pytest.raises(Refused, match="belongs to pack subscription"):
        await backend.perform(ada, subscriptions.suspend, child.id, "Abuse.")


async def test_what_is_had_already_is_a_conflict_and_leaves_nothing(backend):
    await sold(backend)
    single = await subscribed(backend)
    with pytest.raises(Conflict, match="has scaidrive by itself"):
        await packed(backend)
    await backend.perform(ada, subscriptions.cancel, single.id, immediate=True)
    first = await packed(backend)
    with pytest.raises(Conflict, match="has pack office already"):
        await packed(backend)
    await packed(backend, actor=gina)  # another tenant may
    await backend.perform(ada, packs.cancel, first.id, immediate=True)
    assert (await packed(backend)).id != first.id


async def test_what_a_pack_holds_is_not_had_by_itself_as_well(backend):
    """Its use would else be charged twice."""
    await sold(backend)
    row = await packed(backend)
    with pytest.raises(Conflict, match=f"has scaidrive already, in pack subscription {row.id}"):
        await subscribed(backend, "scaidrive.team")
    await backend.perform(ada, packs.cancel, row.id, immediate=True)
    assert (await subscribed(backend, "scaidrive.team")).status == "active"


@pytest.mark.parametrize("order", [(packs.begin, subscriptions.begin), (subscriptions.begin, packs.begin)])
async def test_of_a_pack_and_a_part_of_it_that_are_taken_at_once_one_is_refused(backend, order):
    await sold(backend)
    await packed(backend, actor=gina)  # what was sold before is not sealed, which would make one wait for the other
    what = {packs.begin: "office", subscriptions.begin: "scaidrive.pro"}
    first, second = order
    async with backend.unit_of_work(alice) as uow:
        await first(uow, what[first])
        other = asyncio.create_task(backend.perform(alice, second, what[second]))
        await asyncio.wait({other}, timeout=0.5)  # it looks what there is, or waits to
    with pytest.raises(Conflict, match="has scaidrive"):
        await other


async def test_who_may_and_of_whom(backend):
    await sold(backend, is_public=False)
    with pytest.raises(NotFound):
        await packed(backend)
    row = await packed(backend, actor=petra, tenant_id=ACME)
    assert row.tenant_id == ACME
    with pytest.raises(NotFound):
        await backend.ask(gina, packs.get_subscription, row.id)
    with pytest.raises(NotFound):
        await backend.perform(gina, packs.cancel, row.id)


async def test_cancelling_runs_out_with_the_period_and_can_be_undone(backend, clock):
    await sold(backend)
    pack_id = (await packed(backend)).id
    row = await backend.perform(alice, packs.cancel, pack_id, "Too dear.")
    assert states(*await now(backend, pack_id)) == {"cancelling"}
    await backend.perform(alice, packs.resume, pack_id)
    assert states(*await now(backend, pack_id)) == {"active"}
    await backend.perform(alice, packs.cancel, pack_id, "Still too dear.")
    clock.set(ends(row) + timedelta(hours=1))
    await backend.perform(CLOCK, packs.reap)
    row, parts = await now(backend, pack_id)
    assert states(row, parts) == {"cancelled"}
    assert {child.cancelled_at for child in parts} == {row.cancelled_at} == {row.pending_cancellation_at}
    assert [fact.payload["change_kind"] for fact in await facts(backend, "pack_subscription.changed")] == [
        "scheduled_cancellation",
        "scheduled_cancellation_undone",
        "scheduled_cancellation",
    ]
    [ended] = await facts(backend, "pack_subscription.cancelled")
    assert ended.payload["effective_immediately"] is False
    assert await told(backend) == []


async def test_a_trial_ends_at_once_and_was_the_only_one(backend):
    await sold(backend, trial_days=14)
    first = await packed(backend)
    assert states(*await now(backend, first.id)) == {"trialing"}
    await backend.perform(alice, packs.cancel, first.id)
    assert states(*await now(backend, first.id)) == {"cancelled"}
    assert states(*await now(backend, (await packed(backend)).id)) == {"active"}


@pytest.mark.parametrize(("payers", "state"), [(everybody_pays, "active"), (nobody_pays, "cancelled")])
async def test_the_end_of_a_trial(backend, clock, payers, state):
    await sold(backend, trial_days=14)
    row = await packed(backend)
    clock.advance(timedelta(days=7))
    assert await backend.perform(CLOCK, packs.notice_trial_ending) == 1
    assert await backend.perform(CLOCK, packs.notice_trial_ending) == 0
    clock.advance(timedelta(days=7, hours=1))
    assert await backend.perform(CLOCK, packs.expire_trials, payers) == 1
    assert await backend.perform(CLOCK, packs.expire_trials, payers) == 0
    row, parts = await now(backend, row.id)
    assert states(row, parts) == {state}
    assert len({child.current_period_end for child in parts} | {row.current_period_end}) == 1


async def test_renewal_opens_the_next_period_of_all_and_is_safe_twice(backend, clock):
    await sold(backend)
    row = await packed(backend)
    clock.set(ends(row) + timedelta(days=32))  # a month is missed, too
    assert await backend.perform(CLOCK, packs.renew) == 1
    assert await backend.perform(CLOCK, packs.renew) == 0
    row, parts = await now(backend, row.id)
    assert {child.current_period_start for child in parts} == {row.current_period_start}
    for child in parts:
        assert len(await backend.ask(ada, subscriptions.periods_of, child.id)) == 3
    renewals = [fact.payload["change_kind"] for fact in await facts(backend, "pack_subscription.changed")]
    assert renewals == ["renewal", "renewal"]
    assert await backend.perform(CLOCK, subscriptions.renew) == 0  # which leaves children alone


async def test_suspended_and_resumed_as_one(backend, clock):
    await sold(backend)
    pack_id = (await packed(backend)).id
    await backend.perform(petra, packs.suspend, pack_id, "Abuse.")
    row, parts = await now(backend, pack_id)
    assert states(row, parts) == {"suspended"}
    assert {child.suspended_reason for child in parts} == {"Abuse."}
    clock.advance(timedelta(days=70))
    await backend.perform(petra, packs.resume, pack_id)
    row, parts = await now(backend, pack_id)
    assert states(row, parts) == {"active"}
    assert row.current_period_start <= clock.now() < row.current_period_end
    for child in parts:  # two months passed unused
        assert len(await backend.ask(ada, subscriptions.periods_of, child.id)) == 2


async def test_other_items_come_with_the_next_period(backend, clock):
    pack = await sold(backend)
    row = await packed(backend)
    await backend.perform(ada, packs.update, pack.id, office(items=[{"plan_id": "pln_campaigns"}]))
    row, parts = await now(backend, row.id)
    assert {child.plan_key for child in parts} == {"scaidrive.pro", "scaicrm.contacts"}
    clock.set(ends(row))
    await backend.perform(CLOCK, packs.renew)
    row, parts = await now(backend, row.id)
    assert {child.plan_key: child.unit_price_cents for child in parts} == {"scaicrm.campaigns": 2500}
    [exchanged] = await facts(backend, "pack_subscription.items_changed")
    assert [len(exchanged.payload[name]) for name in ("added", "changed", "removed")] == [0, 1, 1]
    await backend.perform(ada, packs.update, pack.id, office())
    clock.set(ends(row))
    await backend.perform(CLOCK, packs.renew)
    last = (await facts(backend, "pack_subscription.items_changed"))[-1]
    await backend.perform(CLOCK, starting.start, last.payload["added"][0])
    row, parts = await now(backend, row.id)
    assert states(row, parts) == {"active"}
    assert sum(child.unit_price_cents for child in parts) == 2500


async def test_a_percentage_of_other_items_is_another_price(backend, clock):
    pack = await sold(backend, discount_type="percentage", discount_percentage="10")
    row = await packed(backend)
    assert row.unit_price_cents == 2700
    only = office(discount_type="percentage", discount_percentage="10", items=[{"plan_id": "pln_contacts"}])
    await backend.perform(ada, packs.update, pack.id, only)
    clock.set(ends(row))
    await backend.perform(CLOCK, packs.renew)
    row, [child] = await now(backend, row.id)
    assert row.unit_price_cents == child.unit_price_cents == 1800
    changed = (await facts(backend, "pack_subscription.changed"))[-1]
    assert changed.payload["change_kind"] == "plan_change"
    assert (changed.payload["previous_mrr_amount_cents"], changed.payload["mrr_amount_cents"]) == (2700, 1800)


async def test_a_pack_of_another_partners_tenant_stays_unseen(backend):
    await sold(backend)
    row = await packed(backend, actor=gina)
    assert row.tenant_id == GLOBEX
    with pytest.raises(NotFound):
        await backend.ask(alice, packs.get_subscription, row.id)


async def test_a_service_is_in_one_pack_at_a_time(backend):
    """Its use would else be charged in both."""
    await sold(backend)
    await packed(backend)
    await sold(backend, slug="suite", name="Suite", items=[{"plan_id": "pln_pro"}])
    with pytest.raises(Conflict, match="has scaidrive in another pack"):
        await packed(backend, "suite")


async def test_a_pack_that_was_resumed_in_spite_of_arrears_becomes_past_due_again(backend):
    await sold(backend)
    row = await packed(backend)
    failure = subscriptions.PaymentFailure("inv_1", 2500, "EUR")
    await backend.perform(CLOCK, packs.mark_past_due, row.id, failure)
    await backend.perform(ada, packs.suspend, row.id, "It owes.")
    await backend.perform(ada, packs.resume, row.id, override_arrears=True, reason="They promised.")
    assert states(*await now(backend, row.id)) == {"active"}
    await backend.perform(CLOCK, packs.mark_past_due, row.id, failure)
    assert states(*await now(backend, row.id)) == {"past_due"}
