"""Until when a consumer may withdraw."""

from datetime import datetime, timedelta
from typing import Final

from scaicontrol.core.periods import civil_date, start_of_day

_DAYS: Final = 14  # Article 9 of Directive 2011/83/EU
_SATURDAY: Final = 5


def last_moment(concluded_at: datetime, zone: str) -> datetime:
    """
    Give the first moment after the period: the day of the contract does not count (Regulation 1182/71, Article 3).

    A last day on a Saturday or Sunday moves to Monday; public holidays are not known here.
    """
    last = civil_date(concluded_at, zone) + timedelta(days=_DAYS)
    while last.weekday() >= _SATURDAY:
        last += timedelta(days=1)
    return start_of_day(last + timedelta(days=1), zone)
