"""What SEPA takes: whose accounts, which characters."""

import re
from typing import Final

from text_unidecode import unidecode

from scaicontrol.core.errors import invalid
from scaicontrol.services.partners.identifiers import iban

# The countries of the schemes, by the letters their IBANs begin with (EPC409-09).
_COUNTRIES: Final = frozenset(
    [
        "AD",
        "AL",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MD",
        "ME",
        "MK",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "SE",
        "SI",
        "SK",
        "SM",
        "VA",
    ]
)
_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def sepa_iban(value: str, field: str) -> str:
    """Give an IBAN that SEPA reaches, or raise Invalid."""
    found = iban(value, field)
    if found[:2] not in _COUNTRIES:
        raise invalid(field, f"IBAN {found} is of {found[:2]}, which SEPA does not reach; pay by another way.")
    return found


def sepa_text(value: str, most: int) -> str:
    """
    Write a text in the characters that every bank of SEPA takes (EPC217-08); others become a full stop.

    No slash begins, ends or doubles, since banks read those as their own marks.
    """
    spaced = " ".join(unidecode(value.replace("&", "+")).split())
    plain = re.sub(r"/{2,}", "/", _OUTSIDE.sub(".", spaced))
    return plain[:most].strip("/ ")
