from datetime import UTC, date, timedelta
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from scaicontrol.core.periods import BillingPeriod, civil_date, is_anchored, start_of_day, time_zone
from scaicontrol.services.subscriptions.calendar import following, window
from scaicontrol.services.subscriptions.proration import Terms, prorate

ZONES = st.sampled_from(["UTC", "Europe/Amsterdam", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
RECURRING = st.sampled_from([BillingPeriod.monthly, BillingPeriod.quarterly, BillingPeriod.yearly])
DAYS = st.dates(date(2024, 1, 1), date(2030, 1, 1))


@given(DAYS, RECURRING, ZONES)
@example(date(2026, 1, 31), BillingPeriod.monthly, "Europe/Amsterdam")
@example(date(2024, 2, 29), BillingPeriod.yearly, "America/New_York")
def test_periods_tile_time_and_keep_their_anchor(first_day, every, zone):
    anchor, ends = first_day.day, None
    for _ in range(14):
        span = window(first_day, every, anchor, zone)
        assert span.end is not None
        assert ends in (None, span.start)
        assert civil_date(span.start, zone) == first_day
        assert is_anchored(first_day, anchor)
        assert span.days == span.full_days >= 28
        assert span.last_day == civil_date(span.end, zone) - timedelta(days=1)
        first_day, ends = following(span.end, anchor, zone), span.end


@given(DAYS, RECURRING, ZONES, ZONES)
def test_a_change_of_the_sellers_time_zone_charges_no_day_twice_and_misses_none(first_day, every, before, after):
    span = window(first_day, every, first_day.day, before)
    assert span.end is not None
    assert following(span.end, first_day.day, after) == span.following_day


@given(DAYS, RECURRING, ZONES, st.integers(0, 86_399))
def test_after_a_period_that_ended_at_an_hour_the_next_day_is_the_one_it_had_not_charged(
    first_day, every, zone, second
):
    period = window(first_day, every, first_day.day, zone)
    assert period.end is not None
    local = period.end.astimezone(time_zone(zone)) + timedelta(seconds=second)  # an end as older rules had it
    assert following(local.astimezone(UTC), first_day.day, zone) == period.following_day


@given(DAYS, RECURRING, ZONES, st.integers(1, 400))
def test_a_period_never_crosses_the_term(first_day, every, zone, days):
    term_ends_at = start_of_day(first_day + timedelta(days=days), zone)
    span = window(first_day, every, first_day.day, zone, term_ends_at)
    assert span.end is not None
    assert span.end <= term_ends_at
    assert 0 <= span.days <= span.full_days


def test_a_one_time_plan_has_no_end():
    span = window(date(2026, 1, 15), BillingPeriod.one_time, 15, "UTC")
    assert (span.end, span.last_day, span.days, span.full_days) == (None, None, 1, 1)


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
    for day, later in changes:
        old, new = (Terms(quantity, price, days) for quantity, price in (current, later))
        moved = prorate(old, new, days - day)
        total += moved.net_cents
        closed += Fraction(current[0] * current[1] * (day - since), days)
        current, since = later, day
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
