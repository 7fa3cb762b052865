"""The catalogue: what services are sold as, and what each partner's tenants pay for it."""

from .brackets import Bracket, check_brackets
from .models import Plan, PriceOverride, UsagePrice
from .mrr import monthly_cents
from .prices import Price, PriceSource, effective_price, effective_prices, price_of
from .queries import (
    Offer,
    browse,
    get,
    override,
    overrides,
    page,
    plan_by,
    plans_by_id,
    plans_of,
    service_on_sale,
    visible,
    visible_overrides,
)

__all__ = [
    "Bracket",
    "Offer",
    "Plan",
    "Price",
    "PriceOverride",
    "PriceSource",
    "UsagePrice",
    "browse",
    "check_brackets",
    "effective_price",
    "effective_prices",
    "get",
    "monthly_cents",
    "override",
    "overrides",
    "page",
    "plan_by",
    "plans_by_id",
    "plans_of",
    "price_of",
    "service_on_sale",
    "visible",
    "visible_overrides",
]
