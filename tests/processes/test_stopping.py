"""A worker that is told to stop takes nothing more, finishes what runs, and hands back what it cannot finish."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from tasks import processes
from tasks.broker import GROUP, QUEUE, BrokerWaker, ReclaimingBroker
from tasks.processes import background
from tests.databases import create_schema, sqlite_url

WORKER = """
import asyncio, signal, sys

from scaicontrol.core.settings import Settings
from tasks import processes
from tasks.broker import task


@task
async def relay(backend):
    go = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go.set)
    print("began", flush=True)
    await go.wait()
    print("finished", flush=True)


processes.FINISH_SECONDS = float(sys.argv[1])
asyncio.run(processes.work(Settings()))
"""


async def _never(*ids: str) -> None:
    raise AssertionError("this process only sends")


@pytest_asyncio.fixture
async def redis(redis_url):
    async with Redis.from_url(redis_url) as client:
        await client.flushall()
        yield client


@pytest_asyncio.fixture
async def sender(redis, redis_url):
    broker = ReclaimingBroker(redis_url, queue_name=QUEUE, consumer_group_name=GROUP, consumer_id="0")
    broker.register_task(_never, task_name="relay")
    await broker.startup()
    yield broker
    await broker.shutdown()


@asynccontextmanager
async def worker(folder, redis_url, finish_seconds):
    path = folder / "stopping.db"
    await create_schema(sqlite_url(path))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCAI")}
    process = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", sys.executable, "-c", WORKER, str(finish_seconds),
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={
            **kept, "SCAICONTROL_ENV": "development", "DATABASE_URL": sqlite_url(path), "REDIS_URL": redis_url,
            "STORAGE_DIR": str(folder / "storage"),
        },
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_what_runs_finishes_and_nothing_more_is_taken(tmp_path, redis, redis_url, sender):
    async with worker(tmp_path, redis_url, 20) as process:
        await sender.find_task("relay").kiq()
        assert await process.stdout.readline() == b"began\n"
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGUSR1)
        said, log = await process.communicate()
    assert (said, process.returncode) == (b"finished\n", 0), log.decode()
    assert b"Traceback" not in log
    assert b'"unfinished": 0' in log or b"unfinished=0" in log
    assert (await redis.xpending(QUEUE, GROUP))["pending"] == 0


async def test_what_takes_longer_than_the_bound_is_anybodys_at_once(tmp_path, redis, redis_url, sender):
    async with worker(tmp_path, redis_url, 0.1) as process:
        await sender.find_task("relay").kiq()
        assert await process.stdout.readline() == b"began\n"
        process.send_signal(signal.SIGTERM)
        said, log = await process.communicate()
    assert (said, process.returncode) == (b"", 0), log.decode()
    assert b"Traceback" not in log
    heir = ReclaimingBroker(
        redis_url, queue_name=QUEUE, consumer_group_name=GROUP, consumer_name="heir", consumer_id="0",
        idle_timeout=600_000,
    )  # fmt: skip
    taken = await asyncio.wait_for(anext(heir.listen()), 20)
    acknowledged = taken.ack()
    assert acknowledged is not None
    await acknowledged
    assert (await redis.xpending(QUEUE, GROUP))["pending"] == 0
    await heir.shutdown()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_worker_whom_nobody_wakes_looks_for_itself_and_again_after_a_failure(backend, monkeypatch):
    stop, looks = asyncio.Event(), []

    async def relay(backend):
        looks.append(backend)
        if len(looks) == 3:
            stop.set()
        raise ConnectionError("the database is away")

    monkeypatch.setattr(processes, "relay", relay)
    monkeypatch.setattr(processes, "LOOK_AGAIN_SECONDS", 0.001)
    await processes.look_again(backend, stop)
    assert len(looks) == 3


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_background_begins_while_redis_is_away(backend):
    away = replace(backend, settings=backend.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    waker = BrokerWaker()
    async with background(away, waker, works=False):
        await waker.wake("relay")
        await waker.settle()
