"""Coupons: what sellers take off the base price of subscriptions, and who redeemed them."""

from .discounts import CouponTerms, Discount, Kept, of_period, off
from .queries import get, of_subscription, page, redemptions, shown, visible
from .service import For, Offered, create, end, offered, redeem, take, withdraw

__all__ = [
    "CouponTerms",
    "Discount",
    "For",
    "Kept",
    "Offered",
    "create",
    "end",
    "get",
    "of_period",
    "of_subscription",
    "off",
    "offered",
    "page",
    "redeem",
    "redemptions",
    "shown",
    "take",
    "visible",
    "withdraw",
]
