"""Periods tile time, whatever the month, the year and the clock change."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.errors import Invalid
from scaicontrol.core.periods import BillingPeriod, Period, add_months, civil_date, period_from, time_zone

ZONES = st.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
EVERY = st.sampled_from([BillingPeriod.monthly, BillingPeriod.quarterly, BillingPeriod.yearly])


@given(MOMENTS, EVERY, ZONES)
def test_periods_tile_time_without_gap_or_overlap(start: datetime, every: BillingPeriod, zone: str):
    anchor = civil_date(start, zone).day
    periods = []
    for _ in range(30):
        periods.append(period_from(start, every, anchor, zone))
        start = periods[-1].end
    assert all(one.end == following.start and one.start < one.end for one, following in pairwise(periods))


@given(MOMENTS, ZONES)
def test_the_anchor_day_survives_short_months(start: datetime, zone: str):
    anchor = civil_date(start, zone).day
    days = [civil_date(add_months(start, months, anchor, zone), zone).day for months in range(1, 25)]
    assert max(days) == anchor
    assert all(day == anchor or day >= 28 for day in days)


def test_the_last_of_january_becomes_the_last_of_february_and_comes_back():
    start = datetime(2027, 1, 31, 10, tzinfo=UTC)
    ends = [add_months(start, months, 31).date().isoformat() for months in (1, 2, 3)]
    assert ends == ["2027-02-28", "2027-03-31", "2027-04-30"]


def test_a_period_keeps_its_civil_hour_over_the_clock_change():
    start = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)  # half past midnight on 15 March in Amsterdam
    period = period_from(start, BillingPeriod.monthly, 15, "Europe/Amsterdam")
    assert period.end == datetime(2026, 4, 14, 22, 30, tzinfo=UTC)


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
