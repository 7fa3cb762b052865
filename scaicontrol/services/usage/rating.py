"""What use costs: graduated brackets, exact to the end, rounded half up once (contract §20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from scaicontrol.services.catalog import Bracket


@dataclass(frozen=True, slots=True)
class TierUsed:
    """The part of a quantity that fell into one bracket, and its exact price in minor units."""

    bracket: Bracket
    quantity: Decimal
    cents: Fraction


@dataclass(frozen=True, slots=True)
class Rated:
    """The price of a quantity in one period, and how it came about."""

    quantity: Decimal
    amount_cents: int
    tiers: tuple[TierUsed, ...]

    @property
    def derivation(self) -> dict[str, Any]:
        """Say it as an invoice line keeps it: the brackets used, and the one rounding."""
        return {
            "tiers": [
                {
                    "tier_start": f"{tier.bracket.start:f}",
                    "tier_end": None if tier.bracket.end is None else f"{tier.bracket.end:f}",
                    "quantity": f"{tier.quantity:f}",
                    "unit_price_cents": tier.bracket.unit_price_cents,
                    "unit_divisor": tier.bracket.unit_divisor,
                }
                for tier in self.tiers
            ],
            "rounding": "half up, once",
        }


def rate(quantity: Decimal, brackets: Sequence[Bracket]) -> Rated:
    """
    Price a period's quantity of one metric: each bracket its part, one rounding half up at the end.

    No brackets means free. A negative quantity, which only corrections of closed periods leave, is the mirror image.
    """
    size = abs(quantity)
    tiers = tuple(
        TierUsed(bracket, used, Fraction(used) * bracket.unit_price_cents / bracket.unit_divisor)
        for bracket in sorted(brackets, key=lambda bracket: bracket.start)
        if (used := _within(size, bracket)) > 0
    )
    cents = floor(sum((tier.cents for tier in tiers), Fraction()) + Fraction(1, 2))
    return Rated(quantity, -cents if quantity < 0 else cents, tiers)


def _within(quantity: Decimal, bracket: Bracket) -> Decimal:
    upper = quantity if bracket.end is None else min(quantity, bracket.end)
    return upper - bracket.start
