"""
The MCP door: a tool's `action` names a verb; the door says who may call it, opens the unit of work and answers.

An action is a function like a REST endpoint: `uow` first for a verb, `backend` and `actor` for a procedure that reaches
outside. Its other parameters, with the fields of its pydantic ones side by side, are the action's input schema.
"""

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from mcp import types
from pydantic import TypeAdapter

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Invalid, Reason, Refused
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes

from .action import Following, Paging, ToolAction, Verb, Whole
from .describe import described
from .untrusted import untrusted

__all__ = ["Following", "Paging", "Tool", "ToolNotFound", "Whole", "error_of"]


# What came over the wire or was read from it, and what goes back: JSON.
Given = Mapping[str, Any]
Answer = dict[str, Any]


class ToolNotFound(ControlError):
    code = "TOOL_NOT_FOUND"


@dataclass
class Tool:
    """A tool of one feature; its actions are added by `read` and `change`."""

    name: str
    description: str
    actions: dict[str, ToolAction] = field(default_factory=dict)

    def read(self, *permissions: str, out: Any) -> Callable[[Verb], Verb]:
        """Publish a verb that only looks."""
        return self._publish(permissions, out)

    def change(
        self,
        *permissions: str,
        out: Any,
        destructive: bool = False,
        outside: bool = False,
        is_planned: bool = True,
    ) -> Callable[[Verb], Verb]:
        """
        Publish a verb that changes something; agents plan it unless they say otherwise.

        `outside`: people or systems beyond ours notice. What is not `is_planned` is no change of its own.
        """
        traits = {"destructive": destructive, "outside": outside, "is_planned": is_planned}
        return self._publish(permissions, out, changes=True, **traits)

    def _publish(self, permissions: tuple[str, ...], out: Any, **traits: Any) -> Callable[[Verb], Verb]:
        def publish(verb: Verb) -> Verb:
            name = verb.__name__.rstrip("_")
            self.actions[name] = ToolAction(name, verb, TypeAdapter(out), permissions, **traits)
            return verb

        return publish

    @cached_property
    def _described(self) -> Callable[[tuple[str, ...]], types.Tool]:
        return lru_cache(maxsize=256)(
            lambda names: described(self.name, self.description, [self.actions[name] for name in names])
        )

    def seen_by(self, actor: Actor) -> types.Tool | None:
        """Describe what this actor may do with the tool, or nothing when that is nothing."""
        names = tuple(name for name, action in self.actions.items() if action.open_to(actor))
        return self._described(names) if names else None

    async def call(self, backend: Backend, actor: Actor, given: Given) -> Answer:
        """Run one action as this actor and answer `{ok, action, data, page?, change_plan?, untrusted?}`."""
        answer = await self._run(backend, actor, given)
        return answer | {"untrusted": paths} if (paths := untrusted(answer)) else answer

    async def _run(self, backend: Backend, actor: Actor, given: Given) -> Answer:
        action = self._chosen(actor, given.get("action"))
        whole, taken = action.read(given)
        if not action.changes:
            return await _read(backend, actor, action, taken)
        dry_run = getattr(whole, "dry_run", False)  # applying a plan has none: the plan was the rehearsal
        if dry_run if dry_run is not None else actor.kind is ActorKind.agent:
            return await _plan(backend, actor, action, taken)
        return await _do(backend, actor, action, taken)

    def _chosen(self, actor: Actor, name: Any) -> ToolAction:
        action = self.actions.get(name) if isinstance(name, str) else None
        if action is None:
            possible = ", ".join(name for name, known in self.actions.items() if known.open_to(actor))
            raise Invalid(
                f"{self.name} has no action {reprlib.repr(name)}; there are {possible or 'none for you'}.",
                reasons=[Reason("unknown_action", f"Choose one of {possible}.", "action")],
            )
        for permission in action.permissions:
            actor.require(permission)
        return action


async def _read(backend: Backend, actor: Actor, action: ToolAction, taken: Given) -> Answer:
    if action.is_procedure:
        return action.answer(await action.verb(backend, actor, **taken))

    async def question(uow: UnitOfWork) -> Answer:
        return action.answer(await action.verb(uow, **taken))

    return await backend.ask(actor, question)


async def _do(backend: Backend, actor: Actor, action: ToolAction, taken: Given) -> Answer:
    if action.is_procedure:
        return action.answer(await action.verb(backend, actor, **taken))

    async def verb(uow: UnitOfWork) -> Answer:
        result = await action.verb(uow, **taken)
        await uow.write()
        return action.answer(result)

    return await backend.perform(actor, verb)


async def _plan(backend: Backend, actor: Actor, action: ToolAction, taken: Given) -> Answer:
    """Rehearse the action and keep its plan; nothing else is written."""
    planned = await changes.plan_work(backend, actor, lambda stage: _do(stage, actor, action, taken))
    if planned.call is None:
        raise Refused(f"{action.name} cannot be planned: it is not one change.")
    kept = await changes.keep(backend, actor, planned.call, planned.content)
    answer = changes.without_secrets(planned.result) or {"ok": True, "action": action.name, "data": None}
    plan = {**changes.summary(kept), **kept.content}
    # The plan stands before the data: that is what it would be, and who reads from above must not take it for done.
    return {"ok": True, "action": action.name, "change_plan": plan, **{k: v for k, v in answer.items() if k != "ok"}}


def error_of(error: ControlError, request_id: str) -> Answer:
    """Say an error in the shape tools answer it."""
    code = "PERMISSION_DENIED" if error.code == "forbidden" else error.code
    body: Answer = {"code": code, "message": error.message, "request_id": request_id, **error.details}
    if error.reasons:
        body["reasons"] = [reason.as_row() for reason in error.reasons]
    return {"error": body}
