"""How the console says values to whoever reads: money with its currency, moments in a zone, states as words."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

from babel.dates import format_date

from scaicontrol.core.money import Money
from scaicontrol.core.periods import Period, civil_date, last_day

from .language import reader, translated

NOTHING: Final = "–"
_SEPARATORS: Final = {
    "comma_point": (",", "."),
    "point_comma": (".", ","),
    "space_comma": ("\u202f", ","),
    "apostrophe_point": ("’", "."),
}
_PATTERNS: Final = {"dots": "dd.MM.y", "slashes": "dd/MM/y", "iso": "y-MM-dd"}
_WORDS: Final = {"en": "dd MMM y", "de": "d. MMM y"}  # of the others "d MMM y"


def money(cents: int | None, currency: str) -> str:
    if cents is None:
        return NOTHING
    amount, _, code = str(Money(cents, currency)).rpartition(" ")
    return f"{_separated(amount)} {code}"


def signed(cents: int, currency: str) -> str:
    """Say an amount that went up or down: `+12.00 EUR`."""
    return f"+{money(cents, currency)}" if cents > 0 else money(cents, currency)


def major(cents: int, currency: str) -> str:
    """Say an amount in major units, as a form takes it: `12.50`."""
    return str(Money(cents, currency)).rpartition(" ")[0].replace(",", "")


def moment(value: datetime | None) -> str:
    if value is None:
        return NOTHING
    there = value.astimezone(reader.get().zone)
    return f"{day(there)}, {there:%H:%M} {there:%Z}"


def day(value: date | datetime | None) -> str:
    if value is None:
        return NOTHING
    who = reader.get()
    local = value.astimezone(who.zone).date() if isinstance(value, datetime) else value
    return _day(local, _PATTERNS.get(who.date_format) or _WORDS.get(who.language, "d MMM y"), who.language)


@lru_cache(maxsize=4096)  # the rows of a list share their days
def _day(value: date, pattern: str, language: str) -> str:
    return format_date(value, pattern, language)


def month(value: date) -> str:
    """Say a month for the foot of a chart: `Jan 26`."""
    return format_date(value, "MMM yy", reader.get().language)


def days(start: datetime | None, end: datetime | None, zone: str) -> str:
    """Name the civil days of a period in the seller's time zone, the last one included."""
    if start is None or end is None:
        return NOTHING
    return f"{day(civil_date(start, zone))} – {day(last_day(Period(start, end), zone))}"


def spoken(name: Any) -> str:
    """Say a name of the code as people do: `past_due` → past due."""
    return NOTHING if name is None else translated(str(name).replace("_", " ").replace(".", " "))


def titled(name: object) -> str:
    """Say a name of the code where a line begins; only its first letter grows, since German nouns are large already."""
    said = spoken(name)
    return said[:1].upper() + said[1:]


def listed(names: Iterable[object]) -> str:
    """Say names of the code one after the other."""
    return ", ".join(spoken(name) for name in names)


def number(value: Decimal | int) -> str:
    return _separated(exact(value))


def exact(value: Decimal | int) -> str:
    """Say a number as a form takes it, whoever reads: `1234.5`."""
    return format(Decimal(value).normalize(), "f")


def count(value: int) -> str:
    """Say how many: `12,000`."""
    return _separated(f"{value:,}")


def plain(value: Any) -> str:
    """Say any value of a row, for cells and exports without a word of their own."""
    match value:
        case None | "":
            return NOTHING
        case bool():
            return translated("yes" if value else "no")
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Decimal():
            return number(value)
        case _:
            return ", ".join(_parts(value)) or NOTHING


def _parts(value: object) -> Iterable[str]:
    """Say what a value is made of, where it is of several."""
    if isinstance(value, dict):
        return (f"{spoken(key)}: {plain(each)}" for key, each in value.items())
    return map(plain, value) if isinstance(value, list | tuple) else [str(value)]


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
        say: Callable[[object], str] = partial(money, currency=currency) if name != key and currency else plain
        if key == "status":
            say = spoken
        was = f"{say(before[key])} → " if before and key in before else ""
        said.append(f"{spoken(name)}: {was}{say(value)}")
    return "; ".join(said)


def size(octets: int) -> str:
    return _separated(f"{octets / 1024:,.0f} kB") if octets >= 1024 else f"{octets} B"


def _separated(english: str) -> str:
    """Write a number that is grouped by commas with the separators of whoever reads."""
    group, point = _SEPARATORS[reader.get().number_format]
    return english.translate({ord(","): group, ord("."): point})


def amounts(sums: Mapping[str, int]) -> str:
    """Say sums by currency: `45.00 EUR, 12.00 USD`."""
    return ", ".join(money(cents, currency) for currency, cents in sums.items()) or NOTHING
