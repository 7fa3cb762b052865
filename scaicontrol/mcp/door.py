"""
The MCP door: a tool's `action` names a verb; the door says who may call it, opens the unit of work and answers.

An action is a function like a REST endpoint: `uow` first for a verb, `backend` and `actor` for a procedure that reaches
outside. Its other parameters, with the fields of its pydantic ones side by side, are the action's input schema.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import Annotated, Any, Literal

from mcp import types
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, create_model

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError, Forbidden, Invalid, Reason
from scaicontrol.core.logging import get_logger
from scaicontrol.core.pagination import PAGE_SIZE, PAGE_SIZE_MAX, Page, PageRequest
from scaicontrol.core.permissions import PERMISSIONS
from scaicontrol.core.schemas import In
from scaicontrol.core.work import UnitOfWork

from .plan import ChangePlan, Unborn, plan_of

log = get_logger(__name__)
Verb = Callable[..., Awaitable[Any]]

DryRun = Annotated[bool | None, Field(description="Only say what it would do. Default: true for agents.")]
PlanHash = Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$", description="Do exactly what this plan showed.")]


class Paging(In):
    """Which page of a list."""

    page: int = Field(default=1, ge=1, le=100_000)
    page_size: int = Field(default=PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
    sort: str = Field(default="-created_at", max_length=60, description="A field; `-` before it for descending.")

    @property
    def request(self) -> PageRequest:
        return PageRequest(self.page, self.page_size, self.sort)


class ToolNotFound(ControlError):
    code = "TOOL_NOT_FOUND"


class PlanStale(Conflict):
    code = "PLAN_STALE"


class _Undone(Exception):
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Action:
    """One verb of a tool."""

    name: str
    verb: Verb
    out: TypeAdapter[Any]
    permissions: tuple[str, ...]
    changes: bool = False
    destructive: bool = False
    outside: bool = False
    rehearsal: Verb | None = None
    arguments: type[BaseModel] = field(init=False)
    parts: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        shown = [
            p for p in inspect.signature(self.verb).parameters.values() if p.name not in ("uow", "backend", "actor")
        ]
        parts = {p.name: p.annotation for p in shown}
        bodies = tuple(part for part in parts.values() if _is_model(part))
        fields: dict[str, Any] = {"action": (Literal[self.name], ...)}
        fields |= {
            p.name: (p.annotation, ... if p.default is p.empty else p.default)
            for p in shown
            if not _is_model(p.annotation)
        }
        if self.changes:
            fields |= {"dry_run": (DryRun, None), "plan_hash": (PlanHash, None)}
        model = create_model(self.name, __base__=bodies or In, __doc__=inspect.getdoc(self.verb), **fields)
        object.__setattr__(self, "arguments", model)
        object.__setattr__(self, "parts", parts)

    @property
    def is_procedure(self) -> bool:
        return "backend" in inspect.signature(self.verb).parameters

    def open_to(self, actor: Actor) -> bool:
        return all(actor.may(permission) for permission in self.permissions)

    def read(self, given: Mapping[str, Any]) -> tuple[BaseModel, dict[str, Any]]:
        """Give the checked arguments, as one model and as the verb takes them."""
        try:
            whole = self.arguments.model_validate(given)
            taken = {
                name: part.model_validate({key: given[key] for key in part.model_fields if key in given})
                if _is_model(part)
                else getattr(whole, name)
                for name, part in self.parts.items()
            }
        except ValidationError as error:
            raise _invalid(error) from error
        return whole, taken

    def answer(self, result: Any) -> dict[str, Any]:
        """Write a verb's result as JSON values, inside the unit of work that made it."""
        answer: dict[str, Any] = {"ok": True, "action": self.name}
        if isinstance(result, Page):
            page = {name: getattr(result, name) for name in ("page", "page_size", "total", "total_pages")}
            result, answer["page"] = list(result.items), page
        checked = self.out.validate_python(result, from_attributes=True)
        return {**answer, "data": self.out.dump_python(checked, mode="json")}


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _invalid(error: ValidationError) -> Invalid:
    reasons = [
        Reason(e["type"], e["msg"].removeprefix("Value error, "), ".".join(str(part) for part in e["loc"]) or None)
        for e in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    first = reasons[0]
    more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return Invalid(f"{first.field}: {first.message}{more}" if first.field else first.message, reasons=reasons)


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
    def described(self) -> Callable[[tuple[str, ...]], types.Tool]:
        return lru_cache(maxsize=256)(lambda names: _described(self, [self.actions[name] for name in names]))

    def seen_by(self, actor: Actor) -> types.Tool | None:
        """Describe what this actor may do with the tool, or nothing when that is nothing."""
        names = tuple(name for name, action in self.actions.items() if action.open_to(actor))
        return self.described(names) if names else None

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
        body["reasons"] = [{"code": r.code, "field": r.field, "message": r.message} for r in error.reasons]
    return {"error": body}


def _described(tool: Tool, actions: list[Action]) -> types.Tool:
    changing = [action for action in actions if action.changes]
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=f"{tool.description}\n\n" + "\n".join(_line(action) for action in actions),
        input_schema=_input_schema(actions),
        output_schema=_output_schema(actions),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=not changing,
            destructive_hint=any(action.destructive for action in changing),
            idempotent_hint=not changing,
            open_world_hint=any(action.outside for action in changing),
        ),
    )


def _line(action: Action) -> str:
    first = (inspect.getdoc(action.verb) or action.name).splitlines()[0]
    return f"- {action.name}: {first}"


def _input_schema(actions: list[Action]) -> dict[str, Any]:
    schemas, shared = _schemas([(action.name, TypeAdapter(action.arguments)) for action in actions], "validation")
    definitions = shared.get("$defs", {})
    for name, schema in schemas.items():
        if reference := schema.get("$ref"):
            schemas[name] = definitions.pop(reference.rpartition("/")[2])
        schemas[name].pop("examples", None)  # examples of a REST body, without the action
    names = [action.name for action in actions]
    return {
        "type": "object",
        "properties": {"action": {"enum": names, "type": "string"}},
        "required": ["action"],
        "oneOf": list(schemas.values()),
        **shared,
    }


def _output_schema(actions: list[Action]) -> dict[str, Any]:
    adapters = [(action.name, action.out) for action in actions]
    schemas, shared = _schemas([*adapters, ("", TypeAdapter(ChangePlan))], "serialization")
    plan = schemas.pop("")
    whole = {"type": "integer"}
    text = {"type": "string"}
    results = list({repr(schema): schema for schema in schemas.values()}.values())
    page = dict.fromkeys(("page", "page_size", "total", "total_pages"), whole)
    reason = {"type": "object", "properties": {"code": text, "message": text, "field": {"type": ["string", "null"]}}}
    error = {"code": text, "message": text, "request_id": text, "reasons": {"type": "array", "items": reason}}
    return {
        "type": "object",
        "properties": {
            "ok": {"const": True},
            "action": {"enum": [action.name for action in actions]},
            "data": {"anyOf": results},
            "page": {"type": "object", "properties": page, "required": list(page)},
            "change_plan": plan,
            "error": {"type": "object", "properties": error, "required": ["code", "message", "request_id"]},
        },
        "oneOf": [{"required": ["ok", "action", "data"]}, {"required": ["error"]}],
        **shared,
    }


def _schemas(
    adapters: list[tuple[str, TypeAdapter[Any]]], mode: Literal["validation", "serialization"]
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    found, shared = TypeAdapter.json_schemas([(name, mode, adapter) for name, adapter in adapters])
    definitions = {"$defs": shared["$defs"]} if "$defs" in shared else {}
    return {key: dict(schema) for (key, _), schema in found.items()}, definitions


def needs(tools: Iterable[Tool]) -> list[str]:
    """List the scopes that open any action of any tool, for the resource's metadata."""
    permissions = (p for tool in tools for action in tool.actions.values() for p in action.permissions)
    return sorted(reduce(or_, (PERMISSIONS[permission].scopes for permission in permissions), frozenset[str]()))
