"""Numbers that name businesses and their accounts: written one way, checked by the rule of whoever issues them."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from babel import Locale
from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum.de import leitweg
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from scaicontrol.core.errors import invalid
from scaicontrol.core.refusals import RefusalCode

_SEPARATORS: Final = re.compile(r"[\s.,\-/_:]+")
_EU: Final = frozenset(code.upper() for code in vat.MEMBER_STATES)
# Greece writes EL; Monaco's numbers are French.
_PREFIXES: Final = {"GR": "EL", "MC": "FR"}
_NOT_COUNTRIES: Final = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"})  # regions that CLDR lists beside them
_EAS: Final = re.compile(r"[0-9]{4}")


def vat_number(value: str, country_code: str | None, field: str = "vat_number") -> str:
    """
    Give a VAT number in upper case without separators and with its prefix, or raise Invalid.

    Numbers of EU member states are checked digit by digit; outside the EU no rule is known to all, so any will do.
    """
    country = (country_code or "").upper()
    prefix = _PREFIXES.get(country, country)
    compact = _SEPARATORS.sub("", value).upper()
    if compact.startswith("GR"):
        compact = "EL" + compact[2:]
    if country in _EU or country in _PREFIXES:
        if not compact[:2].isalpha():
            compact = prefix + compact
        if compact[:2] != prefix:
            raise invalid(
                field,
                f"VAT number {compact} does not belong to {country}: it must begin with {prefix}.",
                RefusalCode.vat_country,
            )
    elif compact[:2] not in _EU | {"EL"}:
        return compact
    elif country:
        raise invalid(field, f"VAT number {compact} does not belong to {country}.", RefusalCode.vat_country)
    return _checked(vat.validate, compact, field, f"VAT number {compact} is not valid; check its digits.")


def country_code(value: str, field: str = "country_code") -> str:
    """Give an ISO 3166-1 code, or raise Invalid: a country nobody knows would be taxed as one outside the EU."""
    if value in _NOT_COUNTRIES or value not in Locale("en").territories:
        raise invalid(field, f"'{value}' is not an ISO 3166-1 country code such as NL.", RefusalCode.unknown_country)
    return value


def iban(value: str, field: str = "iban") -> str:
    """
    Give an IBAN in upper case without spaces, or raise Invalid: for a form its country has not, or wrong check digits.

    Which banks there are is not asked: lists of them lag behind, and refuse accounts that money reaches.
    """
    return _checked(
        partial(stdnum_iban.validate, check_country=False),
        value,
        field,
        f"IBAN {value} is not valid; check its digits.",
    )


def bic(value: str, field: str = "bic") -> str:
    """Give a BIC in upper case, or raise Invalid."""
    return _checked(stdnum_bic.validate, value, field, f"'{value}' is not a BIC such as ABNANL2A.")


def leitweg_id(value: str, field: str = "leitweg_id") -> str:
    """Give a German public buyer's routing id, or raise Invalid; its last two digits check the others."""
    return _checked(
        leitweg.validate, value, field, f"'{value}' is not a Leitweg-ID such as 991-01234-44; check its digits."
    )


def eas_code(value: str, field: str = "peppol_scheme") -> str:
    """Give a code of the Electronic Address Scheme list, or raise Invalid."""
    if not _EAS.fullmatch(value):
        raise invalid(field, f"'{value}' is not a four-digit EAS code such as 0106.", RefusalCode.eas_code)
    return value


def _checked(validate: Callable[[str], Any], value: str, field: str, sentence: str) -> str:
    try:
        return str(validate(value))
    except ValidationError:
        raise invalid(field, sentence, RefusalCode.check_digits) from None
