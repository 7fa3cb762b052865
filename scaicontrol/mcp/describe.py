"""What a caller is shown of a tool: the actions it may use, what they take, and the shape of every answer."""

import inspect
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, Final

from mcp import types

from scaicontrol.core.permissions import PERMISSIONS

from .action import ToolAction
from .flat import LEGEND, input_schema

# Every answer of every tool: what `data` holds is REST's, described there; an agent would pay for it at every start.
ANSWER: Final[dict[str, Any]] = {
    "type": "object",
}


def described(name: str, description: str, actions: list[ToolAction]) -> types.Tool:
    """
    Describe a tool by the actions one caller may use.

    Its hints are those of its strictest action: a client that asks before it destroys asks too often, never too seldom.
    """
    changing = [action for action in actions if action.changes]
    return types.Tool(
        name=name,
        description="\n".join([f"{description} {LEGEND}", *_lines(actions)]),
        input_schema=input_schema(name, actions),
        output_schema=ANSWER,
        annotations=types.ToolAnnotations(
            read_only_hint=not changing,
            destructive_hint=any(action.destructive for action in changing),
            open_world_hint=None if any(action.outside for action in changing) else False,  # true is the default
        ),
    )


def _lines(actions: list[ToolAction]) -> Iterable[str]:
    lists = [action for action in actions if action.lists]
    changes = [action for action in actions if action.changes]
    reads = [action for action in actions if not action.lists and not action.changes]
    for kind, chosen in (("Lists:", lists), ("Reads:", reads), ("Changes:", changes)):
        if chosen:
            yield kind
            yield from map(_line, chosen)


def _line(action: ToolAction) -> str:
    first = (inspect.getdoc(action.verb) or action.name).splitlines()[0]
    return f"{action.name}: {first}"


def needs(actions: Iterable[ToolAction]) -> list[str]:
    """List the scopes that open any action of any tool, for the resource's metadata."""
    permissions = (permission for action in actions for permission in action.permissions)
    return sorted(reduce(or_, (PERMISSIONS[permission].scopes for permission in permissions), frozenset[str]()))
