"""Between a form and a body: what a browser sends as text becomes what a verb takes, and back again."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from scaicontrol.core.errors import invalid

from . import formatting
from .language import gettext


def sent_of(
    given: Mapping[str, str],
    *,
    yes_no: Collection[str] = (),
    numbers: Collection[str] = (),
    lists: Collection[str] = (),
) -> dict[str, object]:
    """Read a form as a body: empty clears a field, and a field that the form does not send stays out of it."""
    sent: dict[str, object] = {}
    for name, value in given.items():
        if name in lists:
            sent[name] = [whole(name, part) if name in numbers else part for part in value.replace(",", " ").split()]
        elif not value:
            sent[name] = None
        elif name in yes_no:
            sent[name] = value == "yes"
        else:
            sent[name] = whole(name, value) if name in numbers else value
    return sent


def whole(field: str, text: str) -> int:
    """Read a whole number; Invalid names the field."""
    if not text.removeprefix("-").isdecimal() or len(text) > 18:
        raise invalid(field, gettext("'%(text)s' is not a whole number.", text=text))
    return int(text)


def number_of(given: Mapping[str, str], name: str) -> int | None:
    """Read a whole number that may be left out; what is no number is Invalid, and never taken for nothing."""
    return whole(name, text) if (text := given.get(name, "")) else None


def table_of(field: str, text: str, fewest: int, most: int) -> list[list[str]]:
    """Read lines of values with commas between; Invalid names the line that has too few or too many."""
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line.strip()]
    for number, row in enumerate(rows, 1):
        if not fewest <= len(row) <= most:
            wanted = str(most) if fewest == most else gettext("%(fewest)s to %(most)s", fewest=fewest, most=most)
            raise invalid(
                field,
                gettext(
                    "Line %(number)s has %(row)s values instead of %(wanted)s, with commas between.",
                    number=number,
                    row=len(row),
                    wanted=wanted,
                ),
            )
    return rows


def day_start(field: str, text: str) -> datetime:
    """Read a day as the moment it begins in UTC; Invalid names the field."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise invalid(field, gettext("'%(text)s' is not a day; write it as 2026-01-31.", text=text)) from None


def typed(value: object) -> str:
    """Say a stored value as the form that edits it shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(typed(each) for each in value)
        case Decimal():
            return formatting.exact(value)
        case _:
            return str(value)
