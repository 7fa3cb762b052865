"""How the console says values: money with its currency, moments in UTC, names without underscores."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scaicontrol.core.money import Money

NOTHING = "–"


def money(cents: int | None, currency: str) -> str:
    return NOTHING if cents is None else str(Money(cents, currency))


def moment(value: datetime | None) -> str:
    return NOTHING if value is None else f"{value:%d %b %Y, %H:%M} UTC"


def day(value: date | datetime | None) -> str:
    return NOTHING if value is None else f"{value:%d %b %Y}"


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


def size(count: int) -> str:
    return f"{count / 1024:,.0f} kB" if count >= 1024 else f"{count} B"
