"""What was measured stays what it was, whatever a service says of its metrics later."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from scaicontrol.core.errors import Forbidden, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import catalog, registry, usage
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.registry.schemas import RegistrationIn
from scaicontrol.services.usage.closing import UsageWindow
from tests.catalog.test_plans import pro
from tests.factories import ACME, SCAIDRIVE, ada, alice, petra, scaidrive
from tests.factories.registry import DRIVE_METRICS
from tests.factories.usage import ENDS, STARTED, an_event, send, store_world

CALLS = {"slug": "api_calls", "name": "API calls", "unit": "call", "kind": "counter"}
STORAGE = DRIVE_METRICS[0]
CENT = Bracket(Decimal(0), None, 100, 1, "call")


async def opened(backend, **priced):
    """Let Acme hold ScaiDrive, where calls cost a euro each, unless told what else is priced."""
    return await store_world(backend, usage=priced or {"api_calls": [CENT]})


async def says(backend, *metrics):
    """Register ScaiDrive again with these metrics."""
    request = RegistrationIn.model_validate({"slug": "scaidrive", "name": "ScaiDrive", "metrics": list(metrics)})
    return await registry.re_register(backend, scaidrive, request)


async def used(backend, metric="api_calls", start=STARTED, end=ENDS):
    window = UsageWindow("w", ACME, SCAIDRIVE, metric, start, end)

    async def ask(uow):
        return (await usage.closed_usage(uow, [window]))[window].quantity

    return await backend.ask(ada, ask)


async def three_times_ten(backend, clock, metric="api_calls"):
    events = [an_event(f"{metric}-{n}", "10", clock.now() - timedelta(hours=n), metric_slug=metric) for n in range(3)]
    assert (await send(backend, *events)).accepted == 3


async def test_thirty_calls_stay_thirty_when_the_service_calls_them_a_gauge(backend, clock):
    await opened(backend)
    await three_times_ten(backend, clock)
    assert await used(backend) == 30
    answer = await says(backend, STORAGE, {**CALLS, "kind": "gauge"})
    assert answer.metric_change.status == "pending"
    assert answer.metric_change.differences[0]["priced_by"] == ["pro"]
    assert await used(backend) == 30
    await backend.perform(ada, registry.approve_metric_change, answer.metric_change.id)
    assert await used(backend) == 30
    quota = await backend.ask(scaidrive, usage.quota, ACME, "scaidrive", "api_calls")
    assert (quota.used, [use.cost_cents for use in await backend.ask(alice, usage.summary, ACME)][1]) == (30, 3000)


SAYINGS = {
    "another kind": [STORAGE, {**CALLS, "kind": "gauge"}],
    "another unit": [STORAGE, {**CALLS, "unit": "1,000 calls"}],
    "both": [STORAGE, {**CALLS, "unit": "peak", "kind": "gauge"}],
    "left out": [STORAGE],
    "nothing": [],
    "left out for another": [STORAGE, {**CALLS, "slug": "requests"}],
}


@pytest.mark.parametrize("metrics", SAYINGS.values(), ids=SAYINGS)
async def test_what_touches_a_priced_metric_waits_and_nothing_is_lost_meanwhile(backend, clock, metrics):
    await opened(backend)
    await three_times_ten(backend, clock)
    answer = await says(backend, *metrics)
    assert answer.metric_change.status == "pending"
    clock.advance(timedelta(hours=1))
    assert (await send(backend, an_event("later", "5", clock.now()))).accepted == 1
    assert await used(backend) == 35
    service = await backend.ask(ada, registry.get, SCAIDRIVE)
    assert service.metric("api_calls") == CALLS


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("metrics", SAYINGS.values(), ids=SAYINGS)
@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_a_decision_changes_nothing_that_was_measured(backend, clock, metrics, decision):
    await opened(backend)
    await three_times_ten(backend, clock)
    change = (await says(backend, *metrics)).metric_change
    if decision == "approve":
        await backend.perform(ada, registry.approve_metric_change, change.id)
    else:
        await backend.perform(ada, registry.reject_metric_change, change.id, "Bill by calls")
    assert await used(backend) == 30
    for told in (CALLS, *metrics):  # whatever the service says next
        await says(backend, STORAGE, told) if told is not STORAGE else None
        assert await used(backend) == 30


@pytest.mark.parametrize("metrics", SAYINGS.values(), ids=SAYINGS)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_nobody_prices_takes_effect_at_once_as_a_new_version(backend, clock, metrics):
    await opened(backend, storage_gb=[CENT])
    await three_times_ten(backend, clock)
    answer = await says(backend, STORAGE, *(each for each in metrics if each is not STORAGE))
    assert answer.metric_change is None
    assert await used(backend) == 30


async def test_each_stretch_counts_by_what_the_metric_was_then(backend, clock):
    await opened(backend)
    await three_times_ten(backend, clock)
    change = (await says(backend, STORAGE, {**CALLS, "kind": "gauge"})).metric_change
    clock.advance(timedelta(hours=1))
    await backend.perform(ada, registry.approve_metric_change, change.id)
    for number, value in enumerate(["7", "9", "8"]):
        clock.advance(timedelta(hours=1))
        await send(backend, an_event(f"gauge-{number}", value, clock.now()))
    assert await used(backend) == 30 + 9
    clock.advance(timedelta(minutes=10))  # at the very moment of the change the new kind would hold
    back = (await says(backend, STORAGE, CALLS)).metric_change
    await backend.perform(ada, registry.approve_metric_change, back.id)
    for number in range(2):
        clock.advance(timedelta(minutes=10))
        await send(backend, an_event(f"again-{number}", "1", clock.now()))
    assert await used(backend) == 30 + 9 + 2
    await usage.aggregate(backend)
    assert await used(backend) == 30 + 9 + 2


async def test_a_change_of_another_metric_cuts_no_gauge_in_two(backend, clock):
    await opened(backend, storage_gb=[CENT])
    await three_times_ten(backend, clock, "storage_gb")
    await says(backend, STORAGE, {**CALLS, "kind": "gauge"})
    clock.advance(timedelta(hours=1))
    await send(backend, an_event("more", "12", clock.now(), metric_slug="storage_gb"))
    assert await used(backend, "storage_gb") == 12


async def test_a_metric_that_went_takes_what_happened_before_and_nothing_after(backend, clock):
    await opened(backend)
    await three_times_ten(backend, clock)
    change = (await says(backend, STORAGE)).metric_change
    clock.advance(timedelta(hours=2))
    await backend.perform(ada, registry.approve_metric_change, change.id)
    before, after = (
        an_event(key, "4", clock.now() + by) for key, by in (("b", -timedelta(hours=1)), ("a", timedelta()))
    )
    done = await send(backend, before, after)
    assert (done.accepted, [str(each.code) for each in done.rejected]) == (1, ["unknown_metric"])
    assert await used(backend) == 34
    took_off = an_event("c", "-4", clock.now() - timedelta(hours=1), corrects="b")
    assert (await send(backend, took_off)).accepted == 1
    assert await used(backend) == 30


async def test_saying_the_same_again_asks_once_and_saying_the_old_withdraws(backend, clock):
    await opened(backend)
    first = (await says(backend, STORAGE)).metric_change
    assert (await says(backend, STORAGE)).metric_change.id == first.id
    assert (await says(backend, STORAGE, CALLS)).metric_change is None
    second = (await says(backend, STORAGE)).metric_change
    clock.advance(timedelta(seconds=1))
    third = (await says(backend, STORAGE, {**CALLS, "kind": "gauge"})).metric_change
    assert len({first.id, second.id, third.id}) == 3
    with pytest.raises(Refused, match=f"Cannot approve metric change {second.id}: it is withdrawn"):
        await backend.perform(ada, registry.approve_metric_change, second.id)
    rejected = await backend.perform(ada, registry.reject_metric_change, third.id, "Bill by calls")
    told = (await says(backend, STORAGE, {**CALLS, "kind": "gauge"})).metric_change
    assert (told.id, told.status, told.reason) == (rejected.id, "rejected", "Bill by calls")
    page = await backend.ask(ada, registry.metric_changes, PageRequest(), SCAIDRIVE)
    assert sorted(each.status for each in page.items) == ["rejected", "withdrawn", "withdrawn"]


async def test_only_the_platform_decides(backend):
    await opened(backend)
    change = (await says(backend, STORAGE)).metric_change
    for actor in (petra, alice, scaidrive):
        with pytest.raises(Forbidden):
            await backend.perform(actor, registry.approve_metric_change, change.id)


async def test_a_price_of_an_earlier_version_still_protects_its_metric(backend):
    await opened(backend)
    plan = await backend.ask(ada, catalog.get, "pln_pro")

    async def sold(uow):
        await catalog.sell(uow, await catalog.get(uow, plan.id))

    await backend.perform(ada, sold)
    await backend.perform(ada, catalog.update, plan.id, pro(usage_pricing=[], quotas={}))
    assert (await says(backend, STORAGE)).metric_change.status == "pending"


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    "seed", [1, 2, pytest.param(3, marks=pytest.mark.long), pytest.param(4, marks=pytest.mark.long)]
)
async def test_any_history_counts_each_event_by_what_its_metric_was(backend, clock, seed):
    """Against the plain model: runs of events under one kind, the sum of a counter's and the highest of a gauge's."""
    chance = random.Random(seed)  # a story, not a secret
    await opened(backend)
    kind, runs = "counter", [("counter", [Decimal(0)])]
    for step in range(20):
        clock.advance(timedelta(minutes=chance.randint(1, 90)))
        match chance.choice(["event", "event", "event", "roll up", "change", "drift"]):
            case "event":
                value = Decimal(chance.randint(0, 50))
                assert (await send(backend, an_event(f"e{step}", str(value), clock.now()))).accepted == 1
                runs[-1][1].append(value)
            case "roll up":
                await usage.aggregate(backend)
            case "drift":  # of a metric nobody prices, and in words
                shown = {**CALLS, "kind": kind, "name": f"Calls {step}"}
                other = {"slug": "drifting", "name": "D", "unit": "d", "kind": chance.choice(["counter", "gauge"])}
                assert (await says(backend, STORAGE, shown, other)).metric_change is None
            case _:
                kind = "gauge" if kind == "counter" else "counter"
                change = (await says(backend, STORAGE, {**CALLS, "kind": kind})).metric_change
                await backend.perform(ada, registry.approve_metric_change, change.id)
                runs.append((kind, [Decimal(0)]))
    assert await used(backend) == sum(sum(values) if of == "counter" else max(values) for of, values in runs)
