"""Money: exact, rounded once, split without losing a cent."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from scaicontrol.core.errors import Invalid
from scaicontrol.core.money import CIRCULATING, Money, exponent, half_up, is_currency, spread

ROOT = Path(__file__).parents[2]
CENTS = st.integers(-(10**12), 10**12)


@given(CENTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_a_split_loses_no_cent(total: int, weights: list[int]):
    assert sum(spread(total, weights)) == total


@given(CENTS, st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_no_part_of_a_split_is_a_cent_away_from_its_share(total: int, weights: list[int]):
    whole = sum(weights)
    for part, weight in zip(spread(total, weights), weights, strict=True):
        assert abs(Decimal(part) - Decimal(total) * weight / whole) < 1


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-33, -33, -34]),
        (5, [0, 0], [5, 0]),
        (0, [], []),
        (1, [1, 1], [1, 0]),
    ],
)
def test_remainders_go_to_the_largest_fraction_then_to_the_first(total: int, weights: list[int], parts: list[int]):
    assert sum(spread(total, weights)) == sum(parts)
    assert sorted(spread(total, weights)) == sorted(parts)


@pytest.mark.parametrize(
    ("value", "cents"), [("0.5", 1), ("-0.5", -1), ("0.49", 0), ("1.5", 2), ("2.5", 3), ("-2.5", -3), ("1E+3", 1000)]
)
def test_a_half_is_rounded_away_from_zero(value: str, cents: int):
    assert half_up(Decimal(value)) == cents


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("HUF", 2), ("ISK", 0)])
def test_a_currency_has_the_digits_of_iso_4217(currency: str, digits: int):
    assert exponent(currency) == digits


@pytest.mark.parametrize("code", ["DEM", "XYZ", "eur", "", "EURO"])
def test_what_does_not_circulate_is_no_currency(code: str):
    assert not is_currency(code)
    with pytest.raises(Invalid, match="not an ISO 4217"):
        exponent(code)


def test_two_currencies_do_not_add_up():
    with pytest.raises(ValueError, match="Cannot mix EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


def test_money_is_whole_minor_units():
    with pytest.raises(TypeError, match="whole minor units"):
        Money(1.5, "EUR")  # type: ignore[arg-type]  # what must not be possible
    assert str(Money(123456, "EUR")) == "1,234.56 EUR"
    assert str(Money(1234, "JPY")) == "1,234 JPY"


@given(CENTS, st.decimals(-100, 100, places=4))
def test_multiplying_rounds_once(cents: int, factor: Decimal):
    assert Money(cents, "EUR").times(factor).cents == half_up(Decimal(cents) * factor)


def test_what_circulates_and_its_digits_are_those_of_the_published_list():
    """A second source, which also lists funds, metals and units of account."""
    published = {each.code: each for each in Currency}
    assert sorted(CIRCULATING - published.keys()) == []
    assert {code: exponent(code) for code in CIRCULATING} == {code: published[code].exponent for code in CIRCULATING}
    assert sorted(code for code in published.keys() - CIRCULATING if code[0] != "X") == [
        "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "SVC", "USN", "UYI", "UYW", "VED",
    ]  # fmt: skip


def test_what_circulated_once_is_no_money_of_today_and_keeps_its_digits():
    assert not is_currency("BGN")
    assert is_currency("BGN", date(2025, 12, 31))
    assert not is_currency("BGN", date(2026, 1, 1))
    assert exponent("BGN") == 2


def test_the_portal_writes_every_currency_with_the_same_digits():
    taken = {code: exponent(code) for code in sorted(CIRCULATING)}
    assert json.loads((ROOT / "frontend" / "tests" / "currencies.json").read_text()) == taken
