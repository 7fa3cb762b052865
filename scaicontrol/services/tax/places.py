"""
Where a party is for VAT, which is not always where its country code says.

Territories are decided by postal code (VAT Directive 2006/112/EC, Art. 6 and 7): some belong to a member state but not
to the EU VAT area, some have a rate of their own, and some places are treated as another state.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

EU_MEMBER_STATES = frozenset({
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
    "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
})  # fmt: skip

# Art. 7: transactions there count as transactions in the other state. XI, Northern Ireland, is inside for goods only.
_TREATED_AS = {"EL": "GR", "MC": "FR", "IM": "GB", "XI": "GB", "UK": "GB"}

# Codes of their own for places that are outside the EU VAT area although their state is inside.
_OUTSIDE_CODES = {
    "AX": ("FI", "aland"),
    "IC": ("ES", "canary_islands"),
    "EA": ("ES", "ceuta_melilla"),
    "GP": ("FR", "overseas"),
    "MQ": ("FR", "overseas"),
    "GF": ("FR", "overseas"),
    "RE": ("FR", "overseas"),
    "YT": ("FR", "overseas"),
}


@dataclass(frozen=True, slots=True)
class _Territory:
    country: str
    name: str
    postal_code: re.Pattern[str]
    outside: bool


def _outside(country: str, name: str, pattern: str) -> _Territory:
    return _Territory(country, name, re.compile(pattern), outside=True)


def _own_rate(country: str, name: str, pattern: str) -> _Territory:
    return _Territory(country, name, re.compile(pattern), outside=False)


_TERRITORIES = (
    _outside("FI", "aland", r"22\d{3}"),
    _outside("ES", "canary_islands", r"3[58]\d{3}"),
    _outside("ES", "ceuta", r"51\d{3}"),
    _outside("ES", "melilla", r"52\d{3}"),
    _outside("FR", "overseas", r"97[1-8]\d{2}|98[46-8]\d{2}"),  # not 980, which is Monaco
    _outside("DK", "greenland", r"39\d{2}"),
    _outside("DE", "busingen", r"78266"),
    _outside("DE", "helgoland", r"27498"),
    _outside("IT", "livigno", r"23041"),
    _outside("IT", "campione", r"22061"),
    _outside("GR", "mount_athos", r"63086"),
    _own_rate("PT", "madeira", r"9[0-4]\d{2}(\d{3})?"),
    _own_rate("PT", "azores", r"9[5-9]\d{2}(\d{3})?"),
    _own_rate("AT", "jungholz_mittelberg", r"6691|699[1-3]"),
)


OWN_RATES = {
    country: tuple(each.name for each in _TERRITORIES if each.country == country and not each.outside)
    for country in {each.country for each in _TERRITORIES}
}
_PREFIX = re.compile(r"^[A-Z]{1,2}(?=\d)")  # people write D-78266, AX-22100 and FI-22100


@dataclass(frozen=True, slots=True)
class Place:
    """A place for VAT: the state it counts as, the territory in it, and whether EU VAT applies there."""

    country: str
    territory: str = ""
    in_eu: bool = False


@lru_cache(maxsize=4096)  # a series is proven document by document, and its buyers come back
def place(country_code: str, postal_code: str | None = None) -> Place:
    """Tell where an address is for VAT; an unknown country code is outside the EU like any other."""
    code = country_code.strip().upper()
    if code in _OUTSIDE_CODES:
        state, territory = _OUTSIDE_CODES[code]
        return Place(state, territory)
    country = _TREATED_AS.get(code, code)
    if country not in EU_MEMBER_STATES:
        return Place(country)
    code = _PREFIX.sub("", re.sub(r"[^0-9A-Z]", "", (postal_code or "").upper()))
    for known in _TERRITORIES:
        if known.country == country and known.postal_code.fullmatch(code):
            return Place(country, known.name, in_eu=not known.outside)
    return Place(country, in_eu=True)


def is_country(code: str) -> bool:
    """Tell whether a code is an ISO 3166-1 country, or one of the codes that VAT adds (EL, XI)."""
    code = code.strip().upper()
    return code in _TREATED_AS or code in _OUTSIDE_CODES or (
        re.fullmatch(r"[A-Z]{2}", code) is not None and code in Locale("en").territories and code not in _NOT_COUNTRIES
    )  # fmt: skip


_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"})


def country_name(code: str, language: str = "en") -> str:
    """Name a country in a language, or give the code back."""
    return str(Locale(language).territories.get(code, code))
