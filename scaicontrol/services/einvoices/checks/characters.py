"""Characters that XML 1.0 cannot carry are refused by name; dropping them would change what was agreed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from scaicontrol.core.errors import Reason

from ..document import Document
from .reasons import broken

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check(document: Document) -> Iterator[Reason]:
    if _is_plain(document):  # nearly every one is; where something stands is only worked out for the others
        return
    for path, text in _texts(document, ""):
        for character in sorted(set(_NOT_XML.findall(text))):
            yield broken(
                "SC-TEXT",
                f"{path} contains the character U+{ord(character):04X}, which XML cannot carry; remove it.",
                path,
                "Type the text again without it.",
            )


def _is_plain(value: Any) -> bool:
    kind: Any = type(value)
    if kind is str:
        return bool(value.isprintable())
    if kind is tuple:
        return all(map(_is_plain, value))
    read = _reader(kind)
    return read is None or all(map(_is_plain, read(value)))


@cache
def _reader(kind: type) -> Callable[[Any], tuple[Any, ...]] | None:
    """Give what reads all fields of a part of a document at once; None for what has no parts."""
    if issubclass(kind, str):
        return lambda value: (str(value),)
    names = [each.name for each in fields(kind)] if is_dataclass(kind) else []
    if len(names) > 1:
        return attrgetter(*names)
    return (lambda value: (getattr(value, names[0]),)) if names else None


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value, start=1):
            yield from _texts(item, f"{path}[{position}]")
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name), f"{path}.{each.name}" if path else each.name)
