"""A REST route: takes no more of body, path and query than it should."""

from collections.abc import Callable
from inspect import Parameter
from typing import Annotated, Any, Final, get_args, get_origin

from fastapi.params import Param
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from scaicontrol.core.schemas import Word

from . import bodies

_MOST: Final = "body_max"


class DoorRoute(APIRoute):
    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.body_max: int = getattr(endpoint, _MOST, bodies.JSON_MAX)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        bodies.allow(scope, self.body_max)
        await super().handle(scope, receive, send)


def take_at_most(door: Callable[..., Any], body_max: int) -> None:
    """Say how many bytes an endpoint's route takes."""
    setattr(door, _MOST, body_max)


def bounded(parameter: Parameter) -> Parameter:
    """Let no text of a path or a query be longer than a word or the bound it names."""
    kind, *notes = get_args(parameter.annotation) if _is_annotated(parameter.annotation) else [parameter.annotation]
    if any(hasattr(rule, "max_length") for note in notes if isinstance(note, Param) for rule in note.metadata):
        return parameter
    if kind is str:
        kind = Word
    elif set(get_args(kind)) == {str, type(None)}:
        kind = Word | None
    return parameter.replace(annotation=Annotated[kind, *notes] if notes else kind)


def _is_annotated(annotation: Any) -> bool:
    return get_origin(annotation) is Annotated
