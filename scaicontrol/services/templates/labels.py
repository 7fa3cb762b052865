"""The words our built-in documents print, in the reader's language."""

from scaicontrol.services.tax.notes import Language, language_or_english

from .words import de, en, es, fr, it, nl
from .words.kinds import Labels

_LABELS: dict[Language, Labels] = {
    "en": en.WORDS,
    "nl": nl.WORDS,
    "de": de.WORDS,
    "fr": fr.WORDS,
    "es": es.WORDS,
    "it": it.WORDS,
}


def labels(language: str | None) -> Labels:
    """Give the words of a language, or the English ones."""
    return _LABELS[language_or_english(language)]
