"""The terminal's door: who is looking, what they may change, and a rehearsal of every change."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unavailable
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.rehearsal import rehearse
from scaicontrol.core.work import UnitOfWork

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VerbPreview:
    """What a verb would have left behind: the state of what it touched, and its facts."""

    status: str | None
    facts: tuple[DomainEvent, ...]


@dataclass(frozen=True, slots=True)
class Door:
    """One actor at one backend; nothing is changed unless `write` is set."""

    backend: Backend
    actor: Actor
    write: bool = False

    async def ask(
        self, question: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with _lost_database_reported():
            return await self.backend.ask(self.actor, question, *args, **kwargs)

    async def perform(
        self, verb: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with _lost_database_reported():
            return await self.backend.perform(self.actor, verb, *args, **kwargs)

    async def rehearse(self, doing: Callable[[Self], Awaitable[Any]]) -> VerbPreview:
        """Do something at a door behind which nothing lasts; what it refuses is raised as it would be for real."""

        async def work(stage: Backend) -> Any:
            return await doing(replace(self, backend=stage))

        with _lost_database_reported():
            rehearsed = await rehearse(self.backend, work)
        status = getattr(rehearsed.result, "status", None)
        return VerbPreview(str(status) if status is not None else None, tuple(rehearsed.recording.facts))


@contextmanager
def _lost_database_reported() -> Iterator[None]:
    """On call, the database may be what is wrong: say so and keep the screen."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(f"The database does not answer ({type(error).__name__}); what you see is old.") from error
