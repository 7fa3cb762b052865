"""Characters that XML 1.0 cannot carry are refused by name; dropping them would change what was agreed."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from scaicontrol.core.errors import Reason

from ..document import Document
from .said import broken

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check(document: Document) -> Iterator[Reason]:
    for path, text in _texts(document, ""):
        for character in sorted(set(_NOT_XML.findall(text))):
            yield broken(
                "SC-TEXT",
                f"{path} contains the character U+{ord(character):04X}, which XML cannot carry; remove it.",
                path,
                "Type the text again without it.",
            )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        # Most texts are plain; asking that first spares the expression.
        if not value.isprintable():
            yield path, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value, start=1):
            yield from _texts(item, f"{path}[{position}]")
    elif is_dataclass(value):
        for name in _names(type(value)):
            yield from _texts(getattr(value, name), f"{path}.{name}" if path else name)


def _names(kind: Any) -> tuple[str, ...]:
    known = _fields.get(kind)
    if known is None:
        known = _fields[kind] = tuple(each.name for each in fields(kind))
    return known


_fields: dict[Any, tuple[str, ...]] = {}
