from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import coupons, subscriptions
from scaicontrol.services.coupons.models import Coupon, CouponRedemption
from scaicontrol.services.coupons.schemas import CouponIn, CouponOut, RedeemIn, RedemptionOut

from .door import Many, One, Paged, Paging, Router

router = Router("/admin/coupons", tags=["admin-coupons"])
of_subscription = Router("/subscriptions/{subscription_id}/coupons", tags=["subscriptions"])


@router.get("", response_model=Paged[CouponOut], permission="coupons:read", summary="List coupons")
async def list_coupons(
    uow: UnitOfWork, paging: Paging, partner_id: str | None = None, is_open: bool | None = None
) -> Page[CouponOut]:
    """With how often each was redeemed, and what it took off so far."""
    page = await coupons.page(uow, paging, partner_id=partner_id, is_open=is_open)
    shown = {each.id: each for each in await coupons.shown(uow, page.items)}
    return page.shown(lambda coupon: shown[coupon.id])


@router.post(
    "",
    response_model=One[CouponOut],
    status_code=201,
    permission="coupons:manage",
    keyed=True,
    summary="Make a coupon",
)
async def create(uow: UnitOfWork, body: CouponIn) -> CouponOut:
    """What it takes off never changes: whoever redeems it was promised that."""
    return await _shown(uow, await coupons.create(uow, body))


@router.get("/{coupon_id}", response_model=One[CouponOut], permission="coupons:read", summary="Show a coupon")
async def show(uow: UnitOfWork, coupon_id: str) -> CouponOut:
    return await _shown(uow, await coupons.get(uow, coupon_id))


@router.post("/{coupon_id}/end", response_model=One[CouponOut], permission="coupons:manage", summary="End a coupon")
async def end(uow: UnitOfWork, coupon_id: str) -> CouponOut:
    """Nobody redeems it any more; whoever has it keeps it."""
    return await _shown(uow, await coupons.end(uow, coupon_id))


@router.get(
    "/{coupon_id}/redemptions",
    response_model=Paged[RedemptionOut],
    permission="coupons:read",
    summary="List who redeemed a coupon",
)
async def redemptions(uow: UnitOfWork, coupon_id: str, paging: Paging) -> Page[CouponRedemption]:
    return await coupons.redemptions(uow, coupon_id, paging)


@router.post(
    "/redemptions/{redemption_id}/withdraw",
    response_model=One[RedemptionOut],
    permission="coupons:manage",
    summary="Take a coupon back from a subscription",
)
async def withdraw(uow: UnitOfWork, redemption_id: str) -> CouponRedemption:
    """The period that runs stays as it is charged; the next one costs its price."""
    return await coupons.withdraw(uow, redemption_id)


@of_subscription.get(
    "",
    response_model=Many[RedemptionOut],
    permission="subscriptions:read",
    summary="List the coupons of a subscription",
)
async def list_of_subscription(uow: UnitOfWork, subscription_id: str) -> list[CouponRedemption]:
    """The newest first, used up ones too."""
    found = await subscriptions.get(uow, subscription_id)
    return list(await coupons.of_subscription(uow, found.id))


@of_subscription.post(
    "",
    response_model=Many[RedemptionOut],
    permission="coupons:redeem",
    keyed=True,
    summary="Redeem a coupon for a subscription",
)
async def redeem(uow: UnitOfWork, subscription_id: str, body: RedeemIn) -> list[CouponRedemption]:
    """It makes the next period cheaper, and those after it that it promises."""
    changed = await subscriptions.redeem_coupon(uow, subscription_id, body.code)
    await uow.write()
    return list(await coupons.of_subscription(uow, changed.id))


async def _shown(uow: UnitOfWork, coupon: Coupon) -> CouponOut:
    await uow.write()
    return (await coupons.shown(uow, [coupon]))[0]
