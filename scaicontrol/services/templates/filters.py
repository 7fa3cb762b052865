"""How amounts, days and numbers look in each language; templates format with these and never compute."""

from copy import copy
from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import NumberPattern, format_decimal, format_percent

from scaicontrol.core.i18n import language_or_english
from scaicontrol.core.money import exponent

# A language alone would mean American dates and Swiss or Austrian surprises.
_LOCALES = {"en": "en_GB", "nl": "nl_NL", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "it": "it_IT"}
_HUNDRED = Decimal(100)


def locale_of(language: str | None) -> str:
    return _LOCALES[language_or_english(language)]


def money(amount: Decimal, currency: str, language: str) -> str:
    """Write an amount with the decimals ISO 4217 gives its currency, or with more when it has more, as prices do."""
    pattern = _pattern(locale_of(language), exponent(currency))
    return str(
        pattern.apply(amount, locale_of(language), currency=currency, currency_digits=False, decimal_quantization=False)
    )


@cache
def _pattern(locale: str, digits: int) -> NumberPattern:
    """Give how a language writes money, with so many decimals: CLDR's own leave out those that cash does without."""
    pattern: NumberPattern = copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


def day(value: date, language: str, form: str = "long") -> str:
    """Write a day: 1 November 2026, or shorter with `medium`."""
    return str(format_date(value, format=form, locale=locale_of(language)))


def interval(first: date, last: date, language: str) -> str:
    """Write a period by its first and last day, without saying the year twice."""
    return str(format_interval(first, last, "yMMMd", locale=locale_of(language)))


def number(value: Decimal, language: str) -> str:
    """Write a quantity exactly, grouped."""
    return str(format_decimal(value.normalize() + 0, locale=locale_of(language), decimal_quantization=False))


def percent(rate: Decimal, language: str) -> str:
    """Write a rate in per cent: 21%, 25.5%."""
    return str(format_percent(rate.normalize() / _HUNDRED, locale=locale_of(language), decimal_quantization=False))
