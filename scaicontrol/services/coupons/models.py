from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scaicontrol.db import ExactDecimal, IdString, JsonDocument, Model, TenantScopedModel, parent_key, within_tenant
from scaicontrol.db.tenant_filter import PartnerOwned

from .discounts import CouponTerms


class Coupon(PartnerOwned, Model):
    """
    What a seller takes off the base price of subscriptions: a percentage, or an amount, for some periods or for ever.

    Its terms never change: whoever redeemed it keeps what it promised. `budget_cents` and `max_redemptions` close it to
    others.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        UniqueConstraint("partner_id", "code"),
        Index("ix_coupons_listed", "created_at", "id"),
        Index("ix_coupons_feed", "partner_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))  # upper case: what a customer types is read without regard to it
    name: Mapped[str] = mapped_column(String(100))  # what invoices say
    percent: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    amount_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))  # of the amount and of the budget
    periods: Mapped[int | None]  # None: all there will be
    plan_ids: Mapped[list[str]] = mapped_column(JsonDocument, default=list)  # empty: every plan
    is_stackable: Mapped[bool] = mapped_column(default=False)
    max_redemptions: Mapped[int | None]
    budget_cents: Mapped[int | None]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"coupon {self.code}"


class CouponRedemption(TenantScopedModel):
    """A coupon that a tenant redeemed for a subscription, with the terms that were promised and what it gave so far."""

    __tablename__ = "coupon_redemptions"
    __table_args__ = (
        within_tenant(),
        parent_key("subscription_id", "subscriptions"),
        # Of two who take the last one on two nodes, one clashes at commit.
        UniqueConstraint("coupon_id", "number"),
        Index("ix_coupon_redemptions_of_tenant", "tenant_id", "coupon_id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    coupon_id: Mapped[str] = mapped_column(IdString)
    subscription_id: Mapped[str] = mapped_column(IdString, index=True)
    number: Mapped[int]
    percent: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    amount_cents: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    periods: Mapped[int | None]
    plan_ids: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    taken: Mapped[int] = mapped_column(default=0)  # periods that it made cheaper
    given_cents: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]  # taken back by its seller
    version: Mapped[int] = mapped_column(default=1)

    coupon: Mapped[Coupon] = relationship(
        lazy="raise", primaryjoin="foreign(CouponRedemption.coupon_id) == Coupon.id", viewonly=True
    )

    def __str__(self) -> str:
        return f"coupon redemption {self.id}"

    @property
    def code(self) -> str:
        return self.coupon.code

    @property
    def name(self) -> str:
        return self.coupon.name

    @property
    def is_used_up(self) -> bool:
        return self.periods is not None and self.taken >= self.periods

    @property
    def terms(self) -> CouponTerms:
        return CouponTerms(
            self.id, self.name, self.percent, self.amount_cents, tuple(self.plan_ids), self.periods, self.taken
        )
