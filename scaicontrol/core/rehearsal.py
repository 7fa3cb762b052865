"""
Running anything a door runs, and undoing all of it: the one way to know what a verb would do.

Every unit of work is a step of one transaction that is rolled back at the end, and everything outside is asked nothing
that leaves a trace. So a rehearsal takes the very path of the real thing, procedures included.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from scaicontrol.db.prepared import view_of
from scaicontrol.db.tenant_filter import Scope

from .actor import Actor
from .approval import Execution
from .backend import Backend
from .clock import FrozenClock
from .errors import Conflict
from .recording import Recording
from .rehearsal_ports import rehearsed
from .verbs import VerbCall
from .work import ReadContext, UnitOfWork

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rehearsed(Generic[T]):
    """What it gave, and what it would have left."""

    result: T
    recording: Recording


class PlannedElsewhere(Exception):
    """A procedure that is a plan already, and too large to be run in one transaction."""

    def __init__(self, call: VerbCall) -> None:
        super().__init__(call.verb.name)
        self.call = call


@dataclass(slots=True)
class RehearsalBackend(Backend):
    """A backend of which nothing survives: one connection, one transaction, one unit of work at a time."""

    connection: AsyncConnection = field(kw_only=True)
    recording: Recording = field(kw_only=True)
    turn: asyncio.Lock = field(kw_only=True)

    @asynccontextmanager
    async def unit_of_work(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        async with self.turn, Backend.unit_of_work(self, actor, read_only=read_only) as uow:
            watch = self.recording.watch(uow)
            yield uow
            await watch.keep()
            if self.execution is None or self.execution.call is None:
                self.recording.calls += uow.calls

    async def clear(self, actor: Actor, call: VerbCall) -> Self:
        if self.approvals.is_plan(call):
            raise PlannedElsewhere(call)
        self.recording.calls.append(call)
        return replace(self, execution=Execution(call))

    def _session(self, scope: Scope, *, read_only: bool) -> AsyncSession:
        return self.database.session_within(self.connection, scope, read_only=read_only)

    async def fast_read(
        self,
        actor: Actor,
        question: Callable[Concatenate[ReadContext, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        async with self.unit_of_work(actor, read_only=True) as uow:
            context = ReadContext(actor, uow.now, self.settings, await view_of(uow.session))
            return await question(context, *args, **kwargs)

    async def until_it_holds(self, once: Callable[[], Awaitable[T]]) -> T:
        # A conflict undoes the transaction all steps are in: the whole rehearsal runs again, not this step.
        try:
            return await once()
        except IntegrityError as error:
            raise Conflict("It clashes with something that already exists, or that somebody just created.") from error


async def rehearse(
    backend: Backend, work: Callable[Concatenate[Backend, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> Rehearsed[T]:
    """
    Run `work(backend, …)` on a backend of which nothing survives, and say what it would have left.

    What it refuses is raised as it would be for real; nothing is written and nothing consumed either way.
    """

    async def once() -> Rehearsed[T]:
        async with _undone(backend) as stage:
            return Rehearsed(await work(stage, *args, **kwargs), stage.recording)

    return await backend.until_it_holds(once)


async def run_call(backend: Backend, actor: Actor, call: VerbCall) -> Any:
    """Run a stored call as this actor: in a unit of work, or as the procedure it is."""
    if call.verb.is_procedure:
        return await call.verb.run(backend, actor=actor, **call.arguments)
    return await backend.perform(actor, call.verb.run, **call.arguments)


@asynccontextmanager
async def _undone(backend: Backend) -> AsyncIterator[RehearsalBackend]:
    now = backend.clock.now()
    recording = Recording(now)
    async with backend.database.writer.connect() as connection:
        transaction = await connection.begin()
        try:
            yield RehearsalBackend(
                backend.settings,
                backend.database,
                FrozenClock(now),
                rehearsed(backend.ports, recording),
                backend.instance,
                backend.approvals,
                Execution(),
                connection=connection,
                recording=recording,
                turn=asyncio.Lock(),
            )
        finally:
            await transaction.rollback()
