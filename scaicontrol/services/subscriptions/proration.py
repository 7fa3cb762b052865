"""What a change within a paid period is worth (contract §9.4)."""

from dataclasses import dataclass
from decimal import Decimal

from scaicontrol.core.money import half_up


@dataclass(frozen=True, slots=True)
class Terms:
    """What one side of a change costs for one period of `days` civil days."""

    quantity: int
    unit_price_cents: int
    days: int

    @property
    def amount_cents(self) -> int:
        return self.quantity * self.unit_price_cents

    def for_days(self, remaining: int) -> int:
        """Price `remaining` days, rounded half up once; both counts are whole, so a half is never missed."""
        return half_up(Decimal(self.amount_cents * remaining) / Decimal(self.days))


@dataclass(frozen=True, slots=True)
class Proration:
    """A credit for the old terms and a charge for the new ones; both are positive amounts."""

    credit_cents: int = 0
    charge_cents: int = 0

    @property
    def net_cents(self) -> int:
        return self.charge_cents - self.credit_cents


def prorate(old: Terms, new: Terms, remaining_days: int) -> Proration:
    """Exchange the remaining days of a period at the old terms for the same days at the new ones."""
    return Proration(old.for_days(remaining_days), new.for_days(remaining_days))
