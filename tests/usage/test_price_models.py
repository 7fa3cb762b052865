"""How brackets are read: each row of docs/prices.md, and what holds of any prices."""

import re
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.money import half_up
from scaicontrol.services.catalog import Bracket, PriceModel, check_brackets
from scaicontrol.services.usage import rate
from scaicontrol.services.usage.costs import cost

PAGE = Path(__file__).parents[2] / "docs" / "prices.md"
_PRICE = re.compile(
    r"(?P<start>[\d.]+?)\.\.(?P<end>\d*) @ (?P<price>[\d.]+)(?:/(?P<units>\d+))?(?: \+ (?P<flat>[\d.]+))?"
)
_ROW = re.compile(r"^\| (graduated|volume|package) \| (.+? @ .+?) \| ([\d.]+) \| .+? \| ([\d.]+) \|$")
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and " @ " in line]
EXAMPLES = [found.groups() for row in ROWS if (found := _ROW.match(row))]


def _cents(euros: str | None) -> int:
    return int(Decimal(euros or "0") * 100)


def _brackets(model: str, prices: str) -> list[Bracket]:
    found = [_PRICE.fullmatch(price) for price in prices.split("; ")]
    return [
        Bracket(
            Decimal(each["start"]),
            Decimal(each["end"]) if each["end"] else None,
            _cents(each["price"]),
            int(each["units"] or 1),
            price_model=PriceModel(model),
            flat_price_cents=_cents(each["flat"]),
        )
        for each in found
        if each is not None
    ]


@pytest.mark.parametrize(("model", "prices", "used", "amount"), EXAMPLES)
def test_an_example_of_the_documentation_is_what_is_charged(model, prices, used, amount):
    brackets = _brackets(model, prices)
    assert len(brackets) == prices.count(";") + 1
    check_brackets({"calls": brackets})
    assert rate(Decimal(used), brackets).amount_cents == _cents(amount)


def test_every_model_has_examples():
    assert {model for model, *_ in EXAMPLES} == set(PriceModel)
    assert len(EXAMPLES) == len(ROWS)


quantities = st.decimals(0, 10**9, places=6, allow_nan=False)


@st.composite
def price_lists(draw, model=None):
    bounds = sorted(draw(st.sets(st.decimals("0.000001", 10**6, places=6), max_size=5)))
    chosen = model or draw(st.sampled_from(PriceModel))
    flat = st.integers(0, 10**6)
    return [
        Bracket(start, end, draw(st.integers(0, 10**6)), draw(st.integers(1, 10**6)), "", chosen, draw(flat))
        for start, end in zip([Decimal(0), *bounds], [*bounds, None], strict=True)
    ]


@given(quantities, price_lists())
def test_the_parts_add_up_to_the_whole_quantity_and_their_prices_to_the_amount(quantity, brackets):
    rated = rate(quantity, brackets)
    assert sum((tier.quantity for tier in rated.tiers), Decimal()) == quantity
    exact = sum((tier.cents for tier in rated.tiers), Fraction())
    assert abs(rated.amount_cents - exact) <= Fraction(1, 2)


@given(quantities, price_lists(PriceModel.volume))
def test_volume_prices_the_whole_by_the_bracket_it_falls_into(quantity, brackets):
    (mine,) = [each for each in brackets if each.start <= quantity and (each.end is None or quantity < each.end)]
    whole = Fraction(quantity) * mine.unit_price_cents / mine.unit_divisor + (mine.flat_price_cents if quantity else 0)
    assert abs(rate(quantity, brackets).amount_cents - whole) <= Fraction(1, 2)


@given(quantities, st.integers(0, 10**6), st.integers(1, 10**6))
def test_packages_are_whole(quantity, price, size):
    package = [Bracket(Decimal(0), None, price, size, price_model=PriceModel.package)]
    assert rate(quantity, package).amount_cents == ceil(Fraction(quantity) / size) * price


@given(quantities, quantities, price_lists(PriceModel.package))
def test_more_packages_never_cost_less(one, other, brackets):
    less, more = sorted((one, other))
    assert rate(less, brackets).amount_cents <= rate(more, brackets).amount_cents


@given(quantities, price_lists())
def test_a_correction_mirrors_and_gross_less_discount_is_what_is_charged(quantity, brackets):
    amount = rate(quantity, brackets).amount_cents
    assert rate(-quantity, brackets).amount_cents == -amount
    apart = cost(quantity, brackets)
    assert (apart.net_cents, apart.gross_cents - apart.discount_cents) == (amount, amount)
    assert apart.discount_cents >= 0
    assert apart.included + apart.billable == quantity


@given(quantities, st.integers(0, 10**6))
def test_one_unit_priced_by_volume_is_plain_multiplication(quantity, cents):
    flat = [Bracket(Decimal(0), None, cents, price_model=PriceModel.volume)]
    assert rate(quantity, flat).amount_cents == half_up(quantity * cents)
