"""Coupons: what sellers take off the base price of subscriptions."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer
from pydantic import ValidationError

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import invalid_of
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, coupons, subscriptions
from scaicontrol.services.coupons.models import Coupon
from scaicontrol.services.coupons.schemas import CouponIn, CouponOut, RedemptionOut

from .door import command

app = typer.Typer(
    name="coupons", no_args_is_help=True, help="Coupons: what sellers take off the base price of subscriptions."
)


@command(app, "list")
async def list_(
    uow: UnitOfWork, partner: Annotated[str | None, typer.Option(help="Of this seller only.")] = None, page: int = 1
) -> list[CouponOut]:
    """List coupons with what became of them, the newest first, 100 a page."""
    found = await coupons.page(uow, PageRequest(page, 100), partner_id=partner)
    return await coupons.shown(uow, found.items)


@command(app)
async def show(uow: UnitOfWork, coupon_id: str) -> CouponOut:
    """Show a coupon with what became of it."""
    return await _shown(uow, await coupons.get(uow, coupon_id))


@command(app, changes=True)
async def create(
    uow: UnitOfWork,
    code: str,
    name: Annotated[str, typer.Option(help="What invoices say.")],
    percent: Annotated[str | None, typer.Option(help="Such as 25 or 12.5.")] = None,
    amount_cents: Annotated[int | None, typer.Option(help="Instead of a percentage; in minor units.")] = None,
    currency: Annotated[str | None, typer.Option(help="Of the amount and of the budget.")] = None,
    periods: Annotated[int | None, typer.Option(help="How many are made cheaper; else all there will be.")] = None,
    plan: Annotated[list[str] | None, typer.Option(help="Only for this plan; may be given again.")] = None,
    stackable: Annotated[bool, typer.Option(help="Goes with other coupons that say so.")] = False,
    max_redemptions: Annotated[int | None, typer.Option(help="How often it can be redeemed.")] = None,
    budget_cents: Annotated[int | None, typer.Option(help="Nobody redeems it once it gave so much.")] = None,
    valid_to: Annotated[datetime | None, typer.Option(help="Until when it can be redeemed.")] = None,
    partner: Annotated[str | None, typer.Option(help="The seller; one's own otherwise.")] = None,
) -> CouponOut:
    """Make a coupon; what it takes off never changes."""
    plans = [await catalog.plan_by(uow, each) for each in plan or ()]
    try:
        body = CouponIn(
            partner_id=partner,
            code=code,
            name=name,
            percent=None if percent is None else Decimal(percent),
            amount_cents=amount_cents,
            currency=currency,
            periods=periods,
            plan_ids=[each.id for each in plans],
            is_stackable=stackable,
            max_redemptions=max_redemptions,
            budget_cents=budget_cents,
            valid_to=valid_to,
        )
    except ValidationError as error:
        raise invalid_of(error) from error
    return await _shown(uow, await coupons.create(uow, body))


@command(app, changes=True)
async def end(uow: UnitOfWork, coupon_id: str) -> CouponOut:
    """Let nobody redeem a coupon any more; whoever has it keeps it."""
    return await _shown(uow, await coupons.end(uow, coupon_id))


@command(app)
async def redemptions(uow: UnitOfWork, coupon_id: str, page: int = 1) -> list[RedemptionOut]:
    """List who redeemed a coupon, 100 a page."""
    found = await coupons.redemptions(uow, coupon_id, PageRequest(page, 100))
    return [RedemptionOut.model_validate(each) for each in found.items]


@command(app, changes=True)
async def redeem(uow: UnitOfWork, subscription_id: str, code: str) -> list[RedemptionOut]:
    """Redeem a coupon for a subscription, from its next period on."""
    await subscriptions.redeem_coupon(uow, subscription_id, code)
    await uow.write()
    return [RedemptionOut.model_validate(each) for each in await coupons.of_subscription(uow, subscription_id)]


@command(app, changes=True)
async def withdraw(uow: UnitOfWork, redemption_id: str) -> RedemptionOut:
    """Take a coupon back from a subscription; the period that runs stays as it is charged."""
    found = await coupons.withdraw(uow, redemption_id)
    await uow.write()
    return RedemptionOut.model_validate(found)


async def _shown(uow: UnitOfWork, coupon: Coupon) -> CouponOut:
    await uow.write()
    return (await coupons.shown(uow, [coupon]))[0]
