"""Moments in forms and filters: a browser sends them without a zone, and the console speaks UTC."""

from datetime import UTC, date, datetime

from starlette.exceptions import HTTPException

from scaicontrol.core.errors import Invalid, invalid

from .language import gettext


def moment_of(field: str, text: str) -> datetime:
    """
    Read what a moment field sends, as UTC.

    Raises Invalid.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise invalid(field, gettext("Moments are written as 2026-01-31T14:30, in UTC.")) from None


def filter_moment(text: str) -> datetime:
    """Read a moment from the address of a list."""
    try:
        return moment_of("moment", text)
    except Invalid as error:
        raise HTTPException(400, error.message) from error


def filter_day(text: str) -> date:
    """Read a day from the address of a list."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, gettext("Days are written as 2026-01-31.")) from None


def filter_month(text: str) -> tuple[datetime, datetime]:
    """Read a month from the address of a list: its first moment, in UTC, and that of the next one."""
    try:
        begins = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise HTTPException(400, gettext("Months are written as 2026-01.")) from None
    return begins, begins.replace(year=begins.year + begins.month // 12, month=begins.month % 12 + 1)
