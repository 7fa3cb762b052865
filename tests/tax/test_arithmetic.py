from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.money import half_up
from scaicontrol.services.tax.arithmetic import TaxableLine, tax_of, totals

RATES = st.sampled_from([Decimal(rate) for rate in ("21", "9", "25.5", "19", "0", "5.5")])
LINES = st.lists(
    st.builds(
        lambda amount, rate: TaxableLine(amount, "S" if rate else "Z", rate), st.integers(-10**9, 10**9), RATES
    ),
    min_size=1, max_size=40,
)  # fmt: skip


@given(LINES)
def test_lines_groups_and_totals_add_up_to_the_cent(lines):
    result = totals(lines)
    assert sum(result.line_tax_cents) == sum(group.tax_cents for group in result.groups) == result.tax_cents
    assert (
        sum(group.base_cents for group in result.groups)
        == result.subtotal_cents
        == sum(line.amount_cents for line in lines)
    )
    assert result.total_cents == result.subtotal_cents + result.tax_cents


@given(LINES)
def test_group_tax_is_half_up_of_the_sum(lines):
    for group in totals(lines).groups:
        amounts = [line.amount_cents for line in lines if line.rate == group.rate]
        assert group.tax_cents == half_up(Decimal(sum(amounts)) * group.rate / 100)


@given(LINES)
def test_a_credit_note_mirrors_its_invoice_line_by_line(lines):
    mirrored = totals([TaxableLine(-line.amount_cents, line.category, line.rate) for line in lines])
    credited = totals(lines)
    assert mirrored.tax_cents == -credited.tax_cents
    if all(group.base_cents for group in credited.groups):
        assert mirrored.line_tax_cents == tuple(-tax for tax in credited.line_tax_cents)


def test_a_half_cent_goes_away_from_zero():
    assert tax_of(250, Decimal(19)) == 48
    assert tax_of(-250, Decimal(19)) == -48
