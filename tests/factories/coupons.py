"""Coupons as tests need them: SPRING25 takes a quarter off."""

from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.services import coupons
from scaicontrol.services.coupons.models import Coupon
from scaicontrol.services.coupons.schemas import CouponIn

from . import NORTHWIND, alice, petra
from .subscriptions import subscribed


def coupon_body(code: str = "SPRING25", **fields: Any) -> dict[str, Any]:
    """Give a coupon as a body."""
    given = {"code": code, "name": "Spring offer", "partner_id": NORTHWIND}
    return given | ({} if "amount_cents" in fields else {"percent": "25"}) | fields


async def a_coupon(backend: Backend, code: str = "SPRING25", **fields: Any) -> Coupon:
    """Make a coupon of Northwind."""
    return await backend.perform(petra, coupons.create, CouponIn.model_validate(coupon_body(code, **fields)))


async def redeemed(backend: Backend, code: str = "SPRING25") -> str:
    """Let Acme subscribe with a coupon; gives the redemption."""
    await a_coupon(backend, code)
    subscription = await subscribed(backend, coupon=code)
    (redemption,) = await backend.ask(alice, coupons.of_subscription, subscription.id)
    return str(redemption.id)
