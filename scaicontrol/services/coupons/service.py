"""Coupons: made and ended by sellers, redeemed for a subscription by whoever knows the code (contract §9.7)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from scaicontrol.core.errors import Conflict, NotFound
from scaicontrol.core.ids import new_id
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, partners

from . import queries
from .discounts import CouponTerms, Discount
from .events import CouponCreated, CouponEnded, CouponFact, CouponRedeemed, CouponWithdrawn, RedemptionFact
from .models import Coupon, CouponRedemption
from .schemas import CouponIn


@verb
async def create(uow: UnitOfWork, new: CouponIn) -> Coupon:
    """
    Make a coupon; what it takes off never changes, since whoever redeems it was promised that.

    Raises NotFound for an unknown seller or plan, Conflict for a code that the seller has used.
    """
    uow.authorize("coupons:manage")
    partner = await partners.get(uow, new.partner_id or uow.actor.partner_id or uow.settings.operator_partner_id)
    found = await catalog.plans_by_id(uow, new.plan_ids)
    if unknown := sorted(set(new.plan_ids) - {plan.id for plan in found.values()}):
        raise NotFound(f"No plan {unknown[0]}.")
    taken = select(Coupon.id).where(Coupon.partner_id == partner.id, Coupon.code == new.code)
    if await uow.session.scalar(taken):
        raise Conflict(f"{partner.id} has a coupon {new.code} already; what was promised by a code stays. Use another.")
    fields = new.model_dump(exclude={"partner_id", "valid_from", "plan_ids"})
    coupon = Coupon(
        id=new_id("cpn"),
        partner_id=partner.id,
        plan_ids=sorted(set(new.plan_ids)),
        valid_from=new.valid_from or uow.now,
        version=1,
        **fields,
    )
    uow.session.add(coupon)
    await uow.session.flush()
    uow.emit(_told(CouponCreated, coupon), after=new.model_dump(mode="json"))
    return coupon


@verb
async def end(uow: UnitOfWork, coupon_id: str) -> Coupon:
    """
    Let nobody redeem a coupon any more; subscriptions that have it keep what it promised.

    Raises NotFound.
    """
    uow.authorize("coupons:manage")
    coupon = await queries.get(uow, coupon_id, lock=True)
    if coupon.ended_at is None:
        coupon.ended_at = uow.now
        coupon.version += 1
        uow.emit(_told(CouponEnded, coupon))
    return coupon


class For(NamedTuple):
    """What a coupon is redeemed for: a plan that a tenant of a seller pays for in a currency."""

    partner_id: str
    tenant_id: str
    plan_id: str
    currency: str


class Offered(NamedTuple):
    """A coupon that can be redeemed, and how often it was."""

    coupon: Coupon
    redemptions: int

    @property
    def terms(self) -> CouponTerms:
        """What it would take off, before anybody has redeemed it."""
        it = self.coupon
        return CouponTerms(it.id, it.name, it.percent, it.amount_cents, tuple(it.plan_ids), it.periods)


async def offered(uow: UnitOfWork, code: str, wanted: For, *, is_asked: bool = False) -> Offered:
    """
    Give the coupon of a code that a tenant could redeem for a plan now.

    Who only asks (`is_asked`) is not told that others used it up.

    Raises Refused where there is none, where it is used up, not yet or no longer valid, not for this plan or currency,
    or where the tenant has redeemed it. No permission of its own: the calling verb has authorized.
    """
    named = select(Coupon).where(Coupon.partner_id == wanted.partner_id, Coupon.code == code.strip().upper())
    coupon: Coupon | None = await uow.session.scalar(named)
    if coupon is None or coupon.valid_from > uow.now:
        raise refused(RefusalCode.coupon_unknown, f"There is no coupon {code.strip().upper()}.")
    became = (await queries.standing(uow, [coupon.id], of_all=not is_asked)).get(coupon.id, queries.Standing())
    is_over = (
        coupon.ended_at is not None
        or (coupon.valid_to is not None and coupon.valid_to <= uow.now)
        or (coupon.max_redemptions is not None and became.redemptions >= coupon.max_redemptions)
        or (coupon.budget_cents is not None and became.given_cents >= coupon.budget_cents)
    )
    if is_over:
        raise refused(RefusalCode.coupon_over, f"Coupon {coupon.code} is over: nobody can redeem it any more.")
    if coupon.currency not in (None, wanted.currency) or (coupon.plan_ids and wanted.plan_id not in coupon.plan_ids):
        raise refused(RefusalCode.coupon_not_for_this, f"Coupon {coupon.code} is not for this plan.")
    had = select(CouponRedemption.id).where(
        CouponRedemption.coupon_id == coupon.id, CouponRedemption.tenant_id == wanted.tenant_id
    )
    if await uow.session.scalar(had.limit(1)):
        raise refused(
            RefusalCode.coupon_redeemed, f"Tenant {wanted.tenant_id} has redeemed coupon {coupon.code} already."
        )
    return Offered(coupon, became.redemptions)


async def redeem(uow: UnitOfWork, code: str, subscription_id: str, wanted: For) -> CouponRedemption:
    """
    Promise a subscription what a coupon takes off, from its next period on; the caller has locked the subscription.

    Raises Refused as `offered` does, and where the subscription has a coupon that this one does not go with.
    """
    uow.authorize("coupons:redeem")
    coupon, redemptions = await offered(uow, code, wanted)
    beside = await _running(uow, subscription_id)
    if beside and not (coupon.is_stackable and all(each.coupon.is_stackable for each in beside)):
        other = beside[0].code
        message = f"Coupon {coupon.code} does not go with {other}, which the subscription has."
        raise refused(RefusalCode.coupon_beside_another, message, coupon=other)
    redemption = CouponRedemption(
        id=new_id("cpr"),
        tenant_id=wanted.tenant_id,
        partner_id=wanted.partner_id,
        coupon_id=coupon.id,
        subscription_id=subscription_id,
        number=redemptions + 1,
        percent=coupon.percent,
        amount_cents=coupon.amount_cents,
        currency=wanted.currency,
        periods=coupon.periods,
        plan_ids=list(coupon.plan_ids),
        taken=0,
        given_cents=0,
        version=1,
    )
    uow.session.add(redemption)
    await uow.session.flush()
    set_committed_value(redemption, "coupon", coupon)
    uow.emit(_of_redemption(CouponRedeemed, redemption))
    return redemption


@verb
async def withdraw(uow: UnitOfWork, redemption_id: str) -> CouponRedemption:
    """
    Take a coupon back from a subscription: the period that runs stays as it is charged, the next one costs its price.

    Raises NotFound.
    """
    uow.authorize("coupons:manage")
    wanted = select(CouponRedemption).where(CouponRedemption.id == redemption_id)
    found = await uow.session.scalar(wanted.options(selectinload(CouponRedemption.coupon)).with_for_update())
    if found is None:
        raise NotFound(f"No coupon redemption {redemption_id}.")
    if found.ended_at is None:
        found.ended_at = uow.now
        found.version += 1
        uow.emit(_of_redemption(CouponWithdrawn, found))
    return found


def take(redeemed: Iterable[CouponRedemption], discounts: Sequence[Discount], periods: int = 1) -> None:
    """Count a period that opens with these discounts; -1 gives one back that another takes the place of."""
    by_id = {each.redemption_id: each for each in discounts}
    for row in redeemed:
        if (discount := by_id.get(row.id)) is None:
            continue
        row.taken += periods
        row.given_cents += periods * discount.amount_cents


async def _running(uow: UnitOfWork, subscription_id: str) -> list[CouponRedemption]:
    query = (
        select(CouponRedemption)
        .options(joinedload(CouponRedemption.coupon))
        .where(CouponRedemption.subscription_id == subscription_id, CouponRedemption.ended_at.is_(None))
    )
    return [row for row in await uow.session.scalars(query) if not row.is_used_up]


def _told(fact: type[CouponFact], coupon: Coupon) -> CouponFact:
    return fact(coupon_id=coupon.id, partner_id=coupon.partner_id, code=coupon.code, version=coupon.version)


def _of_redemption(fact: type[RedemptionFact], redemption: CouponRedemption) -> RedemptionFact:
    return fact(
        redemption_id=redemption.id,
        coupon_id=redemption.coupon_id,
        subscription_id=redemption.subscription_id,
        tenant_id=redemption.tenant_id,
        partner_id=redemption.partner_id,
        code=redemption.code,
        version=redemption.version,
    )
