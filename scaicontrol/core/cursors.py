"""Cursors: where a reader of a list stands, as text that it hands back unread."""

import base64
from datetime import UTC, date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import Date, Enum, Integer
from sqlalchemy.orm import InstrumentedAttribute

from scaicontrol.db import UTCDateTime

from .errors import Invalid, invalid
from .moments import read_day, read_moment

CURSOR_MAX: Final = 1000


def write(sort: str, column: InstrumentedAttribute[Any], row: Any) -> str:
    """Say that `row` was the last one seen, in this order."""
    value = getattr(row, column.key)
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
    body = orjson.dumps([sort, value.isoformat() if isinstance(value, date) else value, row.id])
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def read(cursor: str, sort: str, column: InstrumentedAttribute[Any]) -> tuple[Any, str]:
    """Give the value and the id of the last row seen, or raise Invalid; a cursor holds for the order it was made in."""
    try:
        made_for, value, identifier = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if made_for == sort and isinstance(identifier, str) and identifier.isascii():
            return None if value is None else _typed(column, value), identifier
    except (ValueError, TypeError):
        raise _foreign() from None
    raise _foreign()


def _typed(column: InstrumentedAttribute[Any], value: Any) -> Any:
    kind = column.type
    if isinstance(kind, UTCDateTime):
        return read_moment(value)
    if isinstance(kind, Date):
        return read_day(value)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(value)
    wanted = int if isinstance(kind, Integer) else str
    if type(value) is not wanted:
        raise TypeError(value)
    return value


def _foreign() -> Invalid:
    return invalid(
        "after", "This cursor is not one of ours, or of another order; start again without it.", "bad_cursor"
    )
