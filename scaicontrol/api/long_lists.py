"""
Long lists in a body are validated slice by slice, before FastAPI looks at the body: thousands of lines hold up nobody.

What is valid stands in the parsed body as models, which are taken as they are. The first slice with a fault ends it: a
sender of thousands learns the rule from a hundred.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, get_args, get_origin

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from scaicontrol.core.turns import SLICE, turn

_LONG_BODY: Final = 16 * 1024  # bytes; fewer hold no list that would be felt


class LongLists:
    """The lists of models among the fields of a body."""

    def __init__(self, body: Any) -> None:
        fields = body.model_fields if isinstance(body, type) and issubclass(body, BaseModel) else {}
        self._lists = {
            field.alias or name: (_list_of(Any, *field.metadata), _list_of(item))
            for name, field in fields.items()
            for item in _models_in(field)
        }

    async def validate(self, request: Request) -> None:
        """Put models where the parsed body has long lists of what they are made from, or raise what is wrong."""
        if not self._lists or len(await request.body()) < _LONG_BODY:
            return
        try:
            body = await request.json()
        except ValueError:
            return  # FastAPI says so
        for name, (whole, part) in self._lists.items() if isinstance(body, dict) else ():
            if isinstance(body.get(name), list) and len(body[name]) > SLICE:
                await _validate(body[name], name, whole, part)


def _list_of(item: Any, *metadata: Any) -> TypeAdapter[Any]:
    """Validate a list of `item`; the type is made at run time."""
    whole: Any = list[item]
    return TypeAdapter(Annotated[whole, *metadata] if metadata else whole)


def _models_in(field: FieldInfo) -> Iterator[type[BaseModel]]:
    for each in (field.annotation, *get_args(field.annotation)):
        item = get_args(each)[0] if get_origin(each) is list else None
        if isinstance(item, type) and issubclass(item, BaseModel):
            yield item


async def _validate(items: list[Any], name: str, whole: TypeAdapter[Any], part: TypeAdapter[Any]) -> None:
    start = 0
    try:
        whole.validate_python(items)  # its length first
        for start in range(0, len(items), SLICE):
            items[start : start + SLICE] = part.validate_python(items[start : start + SLICE])
            await turn()
    except ValidationError as error:
        raise RequestValidationError([_placed(each, name, start) for each in error.errors()]) from error


def _placed(error: Any, name: str, start: int) -> dict[str, Any]:
    place = [each + start if at == 0 else each for at, each in enumerate(error["loc"])]
    return {**error, "loc": ("body", name, *place)}
