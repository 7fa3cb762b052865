"""The running product as its doors see it: database, clock, settings and what is outside."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

import stamina
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from scaicontrol.db.engine import Database
from scaicontrol.db.prepared import prepared_view
from scaicontrol.db.retry import is_retryable

from .actor import Actor
from .clock import Clock
from .errors import Conflict, Unavailable
from .logging import get_logger
from .ports import Ports
from .settings import Settings
from .work import Look, UnitOfWork

log = get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Backend:
    """
    Everything a door needs to run verbs, and everything a three-step procedure needs to reach the outside.

    Procedures (`async def dispatch(backend, …)`) claim in one unit of work, send in none, and record in another.
    """

    settings: Settings
    database: Database
    clock: Clock
    ports: Ports
    instance: str = field(default_factory=lambda: uuid.uuid4().hex[:12])  # names this process in leases and claims

    @asynccontextmanager
    async def unit_of_work(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """Open one transaction for `actor` and commit it when the block ends well; most callers want `perform`."""
        async with self.database.session(actor.scope, read_only=read_only) as session:
            now = self.clock.now()
            session.info["now"], session.info["actor"] = now, actor
            async with session.begin():
                yield UnitOfWork(actor, now, session, self.settings)

    async def perform(
        self, actor: Actor, verb: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """
        Run `verb` in a unit of work of its own and commit; run all of it again when the database asks.

        A conflict undoes the whole transaction, so going on inside it would commit half a verb.
        """

        async def once() -> tuple[T, bool]:
            async with self.unit_of_work(actor) as uow:
                result = await verb(uow, *args, **kwargs)
            return result, bool(uow.facts)

        result, told = await self._until_it_holds(once)
        if told:
            await self.ports.waker.wake("relay")
        return result

    async def ask(
        self,
        actor: Actor,
        question: Callable[Concatenate[UnitOfWork, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a verb that only reads: on the reader, without the writer's lock."""

        async def once() -> T:
            async with self.unit_of_work(actor, read_only=True) as uow:
                return await question(uow, *args, **kwargs)

        return await self._until_it_holds(once)

    async def look(
        self, actor: Actor, question: Callable[Concatenate[Look, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Answer a question of prepared statements: like `ask`, without the cost of a session."""

        async def once() -> T:
            async with prepared_view(self.database.reader, actor.scope) as view:
                return await question(Look(actor, self.clock.now(), self.settings, view), *args, **kwargs)

        return await self._until_it_holds(once)

    async def _until_it_holds(self, once: Callable[[], Awaitable[T]]) -> T:
        try:
            try:
                return await once()
            except SQLAlchemyError as error:
                if not is_retryable(error):
                    raise
                return await self._again(once, error)
        except IntegrityError as error:
            log.info("integrity_conflict", error=str(error.orig))
            raise Conflict("It clashes with something that already exists, or that somebody just created.") from error
        except SQLAlchemyError as error:
            if is_retryable(error):
                raise Unavailable("The database is busy with conflicting changes; try again.", retry_after=1) from error
            raise

    async def _again(self, once: Callable[[], Awaitable[T]], first: SQLAlchemyError) -> T:
        """Go on after the first try, which is made without this: to set it up costs as much as a short read."""
        async for attempt in stamina.retry_context(
            on=_may_run_again,
            attempts=self.settings.db_retry_attempts,
            timeout=None,
            wait_initial=0.02,
            wait_max=0.5,
            wait_jitter=0.05,
        ):
            with attempt:
                if attempt.num == 1:
                    raise first
                return await once()
        raise AssertionError("unreachable")  # the last attempt raises what it met


def _may_run_again(error: Exception) -> bool:
    return is_retryable(error)
