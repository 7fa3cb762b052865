"""
Service periods: whole civil days of the seller's time zone, half-open, tiling time without gap or overlap.

A period begins at the civil midnight of its first day and ends at that of the day after its last one, whatever the
clocks do in between. The anchor day is kept through short months: 31 January → 28 February → 31 March (contract §5).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import invalid


class BillingPeriod(StrEnum):
    monthly = "monthly"
    quarterly = "quarterly"
    yearly = "yearly"
    one_time = "one_time"

    @property
    def months(self) -> int:
        """Length in months; a one-time charge has none."""
        return {"monthly": 1, "quarterly": 3, "yearly": 12, "one_time": 0}[self.value]


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `start`, which belongs to it, to `end`, which does not; both aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"A period ends after it starts: {self.start:%F %T} to {self.end:%F %T}.")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def share_from(self, moment: datetime, zone: str = "UTC") -> Decimal:
        """Tell which part of the period, counted in civil days, remains from the day of `moment` on."""
        first, last = civil_date(self.start, zone), civil_date(self.end, zone)
        day = min(max(civil_date(moment, zone), first), last)
        return Decimal((last - day).days) / Decimal(max((last - first).days, 1))


def time_zone(name: str) -> ZoneInfo:
    """Find an IANA time zone, or say which name is wrong."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name of a folder, "Europe" or "", is an OSError
        raise invalid("timezone", f"'{name}' is not an IANA time zone such as Europe/Amsterdam.") from None


def civil_date(moment: datetime, zone: str = "UTC") -> date:
    """Name the day that a calendar on the seller's wall shows at `moment`."""
    return moment.astimezone(time_zone(zone)).date()


def start_of_day(day: date, zone: str = "UTC") -> datetime:
    """
    Give the first moment of a civil day, in UTC.

    Where the clocks go forward at midnight that is the moment they do; where midnight comes twice, the first one.
    """
    return datetime(day.year, day.month, day.day, tzinfo=time_zone(zone)).astimezone(UTC)


def last_day(period: Period, zone: str = "UTC") -> date:
    """Name the last day that belongs to a period: what people are shown, and its tax point."""
    return civil_date(period.end - timedelta(microseconds=1), zone)


def last_day_before(moment: datetime, zone: str = "UTC") -> date:
    """Name the last day on which something holds that ends at a moment: the day before, where it is a midnight."""
    return civil_date(moment - timedelta(microseconds=1), zone)


def civil_period(first_day: date, days: int, zone: str = "UTC") -> Period:
    """Give so many civil days from a first one on, from midnight to midnight."""
    return Period(start_of_day(first_day, zone), start_of_day(first_day + timedelta(days=days), zone))


def add_months(day: date, months: int, anchor_day: int) -> date:
    """Move by whole months to the anchor day, clipped to the month's last day."""
    if not 1 <= anchor_day <= 31:
        raise ValueError("An anchor day lies between 1 and 31.")
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(anchor_day, monthrange(year, month)[1]))


def is_anchored(day: date, anchor_day: int) -> bool:
    """Tell whether a day is the anchor day of its month, clipped where the month is too short for it."""
    return day.day == min(anchor_day, monthrange(day.year, day.month)[1])


def period_from(first_day: date, every: BillingPeriod, anchor_day: int, zone: str = "UTC") -> Period:
    """Give the period that begins on a day."""
    if every is BillingPeriod.one_time:
        raise ValueError("A one-time charge has no period.")
    following = add_months(first_day, every.months, anchor_day)
    return Period(start_of_day(first_day, zone), start_of_day(following, zone))
