"""How `explain` says its sentences: amounts, numbers, rates and days as the reader's language writes them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from scaicontrol.core import i18n
from scaicontrol.core.i18n import language_or_english
from scaicontrol.core.money import exponent
from scaicontrol.services.templates import filters

_SHOWN_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Cents:
    """An amount in minor units of the document's currency."""

    cents: int


@dataclass(frozen=True, slots=True)
class Exact:
    """An amount before it is rounded, in minor units."""

    cents: Fraction


@dataclass(frozen=True, slots=True)
class Percent:
    rate: Decimal


class Sentence:
    """A step of an explanation: what is said, and the values it is about."""

    __slots__ = ("key", "values")

    def __init__(self, key: str, **values: Any) -> None:
        self.key, self.values = key, values

    def __repr__(self) -> str:
        return f"Sentence({self.key!r}, {self.values!r})"


def say(sentence: Sentence, language: str | None, currency: str) -> str:
    """Write a sentence out; a language we do not speak is English."""
    spoken = language_or_english(language)
    shown = {name: _shown(value, spoken, currency) for name, value in sentence.values.items()}
    return i18n.say(f"explanations.{sentence.key}", spoken, **shown)


def _shown(value: Any, language: str, currency: str) -> str:
    match value:
        case Cents():
            return filters.money(Decimal(value.cents).scaleb(-exponent(currency)), currency, language)
        case Exact():
            return _exact(value.cents, language, currency)
        case Percent():
            return filters.percent(value.rate, language)
        case Decimal() | int():
            return filters.number(Decimal(value), language)
        case date():
            return filters.day(value, language)
        case _:
            return str(value)


def _exact(cents: Fraction, language: str, currency: str) -> str:
    digits = exponent(currency)
    major = Decimal(cents.numerator) / Decimal(cents.denominator)
    rounded = major.quantize(Decimal(1).scaleb(-_SHOWN_DIGITS)).normalize() if cents.denominator != 1 else major
    amount = rounded.scaleb(-digits)
    if -int(amount.as_tuple().exponent) < digits:
        amount = amount.quantize(Decimal(1).scaleb(-digits))
    return ("" if Fraction(rounded) == cents else "≈ ") + filters.money(amount, currency, language)
