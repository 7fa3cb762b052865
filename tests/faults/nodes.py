"""The product on each node of a cluster, and units of work that meet there before they commit."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.settings import Environment, Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.engine import Database
from tests.databases import create_schema
from tests.factories.ports import memory_ports
from tests.servers import Galera

from .finalizing import NOW


@asynccontextmanager
async def opened(galera: Galera) -> AsyncIterator[list[Backend]]:
    """The product on each node: one database, one outside, one clock."""
    galera.settle()  # a node that gave its data to another one serves nobody meanwhile
    name = f"faults_{os.urandom(4).hex()}"  # dropping one with foreign keys is refused by the cluster
    galera.nodes[0].sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    await create_schema(galera.nodes[0].url(name))
    clock, ports = FrozenClock(NOW), memory_ports()
    backends = []
    for node in galera.nodes:
        settings = Settings(
            _env_file=None,
            scaicontrol_env=Environment.development,
            database_url=node.url(name),
            secret_key="a secret of the tests, long enough",  # type: ignore[arg-type]  # pydantic makes the SecretStr
        )
        backends.append(Backend(settings, Database(node.url(name), pool_size=5, max_overflow=5), clock, replace(ports)))
    try:
        yield backends
    finally:
        for backend in backends:
            await backend.database.dispose()


Unit = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class MeetingBackend(Backend):
    """Its first unit of work waits before its commit for the one on another node: neither has seen the other."""

    barrier: asyncio.Barrier = field(kw_only=True)
    met: list[bool] = field(kw_only=True)

    async def perform(self, actor: Actor, verb: Unit, *args: Any, **kwargs: Any) -> Any:
        if self.met:
            return await Backend.perform(self, actor, verb, *args, **kwargs)

        async def together(uow: UnitOfWork) -> Any:
            result = await verb(uow, *args, **kwargs)
            await uow.session.flush()
            if not self.met:  # who has to run again goes on alone
                self.met.append(True)
                with suppress(asyncio.BrokenBarrierError):  # the other was refused before it came here
                    await self.barrier.wait()
            return result

        together.__name__ = verb.__name__
        return await Backend.perform(self, actor, together)


async def at_once(nodes: Sequence[Backend], *calls: tuple[Any, ...]) -> list[Any]:
    """
    Do both calls, each on a node of its own, so that neither commits before the other has read; give what came of each.

    A call is an actor, a verb and its arguments; a procedure stands as `(None, procedure, actor, …)`.
    """
    barrier = asyncio.Barrier(len(calls))

    async def one(node: Backend, actor: Actor | None, verb: Unit, *args: Any) -> Any:
        same = {each.name: getattr(node, each.name) for each in fields(Backend)}
        backend = MeetingBackend(**same, barrier=barrier, met=[])
        try:
            return await (verb(backend, *args) if actor is None else backend.perform(actor, verb, *args))
        finally:
            if not backend.met:
                await barrier.abort()

    doing = [one(node, *call) for node, call in zip(nodes, calls, strict=False)]
    return await asyncio.gather(*doing, return_exceptions=True)


def one_of(results: Sequence[Any], *refusals: str) -> Any:
    """One was done, the other was told why not; give what was done."""
    kinds = sorted(type(each).__name__ for each in results if isinstance(each, Exception))
    assert kinds in [[name] for name in refusals], results
    return next(each for each in results if not isinstance(each, Exception))
