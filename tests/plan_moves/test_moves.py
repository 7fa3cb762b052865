"""Subscribers get another version of their plan as they were shown and told, at a renewal, and never before."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol.core.errors import Conflict, Forbidden, Invalid, Refused
from scaicontrol.services import billing, plan_moves, subscriptions
from scaicontrol.services.subscriptions import Override
from tests.factories import ACME, GLOBEX, NORTHWIND, ada, alice, gina, ian, petra
from tests.factories.catalog import store_override
from tests.factories.plan_moves import announced, edited
from tests.factories.subscriptions import CLOCK, everybody_pays, facts, market, periods, show, subscribed


async def previewed(backend, plan_id="pln_pro", **terms):
    return await backend.ask(ada, plan_moves.preview, plan_id, **({"notice_days": 30} | terms))


async def months_pass(backend, clock, months):
    for _ in range(months):
        clock.advance(timedelta(days=31))
        await backend.perform(CLOCK, subscriptions.renew)


async def costs(backend, subscription_id):
    return [(row.plan_version, row.unit_price_cents) for row in await periods(backend, subscription_id)]


async def test_a_preview_names_everybody_with_prices_and_the_first_renewal_after_the_notice(backend, clock):
    await market(backend)
    one = await subscribed(backend, quantity=2)
    await subscribed(backend, actor=gina)
    await edited(backend)
    planned = await previewed(backend)
    assert (planned.plan_version, planned.monthly_cents, planned.new_monthly_cents) == (2, {"EUR": 3000}, {"EUR": 3600})
    mine = next(each for each in planned.subscriptions if each.subscription_id == one.id)
    assert (mine.unit_price_cents, mine.new_unit_price_cents, mine.monthly_cents) == (1000, 1200, 2000)
    assert mine.effective_at >= planned.notice_ends_at >= clock.now() + timedelta(days=30)
    assert mine.effective_at - planned.notice_ends_at < timedelta(days=31)
    assert (await show(backend, one.id)).next_plan_version is None


async def test_the_price_changes_at_that_renewal_as_announced_and_not_before(backend, clock):
    await market(backend)
    subscription = await subscribed(backend)
    await edited(backend)
    planned = await previewed(backend, notice_days=31)  # after thirty the next renewal would take it
    move = await announced(backend, plan_hash=planned.plan_hash, notice_days=31)
    waiting = await show(backend, subscription.id)
    assert (waiting.plan_version, waiting.next_plan_version, waiting.plan_move_id) == (1, 2, move.id)
    assert waiting.next_plan_version_at == planned.subscriptions[0].effective_at
    await edited(backend, 9900)  # what comes later was not announced
    await months_pass(backend, clock, 3)
    assert await costs(backend, subscription.id) == [(1, 1000), (1, 1000), (2, 1200), (2, 1200)]
    moved = await show(backend, subscription.id)
    assert (moved.plan_version, moved.plan_move_id, moved.next_plan_version) == (2, None, None)
    assert moved.mrr_amount_cents == 1200


async def test_a_bill_to_come_is_computed_as_announced(backend, clock):
    await market(backend)
    await subscribed(backend)
    await edited(backend)
    await announced(backend, notice_days=31)
    plan = await backend.ask(ada, billing.preview, ACME, clock.now() + timedelta(days=85))
    lines = [line for document in plan.documents for line in document.lines]
    assert sorted((line.derivation["plan_version"], line.amount_cents) for line in lines) == [
        (1, 1000), (1, 1000), (2, 1200),
    ]  # fmt: skip


async def test_everybody_is_told_once_with_the_price_and_the_day(backend):
    await market(backend)
    await subscribed(backend)
    await subscribed(backend, actor=gina)
    await edited(backend)
    await announced(backend)
    told = [fact.payload for fact in await facts(backend, "subscription.terms_announced")]
    assert {each["tenant_id"] for each in told} == {ACME, GLOBEX}
    assert {(each["unit_price_cents"], each["next_unit_price_cents"]) for each in told} == {(1000, 1200)}
    with pytest.raises(Refused, match="Nobody to move"):
        await announced(backend)
    planned = await previewed(backend)
    assert {each.reason for each in planned.left_out} == {"the version is announced to it already"}


async def test_a_move_is_called_off_for_whoever_has_not_taken_it(backend, clock):
    await market(backend)
    early = await subscribed(backend)
    await edited(backend)
    move = await announced(backend, notice_days=0)
    clock.advance(timedelta(days=20))
    await months_pass(backend, clock, 1)
    assert (await show(backend, early.id)).plan_version == 2
    with pytest.raises(Refused, match="everybody took version 2"):
        await backend.perform(ada, plan_moves.cancel, move.id, "Too late")
    late = await subscribed(backend, actor=gina)
    await edited(backend, 1500)
    second = await announced(backend)
    await backend.perform(ada, plan_moves.cancel, second.id, "The old prices stay")
    await months_pass(backend, clock, 4)
    assert {(await show(backend, each.id)).plan_version for each in (early, late)} == {2}
    assert len(await facts(backend, "subscription.terms_withdrawn")) == 2
    with pytest.raises(Refused, match="it is cancelled"):
        await backend.perform(ada, plan_moves.cancel, second.id, "Again")


@pytest.mark.parametrize(
    ("meanwhile", "again"),
    [("another subscriber", True), ("a price", True), ("a quantity", True), ("nothing", False), ("words", False)],
)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_only_what_was_previewed_is_announced(backend, meanwhile, again):
    await market(backend)
    subscription = await subscribed(backend)
    if meanwhile == "another subscriber":
        other = await subscribed(backend, actor=gina)
        await backend.perform(gina, subscriptions.change_plan, other.id, plan="scaidrive.team")
    await edited(backend)
    planned = await previewed(backend)
    match meanwhile:
        case "another subscriber":
            await store_override(backend, price_cents=700)
        case "a price":
            await edited(backend, 1300)
        case "a quantity":
            await backend.perform(alice, subscriptions.change_plan, subscription.id, quantity=3)
        case "words":
            await edited(backend, name="Professional")
    if again:
        with pytest.raises(Conflict, match="preview it again"):
            await announced(backend, plan_hash=planned.plan_hash)
    else:
        assert (await announced(backend, plan_hash=planned.plan_hash)).subscriptions == 1


async def test_agreed_and_partners_own_prices_stay(backend, clock):
    await market(backend)
    agreed = await subscribed(backend, actor=ada, tenant_id=ACME, unit_price_cents=800)
    own = await subscribed(backend, actor=ian)
    await store_override(backend, partner_id="prt_southbay", price_cents=900)
    await edited(backend, 1200, quotas={"api_calls": 5})
    planned = await previewed(backend)
    after = {each.subscription_id: each.new_unit_price_cents for each in planned.subscriptions}
    assert after == {agreed.id: 800, own.id: 900}
    await announced(backend)
    await months_pass(backend, clock, 3)
    for subscription, price in ((agreed, 800), (own, 900)):
        found = await show(backend, subscription.id)
        assert (found.plan_version, found.unit_price_cents, found.terms.quotas) == (2, price, {"api_calls": 5})


async def test_what_an_operator_agrees_on_after_the_announcement_wins(backend, clock):
    await market(backend)
    subscription = await subscribed(backend)
    await edited(backend)
    await announced(backend)
    wanted = Override(reason="Loyal", unit_price_cents=950)
    await backend.perform(ada, subscriptions.override, subscription.id, wanted)
    await months_pass(backend, clock, 3)
    assert (await costs(backend, subscription.id))[-1] == (2, 950)


LEFT_OUT = {
    "once": "it was bought once",
    "term": "its fixed term holds until",
    "cancelled": "it runs out",
    "changing": "it changes to scaidrive.team",
}


@pytest.mark.parametrize(("who", "reason"), LEFT_OUT.items(), ids=LEFT_OUT)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_keeps_its_version_is_named_with_the_reason(backend, who, reason):
    await market(backend)
    slug = who if who in ("once", "term") else "pro"
    subscription = await subscribed(backend, f"scaidrive.{slug}")
    if who == "cancelled":
        await backend.perform(alice, subscriptions.cancel, subscription.id)
    if who == "changing":
        await backend.perform(
            alice, subscriptions.change_plan, subscription.id, plan="scaidrive.team", when="period_end"
        )
    fields: dict[str, dict[str, Any]] = {
        "once": {"billing_period": "one_time", "name": "Once"},
        "term": {"term_months": 3, "name": "Term"},
    }
    await edited(backend, 5000, f"pln_{slug}", **({"slug": slug} | fields.get(slug, {})))
    planned = await previewed(backend, f"pln_{slug}")
    assert planned.subscriptions == []
    assert [each.reason.startswith(reason) for each in planned.left_out] == [True]
    with pytest.raises(Refused, match="Nobody to move"):
        await announced(backend, f"pln_{slug}")


async def test_a_change_of_plan_forgets_what_was_announced(backend, clock):
    await market(backend)
    subscription = await subscribed(backend)
    await edited(backend)
    await announced(backend)
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.team")
    assert (await show(backend, subscription.id)).next_plan_version is None
    await months_pass(backend, clock, 3)
    assert (await costs(backend, subscription.id))[-1] == (1, 3000)


async def test_a_trial_takes_it_at_a_renewal_after_it_was_converted(backend, clock):
    await market(backend)
    trial = await subscribed(backend, "scaidrive.tested")
    await edited(backend, 2500, "pln_tested", slug="tested", name="Tested", trial_days=14)
    move = await announced(backend, "pln_tested")
    assert move.subscriptions == 1
    clock.advance(timedelta(days=15))
    await backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays)
    await months_pass(backend, clock, 3)
    told = await costs(backend, trial.id)
    assert (told[0], told[-1]) == ((1, 2000), (2, 2500))


@pytest.mark.parametrize("notice_days", [-1, 731])
async def test_a_notice_has_bounds(backend, notice_days):
    await market(backend)
    with pytest.raises(Invalid, match="between 0 and 730"):
        await previewed(backend, notice_days=notice_days)


async def test_only_the_platform_moves_and_it_may_name_a_partner(backend):
    await market(backend)
    await subscribed(backend)
    other = await subscribed(backend, actor=ian)
    await edited(backend)
    for actor in (petra, alice):
        with pytest.raises(Forbidden):
            await backend.ask(actor, plan_moves.preview, "pln_pro", notice_days=30)
    planned = await previewed(backend, partner_id=NORTHWIND)
    assert {each.tenant_id for each in planned.subscriptions} == {ACME}
    await announced(backend, partner_id=NORTHWIND)
    assert (await show(backend, other.id)).next_plan_version is None


NOTICES = [0, 1, 7, 14, 15, 29, 30, 45, 60, 90]


@pytest.mark.parametrize("notice_days", NOTICES)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_whatever_the_notice_no_period_before_its_end_is_touched(backend, clock, notice_days):
    await market(backend)
    subscription = await subscribed(backend)
    await edited(backend, 1000, usage_pricing=[{"metric_slug": "api_calls", "unit_price_cents": 1}])
    planned = await previewed(backend, notice_days=notice_days)
    effective_at = planned.subscriptions[0].effective_at
    await announced(backend, notice_days=notice_days)
    await months_pass(backend, clock, 6)
    for row in await periods(backend, subscription.id):
        assert row.plan_version == (2 if row.period_start >= effective_at else 1)
        assert bool(row.terms.usage_prices) is (row.plan_version == 2)
    assert Decimal(planned.monthly_cents["EUR"]) == planned.new_monthly_cents["EUR"]
