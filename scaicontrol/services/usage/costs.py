"""What use costs, taken apart: what is included, what is charged, and what cheaper brackets take off. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from scaicontrol.services.catalog import Bracket

from .rating import rate


@dataclass(frozen=True, slots=True)
class Cost:
    """
    The price of a quantity before tax, in minor units: `net_cents` is what the billing run charges.

    `included` is what costs nothing. `gross_cents` prices what is billable as the first charged bracket does, flat
    prices as they are, and `discount_cents` is what later brackets take off; where they are dearer, there is none.
    """

    included: Decimal
    billable: Decimal
    gross_cents: int
    discount_cents: int
    net_cents: int


def cost(quantity: Decimal, brackets: Sequence[Bracket]) -> Cost:
    """Price a period's quantity of one metric by the rating of the billing run; without brackets all is included."""
    rated = rate(quantity, brackets)
    charged = [tier for tier in rated.tiers if tier.cents]
    billable = sum((tier.quantity for tier in charged), Decimal())
    flat = sum(tier.bracket.flat_price_cents for tier in charged)
    gross = rated.amount_cents
    first = next((each for each in sorted(brackets, key=lambda each: each.start) if each.unit_price_cents), None)
    if charged and first is not None:
        alone = replace(first, start=Decimal(), end=None, flat_price_cents=0)
        gross = max(gross, rate(billable, [alone]).amount_cents + flat)
    return Cost(
        included=abs(quantity) - billable,
        billable=billable,
        gross_cents=gross,
        discount_cents=gross - rated.amount_cents,
        net_cents=rated.amount_cents,
    )
