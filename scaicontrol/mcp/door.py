"""
The MCP door: a tool's `action` names a verb; the door says who may call it, opens the unit of work and answers.

An action is a function like a REST endpoint: `uow` first for a verb, `backend` and `actor` for a procedure that reaches
outside. Its other parameters, with the fields of its pydantic ones side by side, are the action's input schema.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from mcp import types
from pydantic import TypeAdapter

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, Forbidden, Invalid, Reason
from scaicontrol.core.work import UnitOfWork

from .action import Action, Paging, Verb
from .describe import described
from .plan import Unborn, plan_of

__all__ = ["Paging", "Tool", "ToolNotFound", "error_of"]


class ToolNotFound(ControlError):
    code = "TOOL_NOT_FOUND"


class PlanStale(Conflict):
    code = "PLAN_STALE"


class _Undone(Exception):
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer


@dataclass
class Tool:
    """A tool of one feature; its actions are added by `read` and `change`."""

    name: str
    title: str
    description: str
    actions: dict[str, Action] = field(default_factory=dict)

    def read(self, *permissions: str, out: Any) -> Callable[[Verb], Verb]:
        """Publish a verb that only looks."""
        return self._publish(permissions, out)

    def change(
        self,
        *permissions: str,
        out: Any,
        destructive: bool = False,
        outside: bool = False,
        rehearsal: Verb | None = None,
    ) -> Callable[[Verb], Verb]:
        """
        Publish a verb that changes something; agents rehearse it unless they say otherwise.

        A procedure needs a `rehearsal`, a verb that leaves the same facts in one transaction. `outside`: people or
        systems beyond ours notice.
        """
        return self._publish(
            permissions, out, changes=True, destructive=destructive, outside=outside, rehearsal=rehearsal
        )

    def _publish(self, permissions: tuple[str, ...], out: Any, **traits: Any) -> Callable[[Verb], Verb]:
        def publish(verb: Verb) -> Verb:
            name = verb.__name__.rstrip("_")
            self.actions[name] = action = Action(name, verb, TypeAdapter(out), permissions, **traits)
            if action.changes and action.is_procedure and action.rehearsal is None:
                raise TypeError(f"{self.name} {name} is a procedure that changes something and has no rehearsal.")
            return verb

        return publish

    @cached_property
    def _described(self) -> Callable[[tuple[str, ...]], types.Tool]:
        return lru_cache(maxsize=256)(
            lambda names: described(self.name, self.title, self.description, [self.actions[name] for name in names])
        )

    def seen_by(self, actor: Actor) -> types.Tool | None:
        """Describe what this actor may do with the tool, or nothing when that is nothing."""
        names = tuple(name for name, action in self.actions.items() if action.open_to(actor))
        return self._described(names) if names else None

    async def call(self, backend: Backend, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
        """Run one action as this actor and answer `{ok, action, data, page?, change_plan?}`."""
        action = self._chosen(actor, given.get("action"))
        whole, taken = action.read(given)
        if not action.changes:
            return await _look(backend, actor, action, taken)
        dry_run, plan_hash = getattr(whole, "dry_run", None), getattr(whole, "plan_hash", None)
        said = whole.model_dump(mode="json", exclude={"action", "dry_run", "plan_hash"}, exclude_unset=True)
        name = f"{self.name}.{action.name}"
        if dry_run if dry_run is not None else actor.kind is ActorKind.agent:
            return await _rehearse(backend, actor, action, taken, (name, said))
        if not action.is_procedure:
            return await _perform(backend, actor, action, taken, (name, said), plan_hash)
        if plan_hash is not None:
            shown = await _rehearse(backend, actor, action, taken, (name, said))
            _compare(name, plan_hash, shown["change_plan"]["plan_hash"])
        return action.answer(await action.verb(backend, actor, **taken))

    def _chosen(self, actor: Actor, name: Any) -> Action:
        action = self.actions.get(name) if isinstance(name, str) else None
        if action is None:
            possible = ", ".join(name for name, known in self.actions.items() if known.open_to(actor))
            raise Invalid(
                f"{self.name} has no action {name!r}; there are {possible or 'none for you'}.",
                reasons=[Reason("unknown_action", f"Choose one of {possible}.", "action")],
            )
        for permission in action.permissions:
            actor.require(permission)
        return action


async def _look(backend: Backend, actor: Actor, action: Action, taken: Mapping[str, Any]) -> dict[str, Any]:
    if action.is_procedure:
        return action.answer(await action.verb(backend, actor, **taken))

    async def question(uow: UnitOfWork) -> dict[str, Any]:
        return action.answer(await action.verb(uow, **taken))

    return await backend.ask(actor, question)


async def _perform(
    backend: Backend,
    actor: Actor,
    action: Action,
    taken: Mapping[str, Any],
    said: tuple[str, dict[str, Any]],
    plan_hash: str | None,
) -> dict[str, Any]:
    async def verb(uow: UnitOfWork) -> dict[str, Any]:
        unborn = Unborn()
        result = await action.verb(uow, **taken)
        await uow.session.flush()
        if plan_hash is not None:
            _compare(said[0], plan_hash, plan_of(*said, uow.facts, unborn).plan_hash)
        return action.answer(result)

    return await backend.perform(actor, verb)


async def _rehearse(
    backend: Backend, actor: Actor, action: Action, taken: Mapping[str, Any], said: tuple[str, dict[str, Any]]
) -> dict[str, Any]:
    """Run the verb, take down what it would leave, and roll everything back."""

    async def verb(uow: UnitOfWork) -> None:
        unborn = Unborn()
        result = await (action.rehearsal or action.verb)(uow, **taken)
        await uow.session.flush()
        plan = plan_of(*said, uow.facts, unborn)
        raise _Undone({**action.answer(result), "change_plan": plan.model_dump(mode="json")})

    try:
        await backend.perform(actor, verb)
    except _Undone as undone:
        return undone.answer
    raise AssertionError("A rehearsal always undoes itself.")


def _compare(name: str, wanted: str, found: str) -> None:
    if wanted != found:
        raise PlanStale(f"{name} would no longer do what the plan showed; plan it again.")


def error_of(error: ControlError, request_id: str) -> dict[str, Any]:
    """Say an error in the shape tools answer it."""
    code = "PERMISSION_DENIED" if isinstance(error, Forbidden) else error.code
    body: dict[str, Any] = {"code": code, "message": error.message, "request_id": request_id}
    if error.reasons:
        body["reasons"] = [reason.as_row() for reason in error.reasons]
    return {"error": body}
