"""Background work: from a fact in the outbox to a finished task, against a bare no-op on the same broker."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar

from taskiq.api import run_receiver_task

import tasks.wakeups  # noqa: F401  importing it registers the tasks
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from tasks import reactions
from tasks.broker import BrokerWaker, build_broker
from tests.servers import private_redis

from .measure import Goal, Result, Side, compare, profiled
from .world import World

SIDE_BY_SIDE = 8
WORKER = Actor.system("bench")


class JobWanted(DomainEvent):
    """Something to be done in the background."""

    topic: ClassVar[str] = "bench.wanted"
    resource: ClassVar[str] = "job_id"
    public: ClassVar[bool] = False

    job_id: str


async def jobs(world: World, quick: bool) -> list[Result]:
    """Emit in a transaction, wake over Redis Streams, react, settle; every step of it durable."""
    count, numbers = (50 if quick else 300), itertools.count()
    with private_redis() as url:
        settings = world.backend.settings.model_copy(update={"redis_url": url})
        waker = BrokerWaker()
        backend = replace(world.backend, settings=settings, ports=replace(world.backend.ports, waker=waker))
        done = _Countdown()

        async def note(_: Backend, fact: Outbox) -> None:
            done.tick()

        reactions.REACTIONS[JobWanted.topic] = (note,)
        async with _working(backend, waker, done) as broker:
            noop = broker.find_task("noop")

            async def emit(uow: UnitOfWork, number: int) -> None:
                uow.emit(JobWanted(job_id=f"job_{number}"))

            async def emitted() -> None:
                waiting = iter([next(numbers) for _ in range(count)])

                async def one() -> None:
                    for number in waiting:
                        await backend.perform(WORKER, emit, number)

                await asyncio.gather(*(one() for _ in range(SIDE_BY_SIDE)))

            async def whole() -> int:
                done.expect(count)
                await emitted()
                await done.wait()
                return count

            async def store() -> None:
                quiet = replace(backend, ports=replace(backend.ports, waker=BrokerWaker()))

                async def emit_all(uow: UnitOfWork) -> None:
                    for _ in range(count):
                        uow.emit(JobWanted(job_id=f"job_{next(numbers)}"))

                await quiet.perform(WORKER, emit_all)

            async def from_outbox() -> int:
                done.expect(count)
                await waker.wake("relay")
                await done.wait()
                return count

            async def bare() -> int:
                done.expect(count)
                waiting: Iterator[int] = iter(range(count))

                async def one() -> None:
                    for _ in waiting:
                        await noop.kiq()

                await asyncio.gather(*(one() for _ in range(SIDE_BY_SIDE)))
                await done.wait()
                return count

            sizes = f"{count} jobs a round, {SIDE_BY_SIDE} emitting, {settings.worker_concurrency} worker slots"
            full = await compare(
                "g. jobs, emit to done", Side("product", whole), Side("bare no-op", bare),
                sizes=f"{sizes}, one commit each", kind="speed", goal=Goal(least=0.5), rounds=7,
            )  # fmt: skip
            with profiled(full.notes):
                await whole()
            drained = await compare(
                "g. jobs, outbox to done", Side("product", from_outbox, prepare=store), Side("bare no-op", bare),
                sizes=f"{sizes}, rows already committed", kind="speed", goal=Goal(least=0.5), rounds=7,
            )  # fmt: skip
            await store()
            with profiled(drained.notes):
                await from_outbox()
        del reactions.REACTIONS[JobWanted.topic]
    return [full, drained]


class _Countdown:
    """Ends a round when everything expected has happened."""

    def __init__(self) -> None:
        self._left, self._event = 0, asyncio.Event()

    def expect(self, count: int) -> None:
        self._left = count
        self._event.clear()

    def tick(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self._event.set()

    async def wait(self) -> None:
        await asyncio.wait_for(self._event.wait(), 60)


@asynccontextmanager
async def _working(backend: Backend, waker: BrokerWaker, done: _Countdown) -> Any:
    """Run a worker of the product's broker in this process, with one more task that does nothing."""
    broker = build_broker(backend)

    async def noop() -> None:
        done.tick()

    broker.register_task(noop, task_name="noop")
    await broker.startup()
    waker.broker = broker
    worker = asyncio.create_task(run_receiver_task(broker, max_async_tasks=backend.settings.worker_concurrency))
    try:
        yield broker
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        await waker.settle()
        await broker.shutdown()
