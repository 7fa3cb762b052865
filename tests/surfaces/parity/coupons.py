"""Deeds about coupons."""

from sqlalchemy import delete

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import coupons
from scaicontrol.services.coupons.models import Coupon, CouponRedemption
from tests.factories import NORTHWIND, ada, petra
from tests.factories.coupons import a_coupon, coupon_body, redeemed
from tests.factories.subscriptions import subscribed

from .deed import Deed
from .doors import Cli, Console, Rest
from .subscribed import _end_all

_ROUTE = "/admin/coupons/{coupon_id}"
_TYPED = {"partner_id": NORTHWIND, "code": "SPRING25", "name": "Spring offer", "percent": "25", "is_stackable": "no"}


async def _empty(uow: UnitOfWork) -> None:
    await uow.session.execute(delete(CouponRedemption))
    await uow.session.execute(delete(Coupon))


async def _nothing(backend: Backend) -> str:
    """A code is used once: each door finds it free."""
    await backend.perform(ada, _empty)
    return ""


async def _used_code(backend: Backend) -> str:
    await _nothing(backend)
    await a_coupon(backend)
    return ""


async def _a_coupon(backend: Backend) -> str:
    await _nothing(backend)
    return (await a_coupon(backend)).id


async def _nowhere(_: Backend) -> str:
    return "cpn_nowhere"


async def _held(backend: Backend) -> str:
    await _end_all(backend)
    await _nothing(backend)
    await a_coupon(backend)
    return (await subscribed(backend)).id


async def _held_without(backend: Backend) -> str:
    await _end_all(backend)
    await _nothing(backend)
    return (await subscribed(backend)).id


async def _over(backend: Backend) -> str:
    subscription_id = await _held_without(backend)
    coupon = await a_coupon(backend)
    await backend.perform(petra, coupons.end, coupon.id)
    return subscription_id


async def _redeemed(backend: Backend) -> str:
    await _end_all(backend)
    await _nothing(backend)
    return await redeemed(backend)


async def _no_redemption(_: Backend) -> str:
    return "cpr_nowhere"


COUPONS = (
    Deed(
        "coupons.create", "coupons:manage", _nothing, {"a used code": _used_code},
        (
            Rest("POST /admin/coupons", coupon_body()),
            Cli("admin coupons create", (
                "SPRING25", "--name", "Spring offer", "--percent", "25", "--partner", NORTHWIND,
            )),
            Console("coupon", "create", _TYPED),
        ),
    ),
    Deed(
        "coupons.end", "coupons:manage", _a_coupon, {"no such coupon": _nowhere},
        (Rest(f"POST {_ROUTE}/end"), Cli("admin coupons end"), Console("coupon", "end")),
    ),
    Deed(
        "subscriptions.redeem_coupon", "coupons:redeem", _held,
        {"no such coupon": _held_without, "over": _over},
        (
            Rest("POST /subscriptions/{subscription_id}/coupons", {"code": "SPRING25"}),
            Cli("admin coupons redeem", ("{id}", "SPRING25")),
        ),
    ),
    Deed(
        "coupons.withdraw", "coupons:manage", _redeemed, {"no such redemption": _no_redemption},
        (
            Rest("POST /admin/coupons/redemptions/{redemption_id}/withdraw"),
            Cli("admin coupons withdraw"),
        ),
    ),
)  # fmt: skip
