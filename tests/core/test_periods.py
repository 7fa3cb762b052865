"""Periods tile time, whatever the month, the year and the clock change."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.errors import Invalid
from scaicontrol.core.periods import (
    BillingPeriod,
    Period,
    add_months,
    civil_date,
    civil_period,
    last_day,
    period_from,
    start_of_day,
    time_zone,
)

# From the first to the last to see a day begin, with clocks that change by half an hour, or at midnight itself.
ZONES = st.sampled_from([
    "UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Pago_Pago",
    "Pacific/Kiritimati", "Africa/Cairo", "America/Havana", "Asia/Beirut", "Asia/Kathmandu", "America/Sao_Paulo",
])  # fmt: skip
DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
EVERY = st.sampled_from([BillingPeriod.monthly, BillingPeriod.quarterly, BillingPeriod.yearly])


@given(DAYS, EVERY, ZONES)
def test_periods_tile_time_without_gap_or_overlap(first_day: date, every: BillingPeriod, zone: str):
    anchor = first_day.day
    periods = []
    for _ in range(30):
        periods.append(period_from(first_day, every, anchor, zone))
        first_day = civil_date(periods[-1].end, zone)
    assert all(one.end == following.start and one.start < one.end for one, following in pairwise(periods))


@given(DAYS, EVERY, ZONES)
def test_a_period_is_the_civil_days_from_its_first_to_its_last(first_day: date, every: BillingPeriod, zone: str):
    period = period_from(first_day, every, first_day.day, zone)
    assert civil_date(period.start, zone) == first_day
    assert civil_date(period.start - timedelta(microseconds=1), zone) == first_day - timedelta(days=1)
    days = (last_day(period, zone) - first_day).days + 1
    assert civil_period(first_day, days, zone) == period


@given(DAYS)
def test_the_anchor_day_survives_short_months(first_day: date):
    days = [add_months(first_day, months, first_day.day).day for months in range(1, 25)]
    assert max(days) == first_day.day
    assert all(day == first_day.day or day >= 28 for day in days)


def test_the_last_of_january_becomes_the_last_of_february_and_comes_back():
    ends = [add_months(date(2027, 1, 31), months, 31).isoformat() for months in (1, 2, 3)]
    assert ends == ["2027-02-28", "2027-03-31", "2027-04-30"]


def test_a_period_begins_and_ends_at_civil_midnight_over_the_clock_change():
    period = period_from(date(2026, 3, 15), BillingPeriod.monthly, 15, "Europe/Amsterdam")
    assert period == Period(datetime(2026, 3, 14, 23, tzinfo=UTC), datetime(2026, 4, 14, 22, tzinfo=UTC))


def test_a_day_without_midnight_begins_when_the_clocks_go_forward():
    # In Beirut the clocks went from 23:59:59 on 28 March 2026 to one o'clock.
    assert start_of_day(date(2026, 3, 29), "Asia/Beirut") == datetime(2026, 3, 28, 22, tzinfo=UTC)


def test_of_two_midnights_the_day_begins_with_the_first():
    # In Havana one o'clock on 1 November 2026 became midnight again.
    assert start_of_day(date(2026, 11, 1), "America/Havana") == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_a_period_holds_its_start_and_not_its_end():
    period = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert period.start in period
    assert period.end not in period
    assert period.share_from(period.start + timedelta(days=15, hours=3)) == Decimal(16) / Decimal(31)


def test_a_period_that_does_not_end_is_refused():
    with pytest.raises(ValueError, match="ends after it starts"):
        Period(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def test_an_unknown_time_zone_is_named():
    with pytest.raises(Invalid, match="'Mars/Olympus' is not an IANA time zone"):
        time_zone("Mars/Olympus")
