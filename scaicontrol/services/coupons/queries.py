from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import PLATFORM_SQL, Capability

from .models import Coupon, CouponRedemption
from .schemas import CouponOut

SORTABLE = {"created_at": Coupon.created_at, "code": Coupon.code, "valid_to": Coupon.valid_to}
_COUNT: Final = Capability(
    "coupons:count", "Whoever redeems a coupon learns whether it is used up, and nothing of who redeemed it."
)


class Standing(NamedTuple):
    """How often a coupon was redeemed, and what it took off so far."""

    redemptions: int = 0
    given_cents: int = 0


def visible(uow: UnitOfWork) -> Select[Coupon]:
    """Every read of coupons starts here; tenants know those they were told the code of, and list none."""
    uow.authorize("coupons:read")
    return select(Coupon)


async def get(uow: UnitOfWork, coupon_id: str, *, lock: bool = False) -> Coupon:
    """Find a coupon by its id."""
    query = visible(uow).where(Coupon.id == coupon_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No coupon {coupon_id}.")
    return found


async def page(
    uow: UnitOfWork, request: PageRequest, *, partner_id: str | None = None, is_open: bool | None = None
) -> Page[Coupon]:
    """List coupons, of one seller, or those that can still be redeemed."""
    query = visible(uow)
    if partner_id is not None:
        query = query.where(Coupon.partner_id == partner_id)
    if is_open is not None:
        ended = Coupon.ended_at.is_not(None) | (func.coalesce(Coupon.valid_to, uow.now) < uow.now)
        query = query.where(~ended if is_open else ended)
    return await paginate(uow, query, request, SORTABLE)


async def redemptions(uow: UnitOfWork, coupon_id: str, request: PageRequest) -> Page[CouponRedemption]:
    """List who redeemed a coupon."""
    coupon = await get(uow, coupon_id)
    query = select(CouponRedemption).options(joinedload(CouponRedemption.coupon))
    sortable = {"created_at": CouponRedemption.created_at}
    return await paginate(uow, query.where(CouponRedemption.coupon_id == coupon.id), request, sortable)


async def of_subscription(uow: UnitOfWork, subscription_id: str) -> Sequence[CouponRedemption]:
    """Give the coupons that a subscription has or had, the newest first; whoever may see it may see them."""
    uow.authorize("subscriptions:read")
    query = select(CouponRedemption).options(joinedload(CouponRedemption.coupon))
    mine = query.where(CouponRedemption.subscription_id == subscription_id)
    return (await uow.session.scalars(mine.order_by(CouponRedemption.created_at.desc(), CouponRedemption.id))).all()


async def standing(uow: UnitOfWork, coupon_ids: Collection[str], *, of_all: bool = False) -> Mapping[str, Standing]:
    """
    Count what became of coupons, as far as the actor sees it, or, before one is redeemed, over all tenants.

    No permission of its own: only numbers leave it.
    """
    if not coupon_ids:
        return {}
    rows = await uow.session.execute(
        select(CouponRedemption.coupon_id, func.count(), func.coalesce(func.sum(CouponRedemption.given_cents), 0))
        .where(CouponRedemption.coupon_id.in_(sorted(coupon_ids)))
        .group_by(CouponRedemption.coupon_id),
        execution_options={PLATFORM_SQL: _COUNT} if of_all else {},
    )
    return {coupon_id: Standing(int(count), int(given)) for coupon_id, count, given in rows}


async def shown(uow: UnitOfWork, coupons: Sequence[Coupon]) -> list[CouponOut]:
    """Say coupons as surfaces show them, with what became of them."""
    uow.authorize("coupons:read")
    became = await standing(uow, [coupon.id for coupon in coupons])
    return [
        CouponOut.model_validate(
            {name: getattr(coupon, name) for name in CouponOut.model_fields if hasattr(coupon, name)}
            | became.get(coupon.id, Standing())._asdict()
        )
        for coupon in coupons
    ]
