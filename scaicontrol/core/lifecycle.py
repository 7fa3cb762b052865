"""Strict state machines: the only writers of a status."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

from statemachine import StateMachine
from statemachine.event import Event
from statemachine.exceptions import TransitionNotAllowed

from .actor import Actor
from .refusals import RefusalCode, refused


class Lifecycle(StateMachine):
    """
    A strict machine over one status column.

    `StateMachine`, not `StateChart`: a chart ignores illegal events and swallows callback errors. Callbacks have no
    effects; what follows from a transition is written in the verb that fired it.
    """

    @classmethod
    def transitions(cls) -> list[tuple[str, str, str]]:
        """List the drawn machine as (from, event, to): for READMEs, tests, bulk updates and surfaces."""
        return sorted(
            (str(transition.source.value), name, str(transition.target.value))
            for state in cls.states
            for transition in state.transitions
            for name in transition.event.split()
            if transition.target is not None
        )

    @classmethod
    def events_from(cls, status: str) -> list[str]:
        """Name the events that `status` allows."""
        return list(_events_from(cls, str(status)))

    @classmethod
    def sources_of(cls, *events: str) -> list[str]:
        """Name the states that allow one of `events`: the guard of a bulk `UPDATE … WHERE status IN (…)`."""
        return sorted({source for source, name, _ in cls.transitions() if name in events})


def permitted(actor: Actor, actions: Iterable[str], permissions: Mapping[str, str]) -> list[str]:
    """Keep the actions this actor may take; each names its permission, or the table is incomplete."""
    return sorted(action for action in actions if actor.may(permissions[action]))


@cache
def _events_from(machine: type[Lifecycle], status: str) -> tuple[str, ...]:
    return tuple(sorted({name for source, name, _ in machine.transitions() if source == status}))


class Lifecycled:
    """A row whose `status` only its lifecycle writes."""

    lifecycle: ClassVar[type[Lifecycle]]
    status: Any

    def advance(self, event: Event | str) -> None:
        """Fire `event`, or explain why the current state refuses it and what it allows."""
        name = event if isinstance(event, str) else event.id
        try:
            self.lifecycle(self, state_field="status").send(name)
        except TransitionNotAllowed:
            allowed = ", ".join(self.lifecycle.events_from(self.status)) or "nothing"
            verb = name.replace("_", " ")
            raise refused(
                RefusalCode.wrong_status,
                f"Cannot {verb} {self}: it is {self.status}, which allows {allowed}.",
                status=str(self.status),
            ) from None

    def can(self, event: str) -> bool:
        return event in self.lifecycle.events_from(self.status)
