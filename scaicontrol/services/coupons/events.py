"""Facts about coupons (contract §9.7)."""

from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class CouponFact(DomainEvent):
    """What every fact about a coupon says."""

    resource: ClassVar[str] = "coupon_id"
    public: ClassVar[bool] = False

    coupon_id: str
    partner_id: str
    code: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class CouponCreated(CouponFact):
    """A coupon can be redeemed from now on, or from the moment it says."""

    topic: ClassVar[str] = "coupon.created"


class CouponEnded(CouponFact):
    """Nobody redeems a coupon any more; who has it keeps it."""

    topic: ClassVar[str] = "coupon.ended"


class RedemptionFact(DomainEvent):
    """What every fact about a redemption says."""

    resource: ClassVar[str] = "redemption_id"
    public: ClassVar[bool] = False

    redemption_id: str
    coupon_id: str
    subscription_id: str
    tenant_id: str
    partner_id: str
    code: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class CouponRedeemed(RedemptionFact):
    """A subscription is made cheaper from its next period on."""

    topic: ClassVar[str] = "coupon.redeemed"


class CouponWithdrawn(RedemptionFact):
    """A subscription is not made cheaper any more from its next period on."""

    topic: ClassVar[str] = "coupon.withdrawn"
