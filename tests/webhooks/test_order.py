"""Whoever relays and dispatches, however many, and whoever dies over it: one order, in the feed and on the wire."""

import asyncio
import json
import random
from collections import defaultdict
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import func, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import webhooks
from tests.factories import ada
from tests.factories.ports import Answered, MemoryOutbound
from tests.factories.webhooks import URL, all_deliveries, subscriber, tell

dispatcher = import_module("scaicontrol.services.webhooks.service.dispatch")
DISPATCHER = Actor.system("event_dispatcher")


async def feed(backend: Backend) -> list[str]:
    """Name the facts in the order of the stream."""

    async def read(uow: UnitOfWork) -> list[str]:
        facts = select(Outbox.idempotency_key).where(Outbox.event_type == "invoice.paid").order_by(Outbox.position)
        return list(await uow.session.scalars(facts))

    return await backend.ask(ada, read)


def heard(backend: Backend) -> list[tuple[str, str]]:
    """What the subscriber heard, in order: event id and fact."""
    assert isinstance(backend.ports.outbound, MemoryOutbound)
    envelopes = [json.loads(body) for _, _, body in backend.ports.outbound.sent]
    return [(each["event_id"], each["idempotency_key"]) for each in envelopes]


def by_resource(keys: list[str]) -> dict[str, list[str]]:
    """Sort `invoice:inv_1:paid:0007` by resource, keeping the order."""
    found: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        found[key.split(":")[1]].append(key)
    return found


async def die_over_some(backend: Backend, chance: random.Random) -> None:
    """Be a worker that dies after its claim, or after it has sent what it claimed and before it says so."""
    claimant = f"dead {chance.random()}"
    claimed = await backend.perform(DISPATCHER, dispatcher.claim, claimant, chance.randrange(1, 5))
    if chance.random() < 0.5:
        keys = await dispatcher._keys(backend, claimed)
        for delivery in claimed:
            await dispatcher._send(backend, keys, delivery)


async def live_and_die(backend: Backend, clock: FrozenClock, seed: int, resources: int, steps: int) -> None:
    """Let facts happen while four workers relay and dispatch, and some of them die."""
    chance = random.Random(seed)
    backend.settings = backend.settings.model_copy(update={"webhook_fanout_batch": 5, "webhook_delivery_batch": 4})
    workers = [Backend(backend.settings, backend.database, clock, backend.ports) for _ in range(4)]
    for step in range(steps):
        told = tell(backend, *(f"inv_{n}" for n in range(resources)), step=f"{step:04}")
        await asyncio.gather(told, *(webhooks.relay(worker) for worker in workers))
        if chance.random() < 0.5:
            await die_over_some(workers[0], chance)
        await asyncio.gather(*(webhooks.dispatch(worker) for worker in workers[1:]))
        clock.advance(timedelta(seconds=chance.choice([0, 1, 5, 9, 65])))
    await webhooks.relay(backend)
    clock.advance(dispatcher.LEASE)
    await asyncio.gather(*(webhooks.dispatch(worker) for worker in workers))


@pytest.mark.parametrize(
    ("seed", "resources", "steps"),
    [(1, 4, 6), pytest.param(2, 20, 100, marks=pytest.mark.long), pytest.param(3, 200, 20, marks=pytest.mark.long)],
)
async def test_four_workers_that_die_reverse_nothing(
    backend: Backend, clock: FrozenClock, seed: int, resources: int, steps: int
):
    await subscriber(backend, ada, URL, "invoice.*")
    await live_and_die(backend, clock, seed, resources, steps)
    happened = {f"inv_{n}": [f"invoice:inv_{n}:paid:{step:04}" for step in range(steps)] for n in range(resources)}
    assert by_resource(await feed(backend)) == happened
    stream = heard(backend)
    for resource, keys in by_resource([key for _, key in stream]).items():
        assert keys == sorted(keys)  # said again, by whoever took over, before anything later is said
        assert list(dict.fromkeys(keys)) == happened[resource]
    assert len(dict.fromkeys(stream)) == resources * steps  # each fact under one id


async def test_what_a_dead_worker_held_goes_out_within_ten_seconds_and_before_what_came_later(
    backend: Backend, clock: FrozenClock
):
    await subscriber(backend)
    await tell(backend, "inv_1", step="1")
    await webhooks.relay(backend)
    await backend.perform(DISPATCHER, dispatcher.claim, "a process that dies", 10)
    await tell(backend, "inv_1", step="2")
    await webhooks.relay(backend)
    clock.advance(dispatcher.LEASE - timedelta(seconds=1))
    assert await webhooks.dispatch(backend) == 0
    clock.advance(timedelta(seconds=1))
    assert timedelta(seconds=10) > dispatcher.LEASE
    assert await webhooks.dispatch(backend) == 2
    assert [key[-1] for _, key in heard(backend)] == ["1", "2"]


async def test_age_alone_lets_nobody_past_one_who_is_claimed(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    await tell(backend, "inv_1", step="1")
    await tell(backend, "inv_1", step="2")
    await webhooks.relay(backend)
    await backend.perform(DISPATCHER, dispatcher.claim, "a slow process", 1)
    clock.advance(timedelta(minutes=5))
    await backend.perform(DISPATCHER, dispatcher.keep_up, "a slow process")
    assert await webhooks.dispatch(backend) == 0


async def test_a_claim_is_kept_up_for_its_holder_only(backend: Backend, clock: FrozenClock):
    await subscriber(backend)
    await tell(backend, "inv_1")
    await webhooks.relay(backend)
    await backend.perform(DISPATCHER, dispatcher.claim, "a slow process", 1)
    clock.advance(dispatcher.LEASE / 2)
    await backend.perform(DISPATCHER, dispatcher.keep_up, "somebody else")
    [row] = await all_deliveries(backend)
    assert row.claimed_until == clock.now() + dispatcher.LEASE / 2
    await backend.perform(DISPATCHER, dispatcher.keep_up, "a slow process")
    [row] = await all_deliveries(backend)
    assert row.claimed_until == clock.now() + dispatcher.LEASE


async def test_a_unit_that_began_earlier_and_committed_later_is_told_later(backend: Backend, clock: FrozenClock):
    """Its moment is that of its begin, its id is made when it has the resource: the id orders, not the moment."""
    await subscriber(backend)
    await tell(backend, "inv_1", step="1")
    clock.advance(-timedelta(seconds=2))
    await tell(backend, "inv_1", step="2")
    clock.advance(timedelta(seconds=2))
    backend.settings = backend.settings.model_copy(update={"webhook_fanout_batch": 1})
    await webhooks.relay(backend)
    assert [key[-1] for key in await feed(backend)] == ["1", "2"]
    backend.ports.outbound.answers[URL] = [Answered(200)]  # type: ignore[attr-defined]  # the double of the tests
    await webhooks.dispatch(backend)
    assert [key[-1] for _, key in heard(backend)] == ["1", "2"]


async def test_a_relay_that_dies_leaves_neither_a_place_nor_a_delivery(backend: Backend):
    await subscriber(backend)
    await tell(backend, "inv_1")
    relaying = import_module("scaicontrol.services.webhooks.service.relay")

    async def dies(uow: UnitOfWork) -> None:
        assert await relaying.fan_out(uow, 50) == 1
        await uow.write()
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await backend.perform(DISPATCHER, dies)

    async def left(uow: UnitOfWork) -> int | None:
        return await uow.session.scalar(select(func.count()).where(Outbox.position.is_not(None)))

    assert await backend.ask(ada, left) == 0
    assert await all_deliveries(backend) == []
    assert await webhooks.relay(backend) == 1
