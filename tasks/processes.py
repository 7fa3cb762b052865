"""Running the background: inside the web process, or as processes of its own."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from taskiq import AsyncBroker
from taskiq.api import run_receiver_task

from scaicontrol.assembly import assembled
from scaicontrol.core import garbage_collector
from scaicontrol.core.backend import Backend
from scaicontrol.core.logging import configure
from scaicontrol.core.settings import Settings

from . import queue_tasks  # noqa: F401  importing it registers the tasks
from .broker import BrokerWaker, build_broker
from .scheduler import run_scheduler


@contextlib.asynccontextmanager
async def background(backend: Backend, waker: BrokerWaker, *, works: bool) -> AsyncIterator[AsyncBroker]:
    """Connect the waker; with `works`, also run worker and scheduler in this process until the block ends."""
    broker = build_broker(backend)
    await broker.startup()
    waker.broker = broker
    running: list[asyncio.Task[None]] = []
    if works:
        running.append(asyncio.create_task(run_scheduler(backend, broker)))
        if backend.settings.redis_url:
            running.append(asyncio.create_task(_receive(backend, broker)))
    try:
        yield broker
    finally:
        waker.broker = None
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await waker.settle()
        await broker.shutdown()


async def _receive(backend: Backend, broker: AsyncBroker) -> None:
    await run_receiver_task(broker, max_async_tasks=backend.settings.worker_concurrency)


async def work(settings: Settings) -> None:
    """Be a worker until told to stop; running tasks finish, what was only fetched is taken over by another."""
    async with _process(settings) as (backend, broker):
        await _until_told(_receive(backend, broker))


async def schedule(settings: Settings) -> None:
    """Be the scheduler, or wait to become it."""
    async with _process(settings) as (backend, broker):
        await _until_told(run_scheduler(backend, broker))


@contextlib.asynccontextmanager
async def _process(settings: Settings) -> AsyncIterator[tuple[Backend, AsyncBroker]]:
    if not settings.redis_url:
        raise SystemExit("REDIS_URL is not set: without Redis `scaicontrol serve` does this work itself.")
    configure(settings.log_level, settings.log_format)
    waker = BrokerWaker()
    async with assembled(settings, waker=waker) as parts, background(parts.backend, waker, works=False) as broker:
        garbage_collector.freeze_startup()
        yield parts.backend, broker


async def _until_told(work_to_do: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work_to_do)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
