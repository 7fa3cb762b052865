"""A version of a plan never changes under who subscribed to it; an edit holds for who comes after."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update as change
from sqlalchemy.exc import DBAPIError

from scaicontrol.core.errors import Conflict
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import billing, catalog, provisioning, subscriptions, usage
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.catalog.models import PlanVersion, UsagePrice
from scaicontrol.services.catalog.schemas import PlanIn
from scaicontrol.services.subscriptions.schemas import SubscriptionFilter
from scaicontrol.services.usage.rating import rate
from tests.factories import ACME, SCAIDRIVE, ada, alice, gina, ian, scaidrive
from tests.factories.subscriptions import CLOCK, market, periods, show, subscribed
from tests.factories.usage import an_event, send

CENT = [{"metric_slug": "api_calls", "tier_start": "0", "unit_price_cents": 1}]
TEN = [{"metric_slug": "api_calls", "tier_start": "0", "unit_price_cents": 10}]
TWO_TIERS = [
    {"metric_slug": "api_calls", "tier_start": "0", "tier_end": "100", "unit_price_cents": 0},
    {"metric_slug": "api_calls", "tier_start": "100", "unit_price_cents": 3, "unit_divisor": 10},
]


def metered(**fields) -> PlanIn:
    said = {
        "service_id": SCAIDRIVE, "slug": "metered", "name": "Metered", "billing_period": "monthly", "currency": "EUR",
        "base_price_cents": 1000, "quotas": {"api_calls": 1000}, "usage_pricing": CENT,
    }  # fmt: skip
    return PlanIn.model_validate(said | fields)


async def edited(backend, plan_id="pln_metered", **fields):
    return await backend.perform(ada, catalog.update, plan_id, metered(**fields))


async def opened(backend):
    """Let Acme have the metered plan, and 646 calls in its first period."""
    await market(backend)
    plan = await backend.perform(ada, catalog.create, metered())
    subscription = await subscribed(backend, "scaidrive.metered")
    return plan.id, subscription


async def used(backend, clock, quantity="646"):
    await send(backend, an_event(quantity=quantity, at=clock.now()))


async def lines(backend, as_of):
    """Say what Acme would be billed: (kind, amount, version)."""
    plan = await backend.ask(ada, billing.preview, ACME, as_of)
    assert not plan.quarantined
    return sorted(
        (line.charge_kind, line.amount_cents, line.derivation["plan_version"])
        for document in plan.documents
        for line in document.lines
    )


async def test_an_edit_of_a_usage_price_leaves_running_periods_alone(backend, clock):
    plan_id, subscription = await opened(backend)
    await used(backend, clock)
    changed = await edited(backend, plan_id, usage_pricing=TEN)
    assert changed.plan_version == 2
    clock.advance(timedelta(days=32))
    await backend.perform(CLOCK, subscriptions.renew)
    assert (subscription.plan_version, (await show(backend, subscription.id)).plan_version) == (1, 1)
    assert ("usage:api_calls", 646, 1) in await lines(backend, clock.now())


EDITS: dict[str, dict[str, Any]] = {
    "base": {"base_price_cents": 9900},
    "a tenth": {"base_price_cents": 1},
    "free": {"base_price_cents": 0},
    "multiplier": {"cost_multiplier": "2.5"},
    "tiers": {"usage_pricing": TEN},
    "graduated": {"usage_pricing": TWO_TIERS},
    "no use charged": {"usage_pricing": []},
    "another metric": {
        "usage_pricing": [*CENT, {"metric_slug": "storage_gb", "tier_start": "0", "unit_price_cents": 5}]
    },
    "quota": {"quotas": {"api_calls": 5}},
    "no quota": {"quotas": {}},
    "trial": {"trial_days": 30},
    "term": {"term_months": 12},
}


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("after_the_end", [False, True], ids=["running", "ended"])
async def test_whatever_is_edited_costs_and_entitles_who_has_it_as_before(backend, clock, edit, after_the_end):
    plan_id, subscription = await opened(backend)
    await used(backend, clock)
    if after_the_end:
        clock.advance(timedelta(days=32))
    before = await told(backend, subscription, clock.now() + timedelta(days=40))
    assert (await edited(backend, plan_id, **edit)).plan_version == 2
    assert await told(backend, subscription, clock.now() + timedelta(days=40)) == before
    later = await subscribed(backend, "scaidrive.metered", actor=gina)
    assert later.plan_version == 2
    assert later.status == ("trialing" if "trial_days" in edit else "active")
    assert (later.term_ends_at is not None) is ("term_months" in edit)


async def told(backend, subscription, as_of):
    """Give everything that is said of Acme's subscription: bill to come, quota, entitlement, monthly revenue."""
    found = await show(backend, subscription.id)
    quota = await backend.ask(scaidrive, usage.quota, ACME, "scaidrive", "api_calls")
    detail = await backend.ask(alice, subscriptions.detail, subscription.id)
    (cost,) = [
        use.cost_cents for use in await backend.ask(alice, usage.summary, ACME) if use.metric_slug == "api_calls"
    ]
    return (
        await lines(backend, as_of),
        (quota.limit, quota.used, cost),
        (await backend.ask(scaidrive, subscriptions.entitlements, ACME)).quotas,
        detail.plan.quotas,
        (found.mrr_amount_cents, found.recurring_price_cents, found.term_ends_at),
    )


async def test_words_are_edited_in_place(backend):
    plan_id, _ = await opened(backend)
    plan = await edited(backend, plan_id, name="Metered +", description="Now with words", sort_order=3, is_public=False)
    assert (plan.plan_version, plan.version, plan.name) == (1, 2, "Metered +")


async def test_a_version_nobody_bought_is_changed_in_place_and_one_that_was_sold_is_sealed(backend):
    await market(backend)
    plan = await backend.perform(ada, catalog.create, metered())
    for cents in (1100, 1200):
        assert (await edited(backend, plan.id, base_price_cents=cents)).plan_version == 1
    await subscribed(backend, "scaidrive.metered")
    assert (await edited(backend, plan.id, base_price_cents=1300)).plan_version == 2
    assert (await edited(backend, plan.id, base_price_cents=1400, usage_pricing=[])).plan_version == 2
    made = await backend.ask(ada, catalog.versions, plan.id)
    assert [
        (each.number, each.base_price_cents, len(each.usage_prices), each.sold_at is not None) for each in made
    ] == [
        (2, 1400, 0, False),
        (1, 1200, 1, True),
    ]


@pytest.mark.parametrize(
    "tampering",
    [
        change(PlanVersion).values(base_price_cents=1),
        change(PlanVersion).values(quotas={}),
        change(PlanVersion).values(sold_at=None),
        change(UsagePrice).values(unit_price_cents=10),
        change(UsagePrice).values(plan_version=2),
    ],
)
async def test_the_database_refuses_to_change_what_was_sold(backend, tampering):
    plan_id, _ = await opened(backend)
    await edited(backend, plan_id, base_price_cents=2000)

    async def tamper(uow):
        mine = tampering.table.c.plan_id == plan_id
        await uow.session.execute(tampering.where(mine), execution_options={"synchronize_session": False})

    before = [catalog.terms_of(each) for each in await backend.ask(ada, catalog.versions, plan_id)]
    with pytest.raises((Conflict, DBAPIError)):  # what a trigger says has another class on each database
        await backend.perform(ada, tamper)
    assert [catalog.terms_of(each) for each in await backend.ask(ada, catalog.versions, plan_id)] == before


async def test_a_plan_says_what_its_newest_version_says(backend):
    plan_id, _ = await opened(backend)
    await edited(backend, plan_id, **EDITS["base"], **EDITS["graduated"], **EDITS["quota"], trial_days=3, term_months=6)
    plan = await backend.ask(ada, catalog.get, plan_id)
    for name in ("base_price_cents", "cost_multiplier", "quotas", "trial_days", "term_months"):
        assert getattr(plan, name) == getattr(plan.current, name), name
    assert [(price.tier_start, price.unit_price_cents) for price in plan.usage_prices] == [(0, 0), (100, 3)]


async def test_who_changes_plan_or_converts_gets_the_newest_version_of_the_other_plan(backend):
    plan_id, subscription = await opened(backend)
    await subscribed(backend, "scaidrive.metered", actor=gina)
    pro = await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.pro")
    await edited(backend, plan_id, base_price_cents=500)
    assert pro.plan_version == 1
    back = await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.metered")
    assert (back.plan_version, back.recurring_price_cents) == (2, 500)
    more = await backend.perform(alice, subscriptions.change_plan, subscription.id, quantity=3)
    assert (more.plan_version, more.recurring_price_cents) == (2, 500)


async def test_a_pending_subscription_is_activated_under_the_version_it_was_sold(backend):
    await market(backend, provisioning_url="https://scaidrive.example.com/provision")
    plan = await backend.perform(ada, catalog.create, metered())
    waiting = await subscribed(backend, "scaidrive.metered")
    assert (waiting.status, waiting.unit_price_cents) == ("pending", None)
    await edited(backend, plan.id, base_price_cents=5000, term_months=12)
    live = await backend.perform(ada, subscriptions.activate, waiting.id)
    assert (live.plan_version, live.unit_price_cents, live.term_ends_at) == (1, 1000, None)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_service_is_told_the_quotas_of_the_subscribers_version(backend):
    plan_id, subscription = await opened(backend)
    await edited(backend, plan_id, quotas={"api_calls": 5})
    found = await backend.ask(ada, subscriptions.get, subscription.id)
    assert found.terms.quotas == {"api_calls": 1000}
    started = await backend.perform(ada, provisioning.subscribe, "scaidrive.metered", tenant_id="tnt_globex")
    assert started.subscription.terms.quotas == {"api_calls": 5}


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    "seed", [1, 2, 3, pytest.param(4, marks=pytest.mark.long), pytest.param(5, marks=pytest.mark.long)]
)
async def test_no_history_of_edits_moves_the_price_of_what_has_begun(backend, clock, seed):
    chance = random.Random(seed)  # a story, not a secret
    plan_id, _ = await opened(backend)
    agreed: dict[str | None, tuple[int, int]] = {ACME: (1000, 1)}  # what each subscribed at: a period, and an API call
    price, call = agreed[ACME]
    waiting = [gina, ian]
    for _ in range(8):
        match chance.choice(["edit", "edit", "subscribe", "month", "words"]):
            case "edit":
                price, call = chance.randint(0, 9999), chance.randint(0, 99)
                tiers = [{"metric_slug": "api_calls", "tier_start": "0", "unit_price_cents": call}]
                await edited(backend, plan_id, base_price_cents=price, usage_pricing=tiers)
            case "subscribe" if waiting:
                actor = waiting.pop()
                agreed[actor.tenant_id] = (price, call)
                await subscribed(backend, "scaidrive.metered", actor=actor)
            case "words":
                await edited(
                    backend, plan_id, name=f"Called {chance.random():.3f}", base_price_cents=price,
                    usage_pricing=[{"metric_slug": "api_calls", "tier_start": "0", "unit_price_cents": call}],
                )  # fmt: skip
            case _:
                clock.advance(timedelta(days=31))
                await backend.perform(CLOCK, subscriptions.renew)
    for tenant_id, terms in agreed.items():
        for found in (
            await backend.ask(ada, subscriptions.page, PageRequest(), SubscriptionFilter(tenant_id=tenant_id))
        ).items:
            begun = await periods(backend, found.id)
            assert {(each.unit_price_cents, each.terms.usage_prices[0].unit_price_cents) for each in begun} == {terms}
            assert (found.recurring_price_cents, found.terms.base_price_cents) == (terms[0], terms[0])


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**5), st.integers(1, 1000)), min_size=1, max_size=6),
    st.decimals(min_value=0, max_value=10**9, places=6),
)
def test_tiers_add_up_exactly(cut, quantity):
    """Whatever the tiers: the parts of a quantity are the quantity, and only their sum is rounded, once."""
    starts = [Decimal(0)]
    for width, _, _ in cut[:-1]:
        starts.append(starts[-1] + width)
    ends = [*starts[1:], None]
    brackets = [Bracket(a, b, price, by) for a, b, (_, price, by) in zip(starts, ends, cut, strict=True)]
    parts = [
        max(min(quantity, b if b is not None else quantity) - a, Decimal(0)) for a, b in zip(starts, ends, strict=True)
    ]
    assert sum(parts) == quantity
    exact = sum(part * price / by for part, (_, price, by) in zip(parts, cut, strict=True))
    assert abs(rate(quantity, brackets).amount_cents - exact) <= Decimal("0.5000001")
