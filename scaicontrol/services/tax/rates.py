"""
Standard VAT rates of the 27 member states, each with the days it holds.

The constant fills the table `vat_rates`; a later change is a row, not code. Source of truth is the European
Commission's Taxes in Europe Database (TEDB); `checked_on` stays empty until a person has compared the row with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, Self

from scaicontrol.core.refusals import RefusalCode, refused

from .places import Place, country_name

SOURCE = "European Commission, Taxes in Europe Database (TEDB)"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in per cent and the days on which it holds, the last one included."""

    country_code: str
    rate: Decimal
    valid_from: date
    valid_to: date | None = None
    territory: str = ""
    source: str = SOURCE
    checked_on: date | None = None

    @property
    def id(self) -> str:
        """A natural key, so that every node and every seeding names the same row alike."""
        return "-".join(filter(None, (self.country_code, self.territory, f"{self.valid_from:%Y%m%d}")))

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def as_json(self) -> dict[str, Any]:
        return {
            "country_code": self.country_code,
            "rate": str(self.rate),
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
            "territory": self.territory,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            stored["country_code"],
            Decimal(stored["rate"]),
            date.fromisoformat(stored["valid_from"]),
            date.fromisoformat(stored["valid_to"]) if stored["valid_to"] else None,
            stored["territory"],
        )


def _dated(country: str, *steps: tuple[str, str], territory: str = "") -> tuple[Rate, ...]:
    """Turn (first day, per cent) steps into rates that follow each other without a gap."""
    starts = [date.fromisoformat(start) for start, _ in steps]
    ends = [date.fromordinal(following.toordinal() - 1) for following in starts[1:]]
    return tuple(
        Rate(country, Decimal(per_cent), start, end, territory)
        for (_, per_cent), start, end in zip(steps, starts, [*ends, None], strict=True)
    )


_STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "AT": (("1984-01-01", "20"),),
    "BE": (("1996-01-01", "21"),),
    "BG": (("1999-01-01", "20"),),
    "HR": (("2012-03-01", "25"),),
    "CY": (("2014-01-13", "19"),),
    "CZ": (("2013-01-01", "21"),),
    "DK": (("1992-01-01", "25"),),
    "EE": (("2024-01-01", "22"), ("2025-07-01", "24")),
    "FI": (("2013-01-01", "24"), ("2024-09-01", "25.5")),
    "FR": (("2014-01-01", "20"),),
    "DE": (("2007-01-01", "19"), ("2020-07-01", "16"), ("2021-01-01", "19")),
    "GR": (("2016-06-01", "24"),),
    "HU": (("2012-01-01", "27"),),
    "IE": (("2021-03-01", "23"),),
    "IT": (("2013-10-01", "22"),),
    "LV": (("2012-07-01", "21"),),
    "LT": (("2009-09-01", "21"),),
    "LU": (("2015-01-01", "17"), ("2023-01-01", "16"), ("2024-01-01", "17")),
    "MT": (("2004-01-01", "18"),),
    "NL": (("2012-10-01", "21"),),
    "PL": (("2011-01-01", "23"),),
    "PT": (("2011-01-01", "23"),),
    "RO": (("2017-01-01", "19"), ("2025-08-01", "21")),
    "SK": (("2011-01-01", "20"), ("2025-01-01", "23")),
    "SI": (("2013-07-01", "22"),),
    "ES": (("2012-09-01", "21"),),
    "SE": (("1990-07-01", "25"),),
}

EU_STANDARD_VAT_RATES: dict[str, tuple[Rate, ...]] = {
    country: _dated(country, *steps) for country, steps in _STEPS.items()
}

# Used for buyers under OSS and for sellers seated there.
TERRITORY_VAT_RATES: tuple[Rate, ...] = (
    *_dated("PT", ("2021-07-01", "16"), territory="azores"),
    *_dated("PT", ("2012-04-01", "22"), territory="madeira"),
    *_dated("AT", ("1995-01-01", "19"), territory="jungholz_mittelberg"),
)


class RateTable:
    """Rates that can be asked for a place and a day; from the constant, from rows, or from a stored decision."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: dict[tuple[str, str], list[Rate]] = {}
        for rate in rates:
            self._rates.setdefault((rate.country_code, rate.territory), []).append(rate)

    def standard(self, where: Place, day: date) -> Rate:
        """Find the standard rate of a place on its tax point, or refuse with `vat_undecidable`."""
        own = self._rates.get((where.country, where.territory), [])
        candidates = [rate for rate in own if rate.holds_on(day)]
        if not candidates and where.territory:
            return self.standard(Place(where.country, in_eu=where.in_eu), day)
        if not candidates:
            message = (
                f"No standard VAT rate of {country_name(where.country)} is known for {day}; add it to the VAT rates."
            )
            raise refused(RefusalCode.vat_undecidable, message)
        return max(candidates, key=lambda rate: rate.valid_from)


def known_rates() -> tuple[Rate, ...]:
    """Give every rate this version ships, the seed of `vat_rates`."""
    return (*chain.from_iterable(EU_STANDARD_VAT_RATES.values()), *TERRITORY_VAT_RATES)


SHIPPED_RATES = RateTable(known_rates())
