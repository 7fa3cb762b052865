"""Moments in forms and filters: a browser sends them without a zone, and the console speaks UTC."""

from datetime import UTC, datetime

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
