"""How the console says values: money with its currency, moments in UTC, names without underscores."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from scaicontrol.core.money import Money
from scaicontrol.core.periods import Period, civil_date, last_day

NOTHING = "–"


def money(cents: int | None, currency: str) -> str:
    return NOTHING if cents is None else str(Money(cents, currency))


def signed(cents: int, currency: str) -> str:
    """Say an amount that went up or down: `+12.00 EUR`."""
    return f"+{money(cents, currency)}" if cents > 0 else money(cents, currency)


def major(cents: int, currency: str) -> str:
    """Say an amount in major units, as a form takes it: `12.50`."""
    return str(Money(cents, currency)).rpartition(" ")[0].replace(",", "")


def moment(value: datetime | None) -> str:
    return NOTHING if value is None else f"{value:%d %b %Y, %H:%M} UTC"


def day(value: date | datetime | None) -> str:
    return NOTHING if value is None else f"{value:%d %b %Y}"


def days(start: datetime | None, end: datetime | None, zone: str) -> str:
    """Name the civil days of a period in the seller's time zone, the last one included."""
    if start is None or end is None:
        return NOTHING
    return f"{day(civil_date(start, zone))} – {day(last_day(Period(start, end), zone))}"


def spoken(name: Any) -> str:
    """Say a name of the code as people do: `past_due` → past due."""
    return NOTHING if name is None else str(name).replace("_", " ").replace(".", " ")


def number(value: Decimal | int) -> str:
    return format(Decimal(value).normalize(), "f")


def plain(value: Any) -> str:
    """Say any value of a row, for cells and exports without a word of their own."""
    match value:
        case None | "":
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Decimal():
            return number(value)
        case _:
            return str(value)


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any], currency: str | None) -> str:
    """
    Say what an entry of the timeline changed: `amount due: 34.51 EUR → 0.00 EUR`, without what stayed and digests.

    Without a currency amounts are left out: a number alone would be taken for any.
    """
    said = []
    for key, value in after.items():
        name = key.removesuffix("_cents")
        stays = before is not None and key in before and before[key] == value
        if stays or key.endswith("digest") or (name != key and currency is None):
            continue
        say = plain if name == key or currency is None else partial(money, currency=currency)
        was = f"{say(before[key])} → " if before and key in before else ""
        said.append(f"{spoken(name)}: {was}{say(value)}")
    return "; ".join(said)


def size(count: int) -> str:
    return f"{count / 1024:,.0f} kB" if count >= 1024 else f"{count} B"


def amounts(sums: Mapping[str, int]) -> str:
    """Say sums by currency: `45.00 EUR, 12.00 USD`."""
    return ", ".join(money(cents, currency) for currency, cents in sums.items()) or NOTHING
