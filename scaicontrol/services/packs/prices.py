"""What a pack costs, and how much of it is for which service (contract §10). Pure."""

from collections.abc import Sequence
from decimal import Decimal

from scaicontrol.core.money import half_up, spread

from .models import DiscountType, ServicePack


def pack_price(pack: ServicePack, item_prices: Sequence[int]) -> int:
    """Give the price of one period: the pack's own, or what its items cost less its discount, rounded half up once."""
    if pack.discount_type is DiscountType.fixed_price:
        return pack.base_price_cents
    discount = pack.discount_percentage or Decimal(0)
    return half_up(sum(item_prices) * (100 - discount) / 100)


def allocated(price_cents: int, item_prices: Sequence[int]) -> list[int]:
    """
    Split the price of a pack over its items in proportion to what each costs by itself, to the cent.

    By largest remainder; items that all cost nothing share alike.
    """
    weights = list(item_prices) if any(item_prices) else [1] * len(item_prices)
    return spread(price_cents, weights)
