"""Running the background: inside the web process, or as processes of its own."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import Any

from redis.exceptions import RedisError
from taskiq import AsyncBroker
from taskiq.exceptions import SendTaskError
from taskiq.receiver import Receiver

from scaicontrol.assembly import assembled
from scaicontrol.core import garbage_collector
from scaicontrol.core.backend import Backend
from scaicontrol.core.logging import configure, get_logger, log_failure
from scaicontrol.core.settings import Settings

from .broker import BrokerWaker, ReclaimingBroker, build_broker, stop_running
from .queue_tasks import relay
from .scheduler import run_scheduler

log = get_logger(__name__)

LOOK_AGAIN_SECONDS = 2.0  # and a delivery's claim ends after 8: what a dead worker held goes out within 10
FINISH_SECONDS = 20.0  # what runs at a stop may take this long; who stops the process waits longer (compose.yaml)


@contextlib.asynccontextmanager
async def background(backend: Backend, waker: BrokerWaker, *, works: bool) -> AsyncIterator[AsyncBroker]:
    """Connect the waker; with `works`, also run worker and scheduler in this process until the block ends."""
    broker = build_broker(backend)
    try:
        await broker.startup()
    except (RedisError, OSError) as error:  # work is found by its due column; the queue is met when it is back
        log.warning(
            "redis_away", error=str(error), fix="Start Redis, or see REDIS_URL; until then work waits for sweeps."
        )
    waker.broker = broker
    running: list[asyncio.Task[None]] = []
    receiving, stop = None, asyncio.Event()
    if works:
        running.append(asyncio.create_task(run_scheduler(backend, broker)))
        if backend.settings.redis_url:
            receiving = asyncio.create_task(_receive(backend, broker, stop))
    try:
        yield broker
    finally:
        waker.broker = None
        for task in running:
            task.cancel()
        stop.set()
        if receiving is not None:
            running.append(receiving)
        await asyncio.gather(*running, return_exceptions=True)
        await waker.settle()
        await broker.shutdown()


async def _receive(backend: Backend, broker: AsyncBroker, stop: asyncio.Event) -> None:
    """Run what the queue gives until `stop`; then finish what runs, within a bound, and hand back the rest."""
    broker.is_worker_process = True
    looking = asyncio.create_task(_bounded(asyncio.create_task(look_again(backend, stop)), stop))
    while not stop.is_set():
        receiver = Receiver(
            broker,
            run_startup=False,
            max_async_tasks=backend.settings.worker_concurrency,
            wait_tasks_timeout=FINISH_SECONDS,
        )
        try:
            await receiver.listen(stop)
        except Exception as error:  # noqa: BLE001  whatever the library met: the next receiver begins anew
            log.warning("receiver_broke", error=str(error))
            await asyncio.sleep(1)
    await looking
    unfinished = await stop_running()
    for name, *ids in unfinished:  # the library acknowledges what was cancelled, so it is sent anew
        if (again := broker.find_task(name)) is not None:
            with contextlib.suppress(SendTaskError):  # then its due column brings it back
                await again.kiq(*ids)
    if isinstance(broker, ReclaimingBroker):
        with contextlib.suppress(RedisError, OSError):
            await broker.hand_back()
    log.info("worker_stopped", unfinished=len(unfinished))


async def look_again(backend: Backend, stop: asyncio.Event) -> None:
    """Do until `stop` what is due though nobody woke us: its wake-up was lost, or who had claimed it is dead."""
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_AGAIN_SECONDS)
        if stop.is_set():
            return
        try:
            await relay(backend)
        except Exception as error:  # noqa: BLE001  the next look may find a database again
            log_failure(log, "look_again_failed", error)


async def _bounded(running: asyncio.Task[None], stop: asyncio.Event) -> None:
    await stop.wait()
    _, unfinished = await asyncio.wait({running}, timeout=FINISH_SECONDS)
    for each in unfinished:
        each.cancel()


async def work(settings: Settings) -> None:
    """Be a worker until told to stop; running tasks finish, what was only fetched is taken over by another."""
    async with _process(settings) as (backend, broker):
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await _receive(backend, broker, stop)


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


@contextlib.asynccontextmanager
async def waking(backend: Backend) -> AsyncIterator[Backend]:
    """Let a process that neither works nor serves wake the workers; without Redis there is nobody to reach."""
    if not backend.settings.redis_url:
        yield backend
        return
    waker = BrokerWaker()
    reaching = replace(backend, ports=replace(backend.ports, waker=waker))
    async with background(reaching, waker, works=False):
        yield reaching
        await waker.settle()  # what somebody asked for last is still on its way


async def _until_told(work_to_do: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work_to_do)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
