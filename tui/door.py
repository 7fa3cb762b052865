"""The terminal's door: who is looking, what they may change, and a rehearsal of every change."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.work import UnitOfWork

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a verb would have left behind: the state of what it touched, and its facts."""

    status: str | None
    facts: tuple[DomainEvent, ...]


class _Undone(Exception):
    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal


@dataclass(frozen=True, slots=True)
class Door:
    """One actor at one backend; nothing is changed unless `write` is set."""

    backend: Backend
    actor: Actor
    write: bool = False

    async def ask(
        self, question: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with _database_errors_said():
            return await self.backend.ask(self.actor, question, *args, **kwargs)

    async def perform(
        self, verb: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with _database_errors_said():
            return await self.backend.perform(self.actor, verb, *args, **kwargs)

    async def rehearse(
        self, verb: Callable[Concatenate[UnitOfWork, P], Awaitable[Any]], *args: P.args, **kwargs: P.kwargs
    ) -> Rehearsal:
        """Run a verb to its end and undo it; what it refuses is raised as it would be for real."""

        async def trial(uow: UnitOfWork) -> None:
            result = await verb(uow, *args, **kwargs)
            await uow.session.flush()
            status = getattr(result, "status", None)
            raise _Undone(Rehearsal(str(status) if status is not None else None, tuple(uow.facts)))

        try:
            await self.perform(trial)
        except _Undone as undone:
            return undone.rehearsal
        raise AssertionError("A trial always ends undone.")


@contextmanager
def _database_errors_said() -> Iterator[None]:
    """On call, the database may be what is wrong: say so and keep the screen."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(f"The database does not answer ({type(error).__name__}); what you see is old.") from error
