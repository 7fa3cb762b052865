"""
What people write, as it is kept: one rule for everything that enters, for the gate in front of a number, and for print.

What nobody sees and nobody meant comes along when text is copied, and is cleaned: byte order marks, zero-width spaces,
word joiners, the ends of lines of other systems, letters in another composition. What cannot be meant is refused by
name: controls, halves of surrogates, private use, overrides of direction. A joiner stays beside a letter or an emoji
that it can shape (Persian, Hindi, a family), and goes elsewhere.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from .errors import invalid

# Nothing is drawn for these, but they shape their neighbours: joiners, directions, variants, where a word may break.
SHAPING: Final = frozenset("\u00ad\u034f\u061c\u200c\u200d\u200e\u200f") | frozenset(map(chr, range(0xFE00, 0xFE10)))
_PLAIN: Final = re.compile("[\t\n -~]*")
_WHITE: Final = frozenset("\t\n ")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Spaces, fillers and operators without a width, and the brackets of direction that address books and chats put around.
_NOT_MEANT: Final = re.compile("[\u17b4\u17b5\u180e\u200b\u202a-\u202c\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0]")
_JOINERS: Final = "\u200c\u200d"
_JOINED: Final = frozenset({"Lo", "Mc", "Me", "Mn", "So"})
_NONCHARACTERS: Final = frozenset(chr(plane + low) for plane in range(0, 0x110000, 0x10000) for low in (0xFFFE, 0xFFFF))
_NAMES: Final = {
    "Cc": "a control character", "Cs": "half of a surrogate pair", "Co": "a character for private use",
    "Cn": "no character",
}  # fmt: skip


class Unprintable(ValueError):
    """Text holds what cannot be meant; the message names the character."""


def clean(text: str, what: str = "The text") -> str:
    """Give text as it was meant, or raise Unprintable naming what cannot be meant; cleaning twice changes nothing."""
    if _PLAIN.fullmatch(text):  # nearly all there is; a megabyte looked at by character would keep everybody waiting
        return text
    tidied = _tidied(text)
    if refused := not_meant(tidied):
        raise Unprintable(f"{what} contains {named(refused[0])}, which cannot be printed; remove it.")
    return tidied


def cleaned(given: Mapping[str, Any]) -> dict[str, Any]:
    """Clean every text among named values, or raise Invalid for the first that cannot be meant."""
    return {name: _cleaned(name, value) for name, value in given.items()}


def _cleaned(name: str, value: Any) -> Any:
    try:
        return clean(value, name) if isinstance(value, str) else value
    except Unprintable as error:
        raise invalid(name, str(error), "unprintable") from None


def tolerated(text: str) -> str:
    """Give text of a system that nobody here can ask to correct it: cleaned, and without what would be refused."""
    tidied = _tidied(text)
    refused = not_meant(tidied)
    return _tidied(tidied.translate(dict.fromkeys(map(ord, refused)))) if refused else tidied


def one_line(text: str) -> str:
    """Give a name as one line: an end of a line or a tab that was copied along is a space."""
    return text if text.isprintable() else re.sub(r"\s*[\t\n]\s*", " ", _LINE_ENDS.sub("\n", text))


def not_meant(text: str) -> str:
    """Give the characters that are refused, each once, in their order."""
    return "".join(character for character in dict.fromkeys(text) if not _can_be_meant(character))


def leaves_no_trace(character: str) -> bool:
    """Say whether a character would be invisible on a page: a control, a format or a separator of lines."""
    return unicodedata.category(character) in _UNSEEN


def named(character: str) -> str:
    """Name a character for somebody who cannot see it."""
    name = unicodedata.name(character, "") or _NAMES.get(unicodedata.category(character), "without a name")
    return f"U+{ord(character):04X} ({name})"


def _tidied(text: str) -> str:
    text = unicodedata.normalize("NFC", _NOT_MEANT.sub("", _LINE_ENDS.sub("\n", text)))
    return _without_idle_joiners(text) if any(joiner in text for joiner in _JOINERS) else text


def _without_idle_joiners(text: str) -> str:
    kept: list[str] = []
    for character, after in zip(text, [*text[1:], " "], strict=True):
        before = kept[-1] if kept else " "
        if character not in _JOINERS or (before not in _JOINERS and (_is_shaped(before) or _is_shaped(after))):
            kept.append(character)
    return "".join(kept)


def _is_shaped(character: str) -> bool:
    """Say whether a joiner beside it can change how a character looks: joined scripts, their marks, and emoji."""
    category = unicodedata.category(character)
    if category == "Lo" and unicodedata.east_asian_width(character) in {"W", "F"}:
        return False
    return category in _JOINED or unicodedata.bidirectional(character) in {"AL", "R"}


def _can_be_meant(character: str) -> bool:
    if character in _WHITE or character in SHAPING:
        return True
    if 0xFDD0 <= ord(character) <= 0xFDEF or 0xE0100 <= ord(character) <= 0xE01EF:
        return False  # noncharacters, and variants that no font has and that can hide a text
    category = unicodedata.category(character)
    return category not in _UNSEEN | {"Cs", "Co"} and character not in _NONCHARACTERS
