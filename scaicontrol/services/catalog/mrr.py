"""What a price means per month (contract §9.2)."""

from decimal import Decimal

from scaicontrol.core.money import half_up

# (times, divided by). Weekly and daily are understood although no plan has them.
_PER_MONTH = {
    "monthly": (1, 1),
    "yearly": (1, 12),
    "quarterly": (1, 3),
    "weekly": (4, 1),
    "daily": (30, 1),
    "one_time": (1, 1),  # unchanged: whoever reads it decides what it means
}


def monthly_cents(cents: int, billing_period: str) -> int:
    """Normalise an amount per period to minor units per month, rounded half up."""
    times, parts = _PER_MONTH[str(billing_period)]
    return half_up(Decimal(cents * times) / parts)
