"""Arguments as they came, before a model reads them: JSON of a bounded size that a database could keep."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final

from scaicontrol.core.errors import Invalid, Reason

_ARGUMENTS_MOST: Final = 100
_NAME_LONGEST: Final = 100
_VALUES_MOST: Final = 20_000
_DEEPEST: Final = 20
_INTEGER: Final = 2**63


def check(given: Mapping[str, Any]) -> None:
    """Raise Invalid, naming the argument, for what no argument of any action may be."""
    if len(given) > _ARGUMENTS_MOST:
        raise Invalid(f"No action takes {len(given)} arguments.")
    for name, value in given.items():
        if len(name) > _NAME_LONGEST or not name.isprintable():
            shown = name.encode("ascii", "backslashreplace").decode()[:_NAME_LONGEST]
            raise _refused(shown, "There is no such argument.")
        if (wrong := _wrong(value)) is not None:
            raise _refused(name, wrong)


def _refused(name: str, sentence: str) -> Invalid:
    return Invalid(f"{name}: {sentence}", reasons=[Reason("unreadable", sentence, name)])


def _wrong(value: Any) -> str | None:
    level, members = [value], 0
    for _ in range(_DEEPEST):
        if (wrong := next(filter(None, map(_wrong_alone, level)), None)) is not None:
            return wrong
        level = [inner for each in level for inner in _within(each)]
        members += len(level)
        if members > _VALUES_MOST:
            return f"It holds more than {_VALUES_MOST:,} values."
        if not level:
            return None
    return f"It is nested deeper than {_DEEPEST} levels."


def _wrong_alone(value: Any) -> str | None:
    if isinstance(value, str) and not _is_text(value):
        return "It holds characters that are not text."
    if isinstance(value, float) and not isfinite(value):
        return "It is not a number."
    if isinstance(value, int) and not -_INTEGER <= value < _INTEGER:
        return "It is a larger number than anything here."
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _within(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
