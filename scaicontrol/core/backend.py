"""The running product as its doors see it: database, clock, settings and what is outside."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import stamina
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from scaicontrol.db.engine import Database
from scaicontrol.db.prepared import prepared_view
from scaicontrol.db.retry import is_lost, is_not_ready, is_retryable
from scaicontrol.db.tenant_filter import Scope

from .actor import Actor
from .approval import ApprovalRequired, Approvals, CommitBlocked, Execution, NoApprovals
from .clock import Clock
from .errors import Conflict, OutcomeUnknown, Unavailable
from .keyed_tries import KeyedTry
from .logging import get_logger
from .ports import Ports
from .settings import Settings
from .verbs import VerbCall
from .work import ReadContext, UnitOfWork

log = get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
_RETRY_SECONDS = 2


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
    approvals: Approvals = field(default_factory=NoApprovals)
    execution: Execution | None = None
    keyed: KeyedTry | None = None  # of a keyed request that runs as a procedure

    @asynccontextmanager
    async def unit_of_work(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
        """
        Open one transaction for `actor` and commit it when the block ends well; most callers want `perform`.

        What needs a change plan does not commit: `CommitBlocked` is raised over it, and nothing of it is kept.
        """
        async with self._session(actor.scope, read_only=read_only) as session:
            now = self.clock.now()
            plan_id = self.execution.plan_id if self.execution else None
            session.info["now"], session.info["actor"], session.info["plan_id"] = now, actor, plan_id
            async with session.begin():
                uow = UnitOfWork(actor, now, session, self.settings, plan_id)
                yield uow
                if not read_only:
                    await self._judge(uow)

    def _session(self, scope: Scope, *, read_only: bool) -> AsyncSession:
        return self.database.session(scope, read_only=read_only)

    async def _judge(self, uow: UnitOfWork) -> None:
        execution = self.execution
        if execution is not None and execution.expected is not None:
            execution.expected.check_off(uow.actor, uow.facts)
        if (execution is not None and execution.is_cleared) or not await self.approvals.blocks_commit(uow):
            return
        calls = [execution.call] if execution is not None and execution.call is not None else uow.calls
        if len(calls) != 1:
            who = uow.actor.name or uow.actor.id
            raise ApprovalRequired(f"{who} cannot do this: it cannot be planned, so a person does it.")
        raise CommitBlocked(calls[0])

    async def keep(self, uow: UnitOfWork, point: str, value: object) -> None:
        """
        Note in the transaction of an effect how far a keyed request got: a JSON value the next try goes on from.

        Whoever lost the connection and asks again with the same key reads what was done, not why it cannot be repeated.
        None takes the point back with the effect. Raises Conflict where another try has taken over meanwhile.
        """
        if self.keyed is not None:
            await self.keyed.keep(uow, point, value)

    def reached(self, point: str) -> Any:
        """Give what an earlier try of this keyed request kept at a point; None where none got there."""
        return self.keyed.reached.get(point) if self.keyed is not None else None

    async def clear(self, actor: Actor, call: VerbCall) -> Self:
        """
        Give the backend a procedure runs on.

        Raises ApprovalRequired, with the plan that would allow it, before the procedure has had any effect.
        """
        if self.approvals.exempts(call):
            return replace(self, execution=Execution(call))
        rehearsed = self.approvals.needs_rehearsal(actor, call)
        has_begun = self.keyed is not None and self.keyed.reached  # an earlier try was allowed to, and cannot be again
        if rehearsed and not has_begun:
            await self.approvals.require_plan(self, actor, call)
        return replace(self, execution=Execution(call, is_cleared=rehearsed))

    async def perform(
        self, actor: Actor, verb: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """
        Run `verb` in a unit of work of its own and commit; run all of it again when the database asks.

        A conflict undoes the whole transaction, so going on inside it would commit half a verb. Raises
        ApprovalRequired, with the plan that would allow it, where the policy asks for one.
        """

        async def once() -> tuple[T, set[str]]:
            async with self.unit_of_work(actor) as uow:
                result = await verb(uow, *args, **kwargs)
            return result, {*uow.wakes, "relay"} if uow.facts else uow.wakes

        try:
            result, woken = await self.until_it_holds(once)
        except CommitBlocked as blocked:
            await self.approvals.require_plan(self, actor, blocked.call)
            raise Conflict("What it would change has changed meanwhile; try again.") from blocked
        for task in sorted(woken):
            await self.ports.waker.wake(task)
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

        return await self._asked(once)

    async def fast_read(
        self,
        actor: Actor,
        question: Callable[Concatenate[ReadContext, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Answer a question of prepared statements: like `ask`, without the cost of a session."""

        async def once() -> T:
            async with prepared_view(self.database.reader, actor.scope) as view:
                return await question(ReadContext(actor, self.clock.now(), self.settings, view), *args, **kwargs)

        return await self._asked(once)

    async def _asked(self, once: Callable[[], Awaitable[T]]) -> T:
        try:
            return await self.until_it_holds(once)
        except OutcomeUnknown as error:  # a question changes nothing, whatever became of it
            raise Unavailable(
                "The database does not answer; ask again.", retry_after=_RETRY_SECONDS
            ) from error.__cause__

    async def until_it_holds(self, once: Callable[[], Awaitable[T]]) -> T:
        """
        Run a whole transaction, and all of it again when the database asks.

        Raises Conflict and Unavailable where nothing was changed, OutcomeUnknown where the connection broke on the way.
        """
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
            if is_lost(error):
                log.warning("database_lost", error=said(error), fix="See /health/ready and the database's own log.")
                raise OutcomeUnknown(
                    "The connection to the database broke, so it is unknown whether this was done; ask again with the "
                    "same Idempotency-Key, or look before you repeat it.",
                    retry_after=_RETRY_SECONDS,
                ) from error
            if is_not_ready(error):
                raise Unavailable(
                    "The database node is outside its cluster and takes no changes; try again.",
                    retry_after=_RETRY_SECONDS,
                ) from error
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


def said(error: SQLAlchemyError) -> str:
    """Give the cause in one line: the library's own text repeats the statement and its values."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _may_run_again(error: Exception) -> bool:
    return is_retryable(error)
