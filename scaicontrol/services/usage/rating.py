"""What use costs: brackets as their price model reads them, exact to the end, rounded half up once (contract §20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from scaicontrol.services.catalog import Bracket, PriceModel


@dataclass(frozen=True, slots=True)
class TierUsed:
    """The part of a quantity that fell into one bracket, and its exact price in minor units."""

    bracket: Bracket
    quantity: Decimal
    cents: Fraction

    @property
    def packages(self) -> int:
        """How many whole packages that quantity takes."""
        return ceil(Fraction(self.quantity) / self.bracket.unit_divisor)

    @property
    def has_unit_price(self) -> bool:
        """Whether its quantity times its unit price is all that it costs, as a line of a document says it."""
        return self.bracket.price_model is not PriceModel.package and not self.bracket.flat_price_cents


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
                    **_unusual(tier.bracket),
                }
                for tier in self.tiers
            ],
            "rounding": "half up, once",
        }


def _unusual(bracket: Bracket) -> dict[str, Any]:
    """Say what is not said of graduated brackets without a flat price: derivations kept so far mean these."""
    said: dict[str, Any] = {}
    if bracket.price_model is not PriceModel.graduated:
        said["price_model"] = bracket.price_model.value
    if bracket.flat_price_cents:
        said["flat_price_cents"] = bracket.flat_price_cents
    return said


def rate(quantity: Decimal, brackets: Sequence[Bracket]) -> Rated:
    """
    Price a period's quantity of one metric: each bracket its part, one rounding half up at the end.

    No brackets means free, and so does no use. A negative quantity, which only corrections of closed periods leave, is
    the mirror image.
    """
    size = abs(quantity)
    tiers = tuple(
        TierUsed(bracket, used, _cents(used, bracket))
        for bracket in sorted(brackets, key=lambda bracket: bracket.start)
        if (used := _within(size, bracket)) > 0
    )
    cents = floor(sum((tier.cents for tier in tiers), Fraction()) + Fraction(1, 2))
    return Rated(quantity, -cents if quantity < 0 else cents, tiers)


def _within(quantity: Decimal, bracket: Bracket) -> Decimal:
    """Give how much of a quantity a bracket prices."""
    if bracket.price_model is PriceModel.volume:
        falls_in = bracket.start <= quantity and (bracket.end is None or quantity < bracket.end)
        return quantity if falls_in else Decimal()
    upper = quantity if bracket.end is None else min(quantity, bracket.end)
    return upper - bracket.start


def _cents(used: Decimal, bracket: Bracket) -> Fraction:
    units = Fraction(used) / bracket.unit_divisor
    if bracket.price_model is PriceModel.package:
        units = Fraction(ceil(units))
    return units * bracket.unit_price_cents + bracket.flat_price_cents
