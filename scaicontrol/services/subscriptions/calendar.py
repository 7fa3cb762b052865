"""Which days a period covers: whole civil days in the seller's time zone (contract §5, §11.3)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scaicontrol.core.periods import (
    BillingPeriod,
    Period,
    add_months,
    civil_date,
    civil_period,
    is_anchored,
    start_of_day,
)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """
    A period as it is charged: `days` of the `full_days` it would have had, from the midnight of its first day on.

    `end` is the midnight after its last day, None when it never ends.
    """

    first_day: date
    start: datetime
    end: datetime | None
    days: int = 1
    full_days: int = 1

    @property
    def following_day(self) -> date:
        """Name the first day that does not belong to it any more."""
        return self.first_day + timedelta(days=self.days)

    @property
    def last_day(self) -> date | None:
        """Name the last day that belongs to it, which is the one people are shown."""
        return None if self.end is None else self.following_day - _DAY

    def days_from(self, day: date) -> int:
        """Count the days from `day` on, which is one of them; none once it is over."""
        return min(max((self.following_day - day).days, 0), self.days)


def window(
    first_day: date, every: BillingPeriod, anchor_day: int, zone: str, term_ends_at: datetime | None = None
) -> Window:
    """Give the period that begins on `first_day`; it never crosses the end of a fixed term."""
    start = start_of_day(first_day, zone)
    if every is BillingPeriod.one_time:
        return Window(first_day, start, None)
    full_days = (add_months(first_day, every.months, anchor_day) - first_day).days
    days = full_days
    if term_ends_at is not None:
        days = min(full_days, max((civil_date(term_ends_at, zone) - first_day).days, 0))
    return Window(first_day, start, start_of_day(first_day + timedelta(days=days), zone), days, full_days)


def following(end: datetime, anchor_day: int, zone: str) -> date:
    """
    Name the first day after a period that ended at `end`.

    Usually the day that begins then. Where the seller's time zone was changed since, the anchor tells which midnight
    was meant; and a period of older rules, which ended in the middle of its anchor day, had not counted that day.
    """
    day = civil_date(end, zone)
    near = (day + days * _DAY for days in (0, 1, -1, 2, -2))  # zones are up to 25 hours apart
    return next((each for each in near if is_anchored(each, anchor_day)), day)


def containing(
    moment: datetime,
    first_day: date,
    every: BillingPeriod,
    anchor_day: int,
    zone: str,
    term_ends_at: datetime | None = None,
) -> Window:
    """Step along the anchor, from the period that begins on `first_day`, to the one that contains `moment`."""
    found = window(first_day, every, anchor_day, zone, term_ends_at)
    while found.end is not None and found.end <= moment and found.days == found.full_days:
        found = window(found.following_day, every, anchor_day, zone, term_ends_at)
    return found


def charged_days(first_day: date, days: int, zone: str) -> Period:
    """Give the civil days that are charged, as a line of an invoice shows them; at least one."""
    return civil_period(first_day, max(days, 1), zone)
