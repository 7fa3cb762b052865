"""Wake-ups: a lost one is logged, a dead worker's is taken over, an emptied Redis is met again."""

import asyncio
import contextlib

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs
from taskiq import InMemoryBroker

from tasks.broker import GROUP, QUEUE, BrokerWaker, ReclaimingBroker
from tasks.processes import waking
from tests.servers import private_redis


def a_broker(url, worker, idle_ms=200):
    broker = ReclaimingBroker(
        url, queue_name=QUEUE, consumer_group_name=GROUP, consumer_name=worker, consumer_id="0", idle_timeout=idle_ms
    )
    broker.AGAIN_SECONDS = 0.05
    broker.register_task(_nothing, task_name="relay")
    return broker


async def _nothing(*ids: str) -> None:
    return


@pytest_asyncio.fixture
async def redis(redis_url):
    async with Redis.from_url(redis_url) as client:
        await client.flushall()
        yield client


async def first(listening):
    return await asyncio.wait_for(anext(listening), 20)


async def test_a_dead_workers_message_is_taken_over_on_an_idle_queue(redis, redis_url):
    dead, heir = a_broker(redis_url, "dead"), a_broker(redis_url, "heir")
    await dead.startup()
    await dead.find_task("relay").kiq()
    taken = await first(dead.listen())
    # `dead` never acknowledges, and nothing else is sent: only the sweep can find it.
    again = await first(heir.listen())
    assert again.data == taken.data
    await again.ack()
    assert (await redis.xpending(QUEUE, GROUP))["pending"] == 0
    for broker in (dead, heir):
        await broker.shutdown()


async def test_what_all_have_finished_is_trimmed_and_nothing_else(redis, redis_url):
    broker = a_broker(redis_url, "one")
    await broker.startup()
    listening = broker.listen()
    for _ in range(10):
        await broker.find_task("relay").kiq()
    for _ in range(9):
        await (await first(listening)).ack()
    unfinished = await first(listening)
    await broker._trim(redis)
    assert await redis.xlen(QUEUE) == 1
    await unfinished.ack()
    await broker._trim(redis)
    assert await redis.xlen(QUEUE) <= 1
    await broker.shutdown()


async def test_a_worker_outlives_an_emptied_redis(redis, redis_url):
    broker = a_broker(redis_url, "one")
    await broker.startup()
    listening = broker.listen()
    await broker.find_task("relay").kiq()
    await (await first(listening)).ack()
    await redis.flushall()
    waiting = asyncio.create_task(first(listening))
    while not await redis.exists(QUEUE):  # noqa: ASYNC110  # until the worker has made its group anew
        await asyncio.sleep(0.02)
    await broker.find_task("relay").kiq()
    assert (await waiting).data
    await broker.shutdown()


async def test_a_wake_up_lost_with_its_redis_is_logged_and_hurts_nobody():
    with private_redis() as url:
        broker = a_broker(url, "one")
        await broker.startup()
    waker = BrokerWaker()
    waker.broker = broker
    with capture_logs() as told:
        await waker.wake("relay")
        await waker.settle()
    assert [entry["event"] for entry in told] == ["wake_up_lost"]
    with pytest.raises(RedisError):
        await waker.check()
    with contextlib.suppress(OSError):
        await broker.shutdown()


async def test_whoever_only_looks_reaches_the_workers(backend, redis, redis_url):
    backend.settings = backend.settings.model_copy(update={"redis_url": redis_url})
    async with waking(backend) as reaching:
        await reaching.ports.waker.check()
        await reaching.ports.waker.wake("run_job_now", "dunning")
    assert await redis.xlen(QUEUE) == 1
    assert backend.ports.waker.woken == []


async def test_a_burst_of_commits_costs_one_message():
    ran = []

    async def relay(*ids: str) -> None:
        ran.append(ids)

    broker = InMemoryBroker(await_inplace=True)
    broker.register_task(relay, task_name="relay")
    waker = BrokerWaker()
    await waker.wake("relay")  # nobody listens yet
    waker.broker = broker
    for _ in range(50):
        await waker.wake("relay")
    await waker.wake("relay", "evt_1")
    await waker.settle()
    assert sorted(ran) == [(), ("evt_1",)]


@pytest.mark.parametrize("name", ["nowhere"])
async def test_a_task_nobody_knows_is_logged(name):
    waker = BrokerWaker()
    waker.broker = InMemoryBroker()
    with capture_logs() as told:
        await waker.wake(name)
        await waker.settle()
    assert [entry["event"] for entry in told] == ["unknown_task"]
