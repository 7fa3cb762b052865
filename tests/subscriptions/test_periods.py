from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from scaicontrol.core.periods import BillingPeriod, civil_date
from scaicontrol.services.subscriptions.calendar import window
from scaicontrol.services.subscriptions.proration import Terms, prorate

ZONES = st.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu"])
RECURRING = st.sampled_from([BillingPeriod.monthly, BillingPeriod.quarterly, BillingPeriod.yearly])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, RECURRING, ZONES)
@example(datetime(2026, 1, 31, 1, 30, tzinfo=UTC), BillingPeriod.monthly, "Europe/Amsterdam")
@example(datetime(2024, 2, 29, 23, 59, tzinfo=UTC), BillingPeriod.yearly, "America/New_York")
def test_periods_tile_time_and_keep_their_anchor(start, every, zone):
    anchor = civil_date(start, zone).day
    moment = start
    for _ in range(14):
        span = window(moment, every, anchor, zone)
        assert span.start == moment
        assert span.end is not None
        assert span.end > moment
        day = civil_date(span.end, zone)
        last_of_month = (day + timedelta(days=1)).day == 1
        assert day.day == anchor or (last_of_month and day.day < anchor)
        assert span.days == span.full_days >= 28
        moment = span.end


@given(MOMENTS, RECURRING, ZONES, st.integers(1, 400))
def test_a_period_never_crosses_the_term(start, every, zone, days):
    term_ends_at = start + timedelta(days=days)
    span = window(start, every, civil_date(start, zone).day, zone, term_ends_at)
    assert span.end is not None
    assert span.end <= term_ends_at
    assert 0 <= span.days <= span.full_days


def test_a_one_time_plan_has_no_end():
    span = window(datetime(2026, 1, 15, tzinfo=UTC), BillingPeriod.one_time, 15, "UTC")
    assert (span.end, span.days, span.full_days) == (None, 1, 1)


@st.composite
def changing_terms(draw):
    """A period of n days, its first terms, and changes on later and later days."""
    days = draw(st.integers(28, 31))
    terms = st.tuples(st.integers(1, 500), st.integers(0, 10**6))
    on = draw(st.lists(st.integers(0, days), min_size=0, max_size=8).map(sorted))
    return days, draw(terms), [(day, draw(terms)) for day in on]


@given(changing_terms())
def test_many_changes_in_one_period_cost_what_each_day_cost(case):
    """Base plus all credits and charges is the price of each stretch for its days, a cent of rounding per line."""
    days, first, changes = case
    total, closed = Fraction(first[0] * first[1]), Fraction()
    current, since = first, 0
    for day, following in changes:
        old, new = (Terms(quantity, price, days) for quantity, price in (current, following))
        moved = prorate(old, new, days - day)
        total += moved.net_cents
        closed += Fraction(current[0] * current[1] * (day - since), days)
        current, since = following, day
    closed += Fraction(current[0] * current[1] * (days - since), days)
    assert abs(total - closed) <= Fraction(len(changes))


@given(st.integers(28, 31), st.integers(1, 500), st.integers(0, 10**6), st.data())
def test_changing_back_on_the_same_day_costs_nothing(days, quantity, price, data):
    remaining = data.draw(st.integers(0, days))
    other = Terms(data.draw(st.integers(1, 500)), data.draw(st.integers(0, 10**6)), days)
    own = Terms(quantity, price, days)
    assert prorate(own, other, remaining).net_cents + prorate(other, own, remaining).net_cents == 0


def test_a_half_cent_goes_up():
    moved = prorate(Terms(1, 0, 30), Terms(1, 15, 30), 1)
    assert (moved.credit_cents, moved.charge_cents) == (0, 1)
