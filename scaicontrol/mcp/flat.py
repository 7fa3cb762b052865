"""
One flat input schema a tool: an `action` and the arguments of all actions side by side.

Clients of large vendors refuse or silently drop a tool whose schema has `oneOf`, `anyOf` or `allOf` at its top, so what
each action takes is said in words: the description of an argument begins with the actions it is for, `*` at those that
need it. What holds is decided by the action's own model (`action.py`), strictly and for that action alone; so a schema
may leave out lengths, patterns, nulls and what lies deep, for which an agent would pay at every start.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .action import ToolAction

LEGEND: Final = "* is needed."
_MOST_FIELDS: Final = 30  # of an object with more, a read shows the names
_LONGEST: Final = 30  # of what an argument is; more of it is in the description of REST

Json = dict[str, Any]
Shape = Mapping[str, Any]


def input_schema(tool: str, actions: Sequence[ToolAction]) -> Json:
    """
    Put the arguments of these actions side by side.

    Raises TypeError where two of them call different things by one name: no caller could tell what is meant.
    """
    found: dict[str, _Argument] = {}
    lists, changes = _named(each for each in actions if each.lists), _named(each for each in actions if each.changes)
    headings = {lists: "lists", changes: "changes"} if len(lists) != 1 else {changes: "changes"}
    for action in actions:
        schema = action.arguments.model_json_schema(by_alias=True)
        for name, described in schema["properties"].items():
            if name != "action":
                argument = found.setdefault(name, _Argument(f"{tool}: {name}", headings))
                argument.add(action.name, described, schema.get("$defs", {}), name in schema.get("required", ()))
    return {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": [action.name for action in actions]},
            **{name: argument.shape | {"description": argument.words()} for name, argument in found.items()},
        },
        "required": ["action"],
    }


def _named(actions: Iterable[ToolAction]) -> tuple[str, ...]:
    return tuple(action.name for action in actions)


@dataclass(slots=True)
class _Argument:
    """One argument of a tool, as its actions describe it."""

    where: str
    headings: Mapping[tuple[str, ...], str]  # what all of these actions are called together
    shape: Json = field(default_factory=dict)
    takers: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    within: dict[str, str] = field(default_factory=dict)  # the fields of an object, each as it is written
    is_needed: dict[str, bool] = field(default_factory=dict)  # whether all takers need that field

    def add(self, action: str, described: Json, defs: Json, needed: bool) -> None:
        schema = _resolved(described, defs)
        shape = _plain(schema, defs)
        self.shape = self._both(shape) if self.shape else shape
        inner = _item(schema, defs)
        fields = inner.get("properties", {})
        self.is_needed = {
            name: self.is_needed.get(name, not self.takers) and name in inner.get("required", ())
            for name in {**self.within, **fields}
        }
        self.within |= {name: name + _braces(_item(each, defs)) for name, each in fields.items()}
        self.said.add(schema.get("description", ""))
        self.takers.append(action + "*" * needed)

    def words(self) -> str:
        """Name the actions, what the argument is where it is the same for all of them, and what is within."""
        which = self.headings.get(tuple(self.takers), ", ".join(self.takers))
        own = next(iter(self.said)).rstrip(".") if len(self.said) == 1 else ""
        inner = ", ".join(each + "*" * self.is_needed[field] for field, each in self.within.items())
        if len(self.within) > _MOST_FIELDS:
            inner = "as `get` shows it"
        told = [own if len(own) <= _LONGEST else "", f"{{{inner}}}" if inner else ""]
        return ": ".join(filter(None, (which, " ".join(filter(None, told)))))

    def _both(self, other: Json) -> Json:
        """Put two shapes of one name together: the same, or two lists of words."""
        one = self.shape
        if one == other:
            return one
        if one["type"] != other["type"] or one.get("items") != other.get("items"):
            raise TypeError(f"{self.where} is {one} for one action and {other} for another.")
        if "enum" in one and "enum" in other:
            return one | {"enum": [*one["enum"], *(each for each in other["enum"] if each not in one["enum"])]}
        return {name: value for name, value in one.items() if other.get(name) == value}


def _item(schema: Shape, defs: Shape) -> Shape:
    """Give what a list holds, or a thing itself."""
    schema = _resolved(schema, defs)
    return _resolved(schema["items"], defs) if schema.get("type") == "array" else schema


def _braces(schema: Shape) -> str:
    needed = schema.get("required", ())
    names = ", ".join(name + "*" * (name in needed) for name in schema.get("properties", ()))
    return f" {{{names}}}" if names else ""


def _plain(schema: Shape, defs: Shape) -> Json:
    """Write one shape without bounds. An exact number is a text, and null is not told: the model takes both."""
    plain: Json = {"type": schema.get("type", "string")}
    if "const" in schema:
        plain["enum"] = [schema["const"]]
    elif "enum" in schema:
        plain["enum"] = list(schema["enum"])
    if schema.get("format") in ("date", "date-time"):
        plain["format"] = schema["format"]
    if plain["type"] == "array":
        plain["items"] = {"type": _item(schema, defs).get("type", "string")}
    return plain


def _resolved(schema: Shape, defs: Shape) -> Shape:
    """Follow references, and the first choice of what may be several things; a description stays the field's own."""
    own = schema.get("description", "")
    while "$ref" in schema or "anyOf" in schema:
        if reference := schema.get("$ref"):
            schema = {
                **defs[reference.rpartition("/")[2]],
                "description": "",
            }  # its docstring speaks to readers of code
        else:
            schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        own = own or schema.get("description", "")
    return {**schema, "description": "" if own.startswith("Minor units") else own}
