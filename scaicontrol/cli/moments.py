"""Days and moments as people type them."""

import re
from datetime import date, datetime
from typing import Any

import typer

from scaicontrol.core.moments import read_day, read_moment

_HAS_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}': {error}.") from None


def _moment(text: str) -> datetime:
    day, _, time = text.replace(" ", "T").partition("T")
    typed = f"{day}T{time or '00:00'}"
    try:
        return read_moment(typed if _HAS_OFFSET.search(time) else f"{typed}Z")
    except ValueError as error:
        raise typer.BadParameter(f"'{text}': {error}.") from None


def day_option(*names: str, **options: Any) -> Any:
    """Declare an option that is a day."""
    return typer.Option(*names, parser=_day, metavar="YYYY-MM-DD", **options)


def moment_option(*names: str, **options: Any) -> Any:
    """Declare an option that is a moment: UTC unless it says otherwise, midnight when only the day is given."""
    return typer.Option(*names, parser=_moment, metavar="MOMENT", **options)
