"""The terminal's door: who is looking, what they may change, and the plan of every change."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Concatenate, ParamSpec, Self, TypeVar

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid, Unavailable
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes
from scaicontrol.services.changes.schemas import PlanContent

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VerbPreview:
    """What a verb would leave behind: the state of what it touched, its facts, and the change plan where it has one."""

    status: str | None = None
    facts: Sequence[DomainEvent] = ()
    plan: PlanContent | None = None


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
        with _lost_database_reported(), _typed_words_reported():
            return await self.backend.perform(self.actor, verb, *args, **kwargs)

    async def run(
        self, procedure: Callable[Concatenate[Backend, Actor, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a verb that has steps outside one transaction."""
        with _lost_database_reported(), _typed_words_reported():
            return await procedure(self.backend, self.actor, *args, **kwargs)

    async def plan(self, doing: Callable[[Self], Awaitable[object]]) -> VerbPreview:
        """Do something at a door behind which nothing lasts; what it refuses is raised as it would be for real."""

        async def work(stage: Backend) -> object:
            return await doing(replace(self, backend=stage))

        with _lost_database_reported(), _typed_words_reported():
            planned = await changes.plan_work(self.backend, self.actor, work)
        status = getattr(planned.result, "status", None)
        content = PlanContent.model_validate(planned.content) if planned.content else None
        return VerbPreview(None if status is None else str(status), tuple(planned.recording.facts), content)


@contextmanager
def _lost_database_reported() -> Iterator[None]:
    """On call, the database may be what is wrong: say so and keep the screen."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(f"The database does not answer ({type(error).__name__}); what you see is old.") from error


@contextmanager
def _typed_words_reported() -> Iterator[None]:
    """Say what a body cannot take of what was typed; its first sentence is enough to mend it."""
    try:
        yield
    except ValidationError as error:
        raise Invalid(str(error.errors()[0]["msg"])) from error
