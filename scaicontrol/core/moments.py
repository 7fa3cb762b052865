"""Moments and days as people and machines send them: ISO 8601 text, never a number, within two centuries."""

import re
from datetime import UTC, date, datetime
from typing import Any, Final

# Far enough for every contract, near enough that no time zone, period or fiscal year can leave the calendar.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_moment(given: Any) -> datetime:
    """Give the moment in UTC, or raise ValueError with a sentence; without an offset nobody knows which it is."""
    moment = datetime.fromisoformat(given.upper()) if isinstance(given, str) and _MOMENT.fullmatch(given) else given
    if not isinstance(moment, datetime):
        raise ValueError("give a moment such as 2026-01-01T00:00:00Z")  # noqa: TRY004  pydantic and Typer want ValueError
    if moment.tzinfo is None:
        raise ValueError("give the moment with its offset, such as 2026-01-01T00:00:00Z")
    # By the written year first: in another zone the first and the last moments of the calendar do not exist.
    if (
        not EARLIEST.year <= moment.year + 1 <= LATEST.year + 1
        or not EARLIEST <= (at := moment.astimezone(UTC)) < LATEST
    ):
        raise ValueError(f"a moment lies from {EARLIEST.year} to {LATEST.year - 1}")
    return at


def read_day(given: Any) -> date:
    """Give the day, or raise ValueError with a sentence."""
    day = date.fromisoformat(given) if isinstance(given, str) and _DAY.fullmatch(given) else given
    if not isinstance(day, date) or isinstance(day, datetime):
        raise ValueError("give a day such as 2026-01-31")  # noqa: TRY004  pydantic and Typer want ValueError
    if not EARLIEST.year <= day.year < LATEST.year:
        raise ValueError(f"a day lies from {EARLIEST.year} to {LATEST.year - 1}")
    return day
