"""
In which language, formats and time zone the console speaks to whoever looks.

English is what stands in templates and classes, and the key to the other five in
`scaicontrol/locales/<language>/console.po`. What is said while a request runs is said by `gettext`; what a class
declares (labels, effects, hints) stays English there and is said by the templates, through `translated` and `button`.
"""

import gettext as catalogues
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from scaicontrol.core.i18n import LANGUAGES, Language
from scaicontrol.services.identity.schemas import DateFormat, NumberFormat, Theme, UserPreferencesOut

BUTTON: Final = "button"  # the context of a button's words: "Credit" to press is not "Credit" to have
UTC: Final = ZoneInfo("UTC")
_NUMBERS: Final[Mapping[Language, NumberFormat]] = {
    "en": "comma_point",
    "nl": "point_comma",
    "de": "point_comma",
    "fr": "space_comma",
    "es": "point_comma",
    "it": "point_comma",
}


@dataclass(frozen=True, slots=True)
class ConsoleReader:
    """Who reads a page, as far as it matters for how the page says things."""

    language: Language = "en"
    zone: ZoneInfo = UTC
    number_format: NumberFormat = "comma_point"
    date_format: DateFormat = "words"
    theme: Theme | None = None

    @classmethod
    def of_browser(cls, accepts: str) -> "ConsoleReader":
        """Read the header Accept-Language: the first of its languages that we speak, else English."""
        return _speaking(cls(), _accepted(accepts))

    def preferring(self, chosen: UserPreferencesOut) -> "ConsoleReader":
        """Let what a person chose go before what the browser says."""
        own = _speaking(self, chosen.language or self.language)
        return replace(
            own,
            zone=ZoneInfo(chosen.time_zone) if chosen.time_zone else own.zone,
            number_format=chosen.number_format or own.number_format,
            date_format=chosen.date_format or own.date_format,
            theme=chosen.theme,
        )


ENGLISH: Final = ConsoleReader()
reader: ContextVar[ConsoleReader] = ContextVar("console_reader", default=ENGLISH)


@cache
def catalogue(language: Language) -> catalogues.NullTranslations:
    """Give the words of a language; read when somebody first speaks it."""
    if language == "en":
        return catalogues.NullTranslations()
    compiled = BytesIO()
    with (files("scaicontrol.locales") / language / "console.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


def marked(english: str) -> str:
    """Mark words whose place does not show that they are said to people; they stay English here."""
    return english


def gettext(message: str, /, **values: object) -> str:
    """Say a sentence in the reader's language, with its named values; a percent sign is written twice."""
    return translated(message) % values


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """Say a sentence about `num` things, in the form that the language has for as many."""
    return catalogue(reader.get().language).ngettext(one, many, num) % {"num": num, **values}


def translated(declared: str | None) -> str:
    """Say what a class or template declares in English; what has no translation, such as a name, stays as it is."""
    return catalogue(reader.get().language).gettext(declared) if declared else ""


def within(declared: str) -> str:
    """Say a label in the middle of a sentence, where only German keeps its first letter large."""
    said = translated(declared)
    return said if reader.get().language == "de" else said[:1].lower() + said[1:]


def button(declared: str) -> str:
    """Say the words of a button."""
    said = catalogue(reader.get().language).pgettext(BUTTON, declared)
    return translated(declared) if said == declared else said


def _speaking(one: ConsoleReader, language: Language) -> ConsoleReader:
    return replace(one, language=language, number_format=_NUMBERS[language])


def _accepted(header: str) -> Language:
    weighed = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, tag.strip().lower()[:2]))
        except ValueError:
            continue
    spoken = [tag for weight, _, tag in sorted(weighed) if weight < 0]
    return next((language for tag in spoken for language in LANGUAGES if language == tag), "en")
