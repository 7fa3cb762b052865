"""
Taskiq: in process without Redis, Redis Streams with it.

A wake-up carries a task's name and ids, never data. It may be lost: everything due has a column in the database and a
sweep in the timetable. Taskiq acknowledges a message after its task has run, so a crash means it runs again.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from taskiq import AckableMessage, AsyncBroker, InMemoryBroker
from taskiq.exceptions import SendTaskError
from taskiq_redis import RedisStreamBroker

from scaicontrol.core.backend import Backend
from scaicontrol.core.logging import get_logger, log_failure

log = get_logger(__name__)

Task = Callable[..., Awaitable[Any]]
TASKS: dict[str, Task] = {}
_running: dict[asyncio.Task[Any], tuple[str, ...]] = {}  # a task's name and ids
_stopped: set[asyncio.Task[Any]] = set()

QUEUE, GROUP = "scaicontrol", "workers"
_LONGEST_TASK_MS = 600_000  # a message idle for longer belongs to a dead worker


def task(fn: Task) -> Task:
    """Register `async def name(backend, *ids)` under its own name."""
    TASKS[fn.__name__] = fn
    return fn


def build_broker(backend: Backend, *, idle_ms: int = _LONGEST_TASK_MS) -> AsyncBroker:
    """Make this process's broker and bind every task to its backend."""
    url = backend.settings.redis_url
    broker: AsyncBroker = (
        ReclaimingBroker(
            url,
            queue_name=QUEUE,
            consumer_group_name=GROUP,
            consumer_id="0",  # from the beginning: messages sent before the group existed count too
            idle_timeout=idle_ms,
            xread_count=backend.settings.worker_concurrency,
        )
        if url
        else InMemoryBroker(await_inplace=False)
    )
    for name, fn in TASKS.items():
        broker.register_task(_bound(backend, name, fn), task_name=name)
    return broker


def _bound(backend: Backend, name: str, fn: Task) -> Task:
    async def run(*ids: str) -> None:
        started, mine = time.perf_counter(), asyncio.current_task()
        if mine is not None:
            _running[mine] = (name, *ids)
        try:
            await fn(backend, *ids)
        except Exception as error:  # noqa: BLE001
            # Not re-raised: the due column it left behind is what brings the work back, not the broker.
            log_failure(log, "task_failed", error, task=name, ids=ids)
        except asyncio.CancelledError:
            if mine not in _stopped:
                raise
            log.warning("task_stopped", task=name, ids=ids, fix="Nothing to do: it is sent again to another worker.")
        else:
            log.debug("task_done", task=name, ids=ids, seconds=round(time.perf_counter() - started, 3))
        finally:
            if mine is not None:
                _running.pop(mine, None)

    run.__name__ = name
    return run


async def stop_running() -> list[tuple[str, ...]]:
    """Cancel the tasks that still run in this process, wait until they have ended, and give their names and ids."""
    left = dict(_running)
    _stopped.update(left)
    for each in left:
        each.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    _stopped.difference_update(left)
    return list(left.values())


class BrokerWaker:
    """
    Wakes workers after a commit. A burst of commits costs one message: a twin that waits to be sent is dropped.

    Losing a wake-up delays work until its sweep, so a broken Redis is logged and never fails the verb.
    """

    PAUSE = 0.02

    def __init__(self) -> None:
        self.broker: AsyncBroker | None = None
        self._waiting: dict[tuple[str, ...], asyncio.Task[None]] = {}

    async def wake(self, job: str, *ids: str) -> None:
        key = (job, *ids)
        if self.broker is None or key in self._waiting:
            return
        self._waiting[key] = asyncio.create_task(self._send(key))

    async def _send(self, key: tuple[str, ...]) -> None:
        try:
            await asyncio.sleep(self.PAUSE)
        finally:
            self._waiting.pop(key, None)
        found = self.broker.find_task(key[0]) if self.broker is not None else None
        if found is None:
            log.warning("unknown_task", task=key[0])
            return
        try:
            await found.kiq(*key[1:])
        except SendTaskError as error:
            log.warning("wake_up_lost", task=key[0], error=str(error.__cause__ or error))

    async def check(self) -> None:
        """Raise RedisError where Redis does not answer."""
        if isinstance(self.broker, ReclaimingBroker):
            async with Redis(connection_pool=self.broker.connection_pool) as redis:
                await redis.ping()

    async def settle(self) -> None:
        """Wait until nothing is waiting to be sent."""
        while self._waiting:
            await asyncio.gather(*self._waiting.values(), return_exceptions=True)


class ReclaimingBroker(RedisStreamBroker):
    """
    Redis Streams that also take over a dead worker's messages on an idle queue, and trim what all have finished.

    The library reclaims only after a new message has arrived, and never trims.
    """

    SWEEP_SECONDS = 5.0
    AGAIN_SECONDS = 1.0

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Give messages for ever; a Redis that was restarted or emptied is met again with a new consumer group."""
        while True:
            try:
                async for message in self._listen():
                    yield message
            except (RedisError, OSError) as error:
                log.warning("redis_lost", error=str(error))
                await asyncio.sleep(self.AGAIN_SECONDS)
                with contextlib.suppress(RedisError, OSError):
                    await self._declare_consumer_group()

    async def _listen(self) -> AsyncGenerator[AckableMessage, None]:
        async with Redis(connection_pool=self.connection_pool) as redis:
            next_sweep = 0.0
            while True:
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + min(self.SWEEP_SECONDS, self.idle_timeout / 2000)
                    async for message in self._reclaimed(redis):
                        yield message
                    await self._trim(redis)
                fetched = await redis.xreadgroup(
                    self.consumer_group_name,
                    self.consumer_name,
                    {self.queue_name: ">"},
                    block=min(self.block, 1000),
                    count=self.count,
                )
                for identifier, body in _messages(fetched):
                    yield self._ackable(identifier, body)

    async def _reclaimed(self, redis: Any) -> AsyncGenerator[AckableMessage, None]:
        cursor: Any = b"0-0"
        while True:
            cursor, messages, *_ = await redis.xautoclaim(
                self.queue_name,
                self.consumer_group_name,
                self.consumer_name,
                min_idle_time=self.idle_timeout,
                start_id=cursor,
                count=self.unacknowledged_batch_size,
            )
            for identifier, body in messages:
                if body:
                    yield self._ackable(identifier, body)
            if cursor in (b"0-0", "0-0"):
                return

    async def hand_back(self) -> None:
        """Let others take at once what this worker fetched and did not finish."""
        async with Redis(connection_pool=self.connection_pool) as redis:
            where = (self.queue_name, self.consumer_group_name)
            mine = await redis.xpending_range(*where, min="-", max="+", count=1000, consumername=self.consumer_name)
            if mine:
                ids: list[Any] = [each["message_id"] for each in mine]
                # As long idle as a dead worker's: the sweep of any other finds them.
                await redis.xclaim(*where, self.consumer_name, 0, ids, idle=self.idle_timeout, justid=True)

    async def _trim(self, redis: Any) -> None:
        """Drop what lies before the oldest unfinished message."""
        pending = await redis.xpending(self.queue_name, self.consumer_group_name)
        [group] = [
            found
            for found in await redis.xinfo_groups(self.queue_name)
            if found["name"] in (self.consumer_group_name, self.consumer_group_name.encode())
        ]
        oldest = pending["min"] or group["last-delivered-id"]
        await redis.xtrim(self.queue_name, minid=oldest, approximate=False)

    def _ackable(self, identifier: Any, body: Any) -> AckableMessage:
        return AckableMessage(data=body[b"data"], ack=self._ack_generator(id=identifier, queue_name=self.queue_name))


def _messages(fetched: Any) -> list[tuple[Any, Any]]:
    """Flatten what XREADGROUP gives under either protocol version."""
    if not fetched:
        return []
    if isinstance(fetched, dict):
        return [message for batches in fetched.values() for batch in batches for message in batch]
    return [message for _, messages in fetched for message in messages]
