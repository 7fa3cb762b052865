"""Coupons: made, ended, redeemed and taken back."""

from scaicontrol.services.coupons.schemas import CouponIn
from tests.factories import alice, petra
from tests.factories.coupons import a_coupon, coupon_body, redeemed
from tests.factories.subscriptions import subscribed

from .case import Case, Stage, case


@case("coupons.create")
async def _(stage: Stage) -> Case:
    return Case({"new": CouponIn.model_validate(coupon_body())}, petra)


@case("coupons.end")
async def _(stage: Stage) -> Case:
    return Case({"coupon_id": (await a_coupon(stage.backend)).id}, petra)


@case("coupons.withdraw")
async def _(stage: Stage) -> Case:
    return Case({"redemption_id": await redeemed(stage.backend)}, petra)


@case("subscriptions.redeem_coupon")
async def _(stage: Stage) -> Case:
    await a_coupon(stage.backend)
    subscription = await subscribed(stage.backend)
    return Case({"subscription_id": subscription.id, "code": "SPRING25"}, alice)
