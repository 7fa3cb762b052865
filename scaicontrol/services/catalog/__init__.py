"""The catalogue: what services are sold as, and what each partner's tenants pay for it."""

from .brackets import Bracket, PriceModel, check_brackets
from .mrr import monthly_cents
from .offers import offered, offered_service
from .prices import Price, PriceSource, effective_price, effective_prices, price_of, prices_of
from .queries import (
    Offer,
    browse,
    called,
    find_override,
    get,
    override,
    overrides,
    overrides_of,
    page,
    plan_by,
    plans_by_id,
    plans_of,
    service_on_sale,
    visible,
    visible_overrides,
)
from .service import add_override, change_override, create, deactivate, remove_override, update
from .versions import VersionKey, sell, terms_of, version_of, versions, versions_by_key

__all__ = [
    "Bracket",
    "Offer",
    "Price",
    "PriceModel",
    "PriceSource",
    "VersionKey",
    "add_override",
    "browse",
    "called",
    "change_override",
    "check_brackets",
    "create",
    "deactivate",
    "effective_price",
    "effective_prices",
    "find_override",
    "get",
    "monthly_cents",
    "offered",
    "offered_service",
    "override",
    "overrides",
    "overrides_of",
    "page",
    "plan_by",
    "plans_by_id",
    "plans_of",
    "price_of",
    "prices_of",
    "remove_override",
    "sell",
    "service_on_sale",
    "terms_of",
    "update",
    "version_of",
    "versions",
    "versions_by_key",
    "visible",
    "visible_overrides",
]
