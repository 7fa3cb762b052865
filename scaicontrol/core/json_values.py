"""JSON as it enters: its own booleans and numbers, and nothing that no database or document could keep."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

_DEEPEST: Final = 16
_MOST: Final = 10_000


def take_strictly(schema: Any) -> None:
    """Take JSON's own booleans and numbers only; days, moments and decimals are texts that their types read."""
    if isinstance(schema, list):
        for each in schema:
            take_strictly(each)
    elif isinstance(schema, dict):
        if schema.get("type") in {"bool", "int", "float"}:
            schema["strict"] = True
        for name, each in schema.items():
            if name not in {"default", "metadata", "serialization"}:
                take_strictly(each)


def keepable(value: Any) -> Any:
    """Refuse what JSON can say and nothing here can keep: endless nesting, infinity, lone surrogates."""
    level, members = [value], 0
    for _ in range(_DEEPEST):
        for each in level:
            if isinstance(each, str):
                _encodable(each)
            elif isinstance(each, float) and not isfinite(each):
                raise ValueError("a number is finite")
        nested: list[Any] = []
        for each in level:
            if isinstance(each, Mapping):
                nested += [*each, *each.values()]
            elif isinstance(each, list):
                nested += each
        members += len(nested)
        if members > _MOST:
            raise ValueError(f"this holds more than {_MOST:,} values")
        if not nested:
            return value
        level = nested
    raise ValueError(f"this is nested deeper than {_DEEPEST} levels")


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text is Unicode without lone surrogates") from None
