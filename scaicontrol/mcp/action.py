"""One action of a tool: its input schema follows from its verb's signature, its answer from the model it gives."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, Field, Strict, TypeAdapter, ValidationError, create_model

from scaicontrol.core.actor import Actor
from scaicontrol.core.cursors import CURSOR_MAX
from scaicontrol.core.pagination import FEED_LIMIT, PAGE_SIZE, PAGE_SIZE_MAX, Feed, Page, PageRequest
from scaicontrol.core.schemas import In, invalid_of

from .arguments import check

Verb = Callable[..., Awaitable[Any]]
M = TypeVar("M", bound=BaseModel)
# A body that is one argument, an object, rather than its fields side by side: a whole thing that is kept.
Whole = Annotated[M, Field()]
DryRun = Annotated[bool | None, Strict(), Field(description="only plan it; agents' default")]


class Paging(In):
    """Which page of a list."""

    page: int = Field(default=1, ge=1, le=100_000)
    page_size: int = Field(default=PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
    sort: str = Field(default="-created_at", max_length=60, description="-field descends")

    @property
    def request(self) -> PageRequest:
        return PageRequest(self.page, self.page_size, self.sort)


class Following(In):
    """Where to go on in a list that grows."""

    after: str | None = Field(default=None, max_length=CURSOR_MAX, description="`next` of the stretch before.")
    limit: int = Field(default=FEED_LIMIT, ge=1, le=PAGE_SIZE_MAX)


@dataclass(frozen=True, slots=True)
class ToolAction:
    """One verb of a tool."""

    name: str
    verb: Verb
    out: TypeAdapter[Any]
    permissions: tuple[str, ...]
    changes: bool = False
    destructive: bool = False
    outside: bool = False
    is_planned: bool = True
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
        if self.changes and self.is_planned:
            fields |= {"dry_run": (DryRun, None)}
        model = create_model(self.name, __base__=(*bodies, In), __doc__=inspect.getdoc(self.verb), **fields)
        object.__setattr__(self, "arguments", model)
        object.__setattr__(self, "parts", parts)

    @property
    def is_procedure(self) -> bool:
        return "backend" in inspect.signature(self.verb).parameters

    @property
    def lists(self) -> bool:
        """Tell whether it gives one stretch of a list, and takes which."""
        return any(part in (Paging, Following) for part in self.parts.values())

    def open_to(self, actor: Actor) -> bool:
        return all(actor.may(permission) for permission in self.permissions)

    def read(self, given: Mapping[str, Any]) -> tuple[BaseModel, dict[str, Any]]:
        """
        Give the checked arguments, as one model and as the verb takes them.

        They are read as JSON and strictly: the text "false" is not false, and 0 is not either.
        """
        check(given)
        try:
            whole = self.arguments.model_validate_json(orjson.dumps(given), strict=True)
            taken = {
                name: part.model_validate_json(
                    orjson.dumps({key: given[key] for key in _names_in(part) if key in given}), strict=True
                )
                if _is_model(part)
                else getattr(whole, name)
                for name, part in self.parts.items()
            }
        except ValidationError as error:
            raise invalid_of(error) from error
        return whole, taken

    def answer(self, result: Any) -> dict[str, Any]:
        """Write a verb's result as JSON values, inside the unit of work that made it."""
        answer: dict[str, Any] = {"ok": True, "action": self.name}
        if isinstance(result, Page):
            page = {name: getattr(result, name) for name in ("page", "page_size", "total", "total_pages")}
            result, answer["page"] = list(result.items), page
        elif isinstance(result, Feed):
            result, answer["page"] = list(result.items), {"next": result.next}
        checked = self.out.validate_python(result, from_attributes=True)
        return {**answer, "data": self.out.dump_python(checked, mode="json")}


def _names_in(part: type[BaseModel]) -> list[str]:
    """Name a body's fields as they are sent; whether it is a dry run is the door's matter."""
    return [field.alias or name for name, field in part.model_fields.items() if name != "dry_run"]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
