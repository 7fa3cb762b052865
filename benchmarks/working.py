"""Background work: from a fact in the outbox to a finished task, against a bare no-op on the same broker."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from taskiq.api import run_receiver_task

import tasks.queue_tasks  # noqa: F401  importing it registers the tasks
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
    with private_redis() as url:
        settings = world.backend.settings.model_copy(update={"redis_url": url})
        waker, done = BrokerWaker(), _Countdown()
        backend = replace(world.backend, settings=settings, ports=replace(world.backend.ports, waker=waker))

        async def note(_: Backend, fact: Outbox) -> None:
            done.tick()

        reactions.REACTIONS[JobWanted.topic] = (note,)
        try:
            async with _working(backend, waker, done) as broker:
                work = _Work(backend, waker, done, broker.find_task("noop"), 50 if quick else 300)
                sizes = (
                    f"{work.count} jobs a round, {SIDE_BY_SIDE} emitting, {settings.worker_concurrency} worker slots"
                )
                full = await compare(
                    "g. jobs, emit to done", Side("product", work.whole), Side("bare no-op", work.bare),
                    sizes=f"{sizes}, one commit each", kind="speed", goal=Goal(least=0.5), rounds=7,
                )  # fmt: skip
                with profiled(full.notes):
                    await work.whole()
                drained = await compare(
                    "g. jobs, outbox to done", Side("product", work.from_outbox, prepare=work.store),
                    Side("bare no-op", work.bare),
                    sizes=f"{sizes}, rows already committed", kind="speed", goal=Goal(least=0.5), rounds=7,
                )  # fmt: skip
                await work.store()
                with profiled(drained.notes):
                    await work.from_outbox()
        finally:
            del reactions.REACTIONS[JobWanted.topic]
    return [full, drained]


@dataclass(slots=True)
class _Work:
    """The rounds of both sides."""

    backend: Backend
    waker: BrokerWaker
    done: "_Countdown"
    noop: Any
    count: int
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def whole(self) -> int:
        """Commit every job on its own and wait until the last has run."""
        self.done.expect(self.count)
        waiting = iter([next(self.numbers) for _ in range(self.count)])

        async def emit(uow: UnitOfWork, number: int) -> None:
            uow.emit(JobWanted(job_id=f"job_{number}"))

        async def one() -> None:
            for number in waiting:
                await self.backend.perform(WORKER, emit, number)

        await asyncio.gather(*(one() for _ in range(SIDE_BY_SIDE)))
        await self.done.wait()
        return self.count

    async def store(self) -> None:
        """Commit all jobs at once, telling nobody."""
        quiet = replace(self.backend, ports=replace(self.backend.ports, waker=BrokerWaker()))

        async def emit(uow: UnitOfWork) -> None:
            for _ in range(self.count):
                uow.emit(JobWanted(job_id=f"job_{next(self.numbers)}"))

        await quiet.perform(WORKER, emit)

    async def from_outbox(self) -> int:
        self.done.expect(self.count)
        await self.waker.wake("relay")
        await self.done.wait()
        return self.count

    async def bare(self) -> int:
        self.done.expect(self.count)
        waiting = iter(range(self.count))

        async def one() -> None:
            for _ in waiting:
                await self.noop.kiq()

        await asyncio.gather(*(one() for _ in range(SIDE_BY_SIDE)))
        await self.done.wait()
        return self.count


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
