"""What a caller is shown of a tool: one input schema per action it may use, and the shape of every answer."""

import inspect
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, Literal

from mcp import types
from pydantic import TypeAdapter

from scaicontrol.core.permissions import PERMISSIONS
from scaicontrol.services.changes.schemas import KeptPlan

from .action import ToolAction


def described(name: str, title: str, description: str, actions: list[ToolAction]) -> types.Tool:
    changing = [action for action in actions if action.changes]
    return types.Tool(
        name=name,
        title=title,
        description=f"{description}\n\n" + "\n".join(_line(action) for action in actions),
        input_schema=_input_schema(actions),
        output_schema=_output_schema(actions),
        annotations=types.ToolAnnotations(
            title=title,
            read_only_hint=not changing,
            destructive_hint=any(action.destructive for action in changing),
            idempotent_hint=not changing,
            open_world_hint=any(action.outside for action in changing),
        ),
    )


def _line(action: ToolAction) -> str:
    first = (inspect.getdoc(action.verb) or action.name).splitlines()[0]
    return f"- {action.name}: {first}"


def _input_schema(actions: list[ToolAction]) -> dict[str, Any]:
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


def _output_schema(actions: list[ToolAction]) -> dict[str, Any]:
    adapters = [(action.name, action.out) for action in actions]
    schemas, shared = _schemas([*adapters, ("", TypeAdapter(KeptPlan))], "serialization")
    plan = schemas.pop("")
    whole = {"type": "integer"}
    text = {"type": "string"}
    results = list({repr(schema): schema for schema in schemas.values()}.values())
    page = dict.fromkeys(("page", "page_size", "total", "total_pages"), whole)
    said = {"code": text, "message": text, "field": {"type": ["string", "null"]}, "rule": text, "fix": text}
    reason = {"type": "object", "properties": said}
    error = {
        "code": text,
        "message": text,
        "request_id": text,
        "reasons": {"type": "array", "items": reason},
        "change_plan": {"type": "object", "description": "The plan that would allow what was refused."},
    }
    return {
        "type": "object",
        "properties": {
            "ok": {"const": True},
            "action": {"enum": [action.name for action in actions]},
            "data": {"anyOf": [*results, {"type": "null"}]},
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
    definitions = {"$defs": _untitled(shared["$defs"])} if "$defs" in shared else {}
    return {key: _untitled(schema) for (key, _), schema in found.items()}, definitions


def _untitled(schema: Any) -> Any:
    """Leave out titles that only repeat a field's name: an agent pays for every word."""
    if isinstance(schema, dict):
        return {k: _untitled(v) for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
    return [_untitled(item) for item in schema] if isinstance(schema, list) else schema


def needs(actions: Iterable[ToolAction]) -> list[str]:
    """List the scopes that open any action of any tool, for the resource's metadata."""
    permissions = (permission for action in actions for permission in action.permissions)
    return sorted(reduce(or_, (PERMISSIONS[permission].scopes for permission in permissions), frozenset[str]()))
