"""
Reduced, super-reduced and parking rates of the member states (VAT Directive Art. 98, 102 to 118), with their days.

A person states them on a line; nothing is charged at them by itself. Which goods and services have which rate is not
told here, only which rates a state had on a day: a rate that it never had, or no longer has, is a mistake for certain.
"""

from datetime import date
from decimal import Decimal
from typing import Final

# What holds on that day is compared with eu-vat-rates-data, which takes it from the Commission's TEDB. The first and
# last days before it follow what states announced; they were not read in each act, so a person may overrule them.
SOURCE: Final = "eu-vat-rates-data, from the European Commission's Taxes in Europe Database (TEDB)"
CHECKED_ON: Final = date(2026, 9, 29)

_ALWAYS: Final = "1990-01-01"  # older than any document
_OPEN: Final = ""
# Per cent, first day, last day.
_SPANS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "AT": (
        ("10", _ALWAYS, _OPEN), ("13", "2016-01-01", _OPEN), ("5", "2020-07-01", "2021-12-31"),
        ("4.9", "2026-07-01", _OPEN),
    ),
    "BE": (("6", _ALWAYS, _OPEN), ("12", _ALWAYS, _OPEN)),
    "BG": (("9", "2011-04-01", _OPEN),),
    "HR": (("5", "2013-01-01", _OPEN), ("13", "2014-01-01", _OPEN)),
    "CY": (("5", "2000-07-01", _OPEN), ("9", "2014-01-13", _OPEN), ("3", "2023-07-21", _OPEN)),
    "CZ": (("15", "2013-01-01", "2023-12-31"), ("10", "2015-01-01", "2023-12-31"), ("12", "2024-01-01", _OPEN)),
    "DK": (),
    "EE": (("9", "2009-01-01", _OPEN), ("5", "2022-08-01", "2024-12-31"), ("13", "2025-01-01", _OPEN)),
    "FI": (("10", "2013-01-01", _OPEN), ("14", "2013-01-01", "2025-12-31"), ("13.5", "2026-01-01", _OPEN)),
    # 0.9 and 13 % on Corsica
    "FR": (
        ("10", "2014-01-01", _OPEN), ("5.5", _ALWAYS, _OPEN), ("2.1", _ALWAYS, _OPEN), ("0.9", _ALWAYS, _OPEN),
        ("13", "2014-01-01", _OPEN),
    ),
    "DE": (("7", _ALWAYS, "2020-06-30"), ("5", "2020-07-01", "2020-12-31"), ("7", "2021-01-01", _OPEN)),
    # 17, 9 and 4 % on islands
    "GR": (
        ("13", "2011-01-01", _OPEN), ("6", "2015-07-20", _OPEN), ("17", "2016-06-01", _OPEN),
        ("9", "2015-07-20", _OPEN), ("4", "2015-07-20", _OPEN),
    ),
    "HU": (("5", "2004-01-01", _OPEN), ("18", "2009-07-01", _OPEN)),
    "IE": (("13.5", "2003-01-01", _OPEN), ("9", "2011-07-01", _OPEN), ("4.8", "2005-01-01", _OPEN)),
    "IT": (("4", _ALWAYS, _OPEN), ("10", "1995-02-24", _OPEN), ("5", "2016-01-01", _OPEN)),
    "LV": (("12", "2011-01-01", _OPEN), ("5", "2018-01-01", _OPEN)),
    "LT": (("5", "2000-05-01", _OPEN), ("9", "2000-05-01", "2025-12-31"), ("12", "2026-01-01", _OPEN)),
    "LU": (
        ("3", _ALWAYS, _OPEN), ("8", "2015-01-01", "2022-12-31"), ("14", "2015-01-01", "2022-12-31"),
        ("7", "2023-01-01", "2023-12-31"), ("13", "2023-01-01", "2023-12-31"), ("8", "2024-01-01", _OPEN),
        ("14", "2024-01-01", _OPEN),
    ),
    "MT": (("5", _ALWAYS, _OPEN), ("7", "2011-01-01", _OPEN), ("12", "2024-01-01", _OPEN)),
    "NL": (("6", _ALWAYS, "2018-12-31"), ("9", "2019-01-01", _OPEN)),
    "PL": (("8", "2011-01-01", _OPEN), ("5", "2011-01-01", _OPEN)),
    "PT": (("13", _ALWAYS, _OPEN), ("6", "2010-07-01", _OPEN)),
    "PT-madeira": (
        ("12", "2012-04-01", _OPEN), ("5", "2012-04-01", "2024-09-30"), ("4", "2024-10-01", _OPEN),
    ),
    "PT-azores": (("9", "2015-07-01", _OPEN), ("4", "2014-01-01", _OPEN)),
    # 9 % for homes bought before the rise
    "RO": (("9", "2009-01-01", "2026-07-31"), ("5", "2014-01-01", "2025-07-31"), ("11", "2025-08-01", _OPEN)),
    "SK": (("10", "2011-01-01", "2024-12-31"), ("5", "2023-01-01", _OPEN), ("19", "2025-01-01", _OPEN)),
    "SI": (("9.5", "2013-07-01", _OPEN), ("5", "2020-01-01", _OPEN)),
    "ES": (
        ("10", "2012-09-01", _OPEN), ("4", "1995-01-01", _OPEN), ("5", "2021-07-01", "2024-09-30"),
        ("7.5", "2024-10-01", "2024-12-31"), ("2", "2024-10-01", "2024-12-31"),
    ),
    "SE": (("12", _ALWAYS, _OPEN), ("6", _ALWAYS, _OPEN)),
}  # fmt: skip


def reduced_rates(country: str, territory: str, day: date) -> frozenset[Decimal]:
    """Give the rates below the standard one that a place had on a day, in per cent; none for a state that has none."""
    spans = _SPANS.get(f"{country}-{territory}") or _SPANS.get(country, ())
    on = day.isoformat()
    return frozenset(Decimal(rate) for rate, first, last in spans if first <= on and (not last or on <= last))
