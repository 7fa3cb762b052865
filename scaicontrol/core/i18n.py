"""
The sentences people read, in the six languages: `scaicontrol/locales/<language>/<area>.toml`, and nowhere else.

A key is its area and its place in there, such as `mails.email_invoice.subject`. Values are put in as text: a brace or a
percent sign in what somebody typed is only that. Sentences are data, ours alone, and read once.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal, get_args

Language = Literal["en", "nl", "de", "fr", "es", "it"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_PLACE: Final = re.compile(r"\{(\w+)\}")


def language_or_english(code: str | None) -> Language:
    """Give the language when sentences are written in it, else English."""
    short = (code or "en").lower()[:2]
    return next((language for language in LANGUAGES if language == short), "en")


def say(key: str, language: str | None, **values: object) -> str:
    """Write a sentence in a language, in English when we do not speak it; KeyError for a value it names and lacks."""
    return _PLACE.sub(lambda place: str(values[place[1]]), sentence(key, language))


def sentence(key: str, language: str | None) -> str:
    """Give a sentence as it stands, with its places."""
    area, _, name = key.partition(".")
    return words(area, language)[name]


def words(area: str, language: str | None) -> Mapping[str, str]:
    """Give all sentences of an area by their place in it, in English when we do not speak the language."""
    return _read(area, language_or_english(language))


@cache
def _read(area: str, language: Language) -> Mapping[str, str]:
    """Remember by the languages we speak; what somebody asks for is any text, and would be remembered for ever."""
    read = tomllib.loads((files("scaicontrol.locales") / language / f"{area}.toml").read_text(encoding="utf-8"))
    return dict(_flat(read))


def places(text: str) -> list[str]:
    """Name the values that a sentence asks for, as often as it does."""
    return sorted(_PLACE.findall(text))


def _flat(table: Mapping[str, object], within: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield within + name, value
        elif isinstance(value, dict):
            yield from _flat(value, f"{within}{name}.")
