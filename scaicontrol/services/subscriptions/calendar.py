"""Which days a period covers, in the seller's time zone (contract §5, §11.3)."""

from dataclasses import dataclass
from datetime import datetime

from scaicontrol.core.periods import BillingPeriod, Period, civil_date, period_from


@dataclass(frozen=True, slots=True)
class Window:
    """A period as it is charged: `days` of the `full_days` it would have had; `end` is None when it never ends."""

    start: datetime
    end: datetime | None
    days: int = 1
    full_days: int = 1


def days_between(start: datetime, end: datetime, zone: str) -> int:
    """Count the civil midnights from `start` to `end`."""
    return (civil_date(end, zone) - civil_date(start, zone)).days


def window(
    start: datetime, every: BillingPeriod, anchor_day: int, zone: str, term_ends_at: datetime | None = None
) -> Window:
    """Give the period that begins at `start`; it never crosses the end of a fixed term."""
    if every is BillingPeriod.one_time:
        return Window(start, None)
    full = period_from(start, every, anchor_day, zone)
    end = min(full.end, term_ends_at) if term_ends_at is not None else full.end
    full_days = days_between(full.start, full.end, zone)
    return Window(start, end, full_days if end == full.end else days_between(start, end, zone), full_days)


def containing(moment: datetime, period: Period, every: BillingPeriod, anchor_day: int, zone: str) -> Period:
    """Step from `period` along its anchor to the period that contains `moment`."""
    while period.end <= moment:
        period = period_from(period.end, every, anchor_day, zone)
    return period
