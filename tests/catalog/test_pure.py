from decimal import Decimal

import pytest

from scaicontrol.core.errors import Invalid
from scaicontrol.services.catalog import Bracket, check_brackets, monthly_cents


@pytest.mark.parametrize(
    ("cents", "period", "monthly"),
    [
        (1000, "monthly", 1000),
        (12000, "yearly", 1000),
        (1000, "yearly", 83),
        (6, "yearly", 1),
        (1000, "quarterly", 333),
        (1001, "quarterly", 334),
        (250, "weekly", 1000),
        (10, "daily", 300),
        (5000, "one_time", 5000),
    ],
)
def test_every_period_becomes_a_month_rounded_half_up(cents, period, monthly):
    assert monthly_cents(cents, period) == monthly


def brackets(*bounds):
    return [Bracket(Decimal(start), None if end is None else Decimal(end), 1) for start, end in bounds]


@pytest.mark.parametrize(
    ("bounds", "codes"),
    [
        ([(0, None)], []),
        ([(10, None), (0, 10)], []),
        ([(0, "0.5"), ("0.5", None)], []),
        ([(1, None)], ["bracket_start"]),
        ([(0, 10)], ["bracket_closed"]),
        ([(0, 10), (12, None)], ["bracket_gap"]),
        ([(0, 10), (8, None)], ["bracket_overlap"]),
        ([(0, None), (8, None)], ["bracket_overlap"]),
        ([(0, 0), (0, None)], ["bracket_empty"]),
        ([(2, 4), (5, 6)], ["bracket_start", "bracket_gap", "bracket_closed"]),
    ],
)
def test_brackets_start_at_zero_touch_and_stay_open(bounds, codes):
    try:
        check_brackets({"calls": brackets(*bounds)})
        found = []
    except Invalid as refused:
        found = [reason.code for reason in refused.reasons]
    assert found == codes
