"""
Who may change what without a plan that was shown, and what is said when one is needed (contract §28.3).

The rules are `services/changes`; a backend asks them before a unit of work commits and before a procedure begins.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .actor import Actor, ActorKind
from .errors import Conflict, Forbidden
from .events import DomainEvent
from .verbs import VerbCall

if TYPE_CHECKING:
    from .backend import Backend
    from .work import UnitOfWork


class ApprovalRequired(Forbidden):
    """It would be allowed by a change plan that was shown, and approved where the policy says so."""

    code = "APPROVAL_REQUIRED"


class PlanStale(Conflict):
    """Doing it now would leave something else than what the plan showed."""

    code = "PLAN_STALE"


class PlanHashMismatch(Conflict):
    """The hash that came is not the plan's."""

    code = "PLAN_HASH_MISMATCH"


class CommitBlocked(Exception):  # caught by the backend before any surface sees it
    """A unit of work that may not commit; everything in it is rolled back."""

    def __init__(self, call: VerbCall) -> None:
        super().__init__(call.verb.name)
        self.call = call


class Approvals(Protocol):
    """What decides. Both questions are asked of every change, so the usual answer must cost nothing."""

    async def blocks_commit(self, uow: "UnitOfWork") -> bool:
        """Tell whether what a unit of work did may not be committed as it stands."""
        ...

    def needs_rehearsal(self, actor: Actor, call: VerbCall) -> bool:
        """Tell whether a procedure must be rehearsed before it may begin."""
        ...

    def exempts(self, call: VerbCall) -> bool:
        """Tell whether a procedure changes nothing that anybody has to agree to."""
        ...

    def is_plan(self, call: VerbCall) -> bool:
        """Tell whether a procedure carries out a plan of its own, which need not be rehearsed to be known."""
        ...

    async def require_plan(self, backend: "Backend", actor: Actor, call: VerbCall) -> None:
        """Rehearse a call; keep its plan and raise ApprovalRequired unless it may be done as it is."""
        ...


class NoApprovals:
    """Where no policy is set up, agents change nothing."""

    async def blocks_commit(self, uow: "UnitOfWork") -> bool:
        return uow.actor.kind is ActorKind.agent and await uow.has_written()

    def needs_rehearsal(self, actor: Actor, call: VerbCall) -> bool:
        return actor.kind is ActorKind.agent

    def exempts(self, call: VerbCall) -> bool:
        return False

    def is_plan(self, call: VerbCall) -> bool:
        return False

    async def require_plan(self, backend: "Backend", actor: Actor, call: VerbCall) -> None:
        raise ApprovalRequired(f"{actor.id} is an agent and may not {call.verb.label} here: no change plans are kept.")


@dataclass(slots=True)
class ExpectedFacts:
    """The facts a plan showed, taken off one by one as they come true while it is applied."""

    actor_id: str
    left: Counter[str] = field(default_factory=Counter)

    def check_off(self, actor: Actor, facts: Iterable[DomainEvent]) -> None:
        """
        Raise PlanStale over a fact that was not shown.

        What the outside answers is written by jobs, and money that moved is booked whatever was expected.
        """
        if actor.id != self.actor_id:
            return
        now = Counter(kind_of_fact(fact.topic, fact.resource_id) for fact in facts)
        if unknown := now - self.left:
            told = ", ".join(sorted(topic.partition(" ")[0] for topic in unknown))
            raise PlanStale(f"It would do more than the plan showed: {told}. Plan it again.")
        self.left -= now


def kind_of_fact(topic: str, resource_id: str) -> str:
    """Name a fact the same in rehearsal and in earnest: a new resource has another id each time, but its kind stays."""
    prefix, found, _ = resource_id.partition("_")
    return f"{topic} {prefix if found else ''}"


@dataclass(frozen=True, slots=True)
class Execution:
    """
    What a backend is in the middle of.

    `is_cleared`: the policy has seen all of it, as a rehearsal or a plan; else its units are still judged one by one.
    """

    call: VerbCall | None = None
    is_cleared: bool = True
    plan_id: str | None = None
    expected: ExpectedFacts | None = None
