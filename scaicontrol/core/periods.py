"""
Service periods: half-open, anchored to a day of the month, tiling time without gap or overlap.

The anchor day is kept through short months: 31 January → 28 February → 31 March (contract §5). Civil arithmetic happens
in the seller's time zone; every next period starts exactly where the last one ended, so a change of zone or of
daylight saving can never open a gap.
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
    """Give the first moment of a civil day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=time_zone(zone)).astimezone(UTC)


def add_months(moment: datetime, months: int, anchor_day: int, zone: str = "UTC") -> datetime:
    """Move by whole months to the anchor day, clipped to the month's last day, at the same civil time."""
    if not 1 <= anchor_day <= 31:
        raise ValueError("An anchor day lies between 1 and 31.")
    local = moment.astimezone(time_zone(zone))
    index = local.year * 12 + local.month - 1 + months
    year, month = index // 12, index % 12 + 1
    day = min(anchor_day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day, fold=0).astimezone(UTC)


def period_from(start: datetime, every: BillingPeriod, anchor_day: int, zone: str = "UTC") -> Period:
    """Give the period that begins at `start`."""
    if every is BillingPeriod.one_time:
        raise ValueError("A one-time charge has no period.")
    return Period(start, add_months(start, every.months, anchor_day, zone))
