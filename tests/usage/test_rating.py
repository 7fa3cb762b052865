from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.money import half_up
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.usage import rate

quantities = st.decimals(0, 10**9, places=6, allow_nan=False)


@st.composite
def price_lists(draw):
    bounds = sorted(draw(st.sets(st.decimals("0.000001", 10**6, places=6), max_size=5)))
    starts = [Decimal(0), *bounds]
    prices = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6))
    return [Bracket(start, end, *draw(prices)) for start, end in zip(starts, [*bounds, None], strict=True)]


FREE_THEN_PAID = [Bracket(Decimal(0), Decimal(1000), 0), Bracket(Decimal(1000), None, 5, 10)]


@pytest.mark.parametrize(
    ("quantity", "brackets", "cents"),
    [
        ("0", FREE_THEN_PAID, 0),
        ("1000", FREE_THEN_PAID, 0),
        ("1001", FREE_THEN_PAID, 1),
        ("1003", FREE_THEN_PAID, 2),
        ("3000", FREE_THEN_PAID, 1000),
        ("1", [Bracket(Decimal(0), None, 1, 2)], 1),
        ("0.999999", [Bracket(Decimal(0), None, 1, 2)], 0),
        ("7", [], 0),
        ("-1003", FREE_THEN_PAID, -2),
        ("15", [Bracket(Decimal(0), Decimal(10), 100), Bracket(Decimal(10), None, 50)], 1250),
    ],
)
def test_brackets_are_graduated_and_rounded_half_up_once(quantity, brackets, cents):
    assert rate(Decimal(quantity), brackets).amount_cents == cents


@given(quantities, price_lists())
def test_the_parts_add_up_to_the_whole_quantity(quantity, brackets):
    assert sum((tier.quantity for tier in rate(quantity, brackets).tiers), Decimal()) == quantity


@given(quantities, quantities, price_lists())
def test_more_never_costs_less(one, other, brackets):
    less, more = sorted((one, other))
    assert rate(less, brackets).amount_cents <= rate(more, brackets).amount_cents


@given(quantities, price_lists())
def test_one_rounding_stays_within_half_a_cent_of_the_exact_price(quantity, brackets):
    rated = rate(quantity, brackets)
    exact = sum((tier.cents for tier in rated.tiers), Fraction())
    assert abs(rated.amount_cents - exact) <= Fraction(1, 2)


@given(quantities, st.integers(0, 10**6))
def test_a_flat_price_is_plain_multiplication(quantity, cents):
    assert rate(quantity, [Bracket(Decimal(0), None, cents)]).amount_cents == half_up(quantity * cents)


@given(quantities, price_lists())
def test_the_order_of_brackets_does_not_matter_and_a_correction_mirrors(quantity, brackets):
    amount = rate(quantity, brackets).amount_cents
    assert rate(quantity, brackets[::-1]).amount_cents == amount
    assert rate(-quantity, brackets).amount_cents == -amount


def test_the_derivation_names_the_brackets_used():
    tiers = rate(Decimal("1003.5"), FREE_THEN_PAID).derivation["tiers"]
    assert [(tier["tier_start"], tier["tier_end"], tier["quantity"]) for tier in tiers] == [
        ("0", "1000", "1000"), ("1000", None, "3.5"),
    ]  # fmt: skip
