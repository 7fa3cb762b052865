"""VAT numbers: written one way, checked by the member state's own rule, and held against the address's country."""

import re
from collections.abc import Callable
from functools import lru_cache

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from .places import EU_MEMBER_STATES, country_name, place

_SEPARATORS = re.compile(r"[\s.,\-/_:]+")


def vat_prefix(country_code: str) -> str:
    """Give the prefix that numbers of a country carry: EL for Greece, FR for Monaco."""
    country = "XI" if country_code.upper() == "XI" else place(country_code).country
    return "EL" if country == "GR" else country


def normalise(number: str | None, country_code: str = "") -> str:
    """Write a VAT number in upper case without separators, with its prefix; an absent number is an empty string."""
    compact = _SEPARATORS.sub("", number or "").upper()
    if not compact:
        return ""
    if compact.startswith("GR"):
        compact = "EL" + compact[2:]
    if country_code and not compact[:2].isalpha():
        compact = vat_prefix(country_code) + compact
    return compact


@lru_cache(maxsize=4096)
def problem(number: str | None, country_code: str) -> str | None:
    """
    Say in one sentence why a number cannot be this country's VAT number, or None when it can.

    Outside the EU no register answers for it, so only EU numbers are checked.
    """
    compact, country = normalise(number, country_code), place(country_code).country
    if not compact or country not in EU_MEMBER_STATES:
        return None
    if compact[:2] != vat_prefix(country_code):
        prefix = vat_prefix(country_code)
        return f"VAT number {compact} does not belong to {country_name(country)}: it must begin with {prefix}."
    try:
        _validate(compact)
    except ValidationError:
        return f"VAT number {compact} is not a valid number of {country_name(country)}; check its digits."
    return None


_validate: Callable[[str], str] = vat.validate


def usable(number: str | None, country_code: str) -> str:
    """Give the normalised number when it may count as evidence of a business, else an empty string."""
    compact = normalise(number, country_code)
    if not compact or place(country_code).country not in EU_MEMBER_STATES or problem(number, country_code):
        return ""
    return compact
