from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Enum, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scaicontrol.core.periods import BillingPeriod
from scaicontrol.db import ExactDecimal, IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import PartnerOwned, PlatformWritten
from scaicontrol.services.registry.models import Service

from .brackets import Bracket, PriceModel
from .mrr import monthly_cents


def version_key(plan_id: str = "plan_id", plan_version: str = "plan_version") -> ForeignKeyConstraint:
    """Refer to one version of a plan, so that a row can name none of another plan."""
    return ForeignKeyConstraint([plan_id, plan_version], ["plan_versions.plan_id", "plan_versions.number"])


class Plan(Model):
    """
    What a service is sold as: a price per period, what is included, and what further use costs.

    Its terms stand in `versions`; the columns it shares with them say the version that is sold now (`plan_version`).
    """

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("service_id", "slug"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"))
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    tier: Mapped[str] = mapped_column(String(40), default="")
    billing_period: Mapped[BillingPeriod] = mapped_column(
        Enum(BillingPeriod, native_enum=False, length=20, values_callable=lambda kinds: [kind.value for kind in kinds])
    )
    base_price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    features: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    quotas: Mapped[dict[str, int]] = mapped_column(JsonDocument, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_public: Mapped[bool] = mapped_column(default=True)
    trial_days: Mapped[int] = mapped_column(default=0)
    term_months: Mapped[int | None]
    setup_price_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    minimum_use_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    cost_multiplier: Mapped[Decimal] = mapped_column(ExactDecimal(9, 4), default=Decimal(1))
    sort_order: Mapped[int] = mapped_column(default=0)
    extra: Mapped[dict[str, Any]] = mapped_column("metadata", JsonDocument, default=dict)
    plan_version: Mapped[int] = mapped_column(
        default=1, server_default=literal_column("1")
    )  # what new subscriptions get; who has an older one keeps it
    version: Mapped[int] = mapped_column(default=1)

    service: Mapped[Service] = relationship(lazy="raise")
    versions: Mapped[list["PlanVersion"]] = relationship(
        lazy="raise", back_populates="plan", cascade="all", order_by="PlanVersion.number"
    )
    current: Mapped["PlanVersion"] = relationship(
        lazy="raise",
        viewonly=True,
        primaryjoin="and_(foreign(Plan.id) == PlanVersion.plan_id, foreign(Plan.plan_version) == PlanVersion.number)",
    )

    def __str__(self) -> str:
        return f"plan {self.slug}"

    @property
    def key(self) -> str:
        """The stable reference across systems, `<service slug>.<plan slug>`; needs `service` loaded."""
        return f"{self.service.slug}.{self.slug}"

    @property
    def mrr_amount_cents(self) -> int:
        """The list price as a monthly amount."""
        return monthly_cents(self.base_price_cents, self.billing_period)

    @property
    def usage_prices(self) -> list["UsagePrice"]:
        """What further use costs whoever subscribes now; needs `current` loaded."""
        return self.current.usage_prices


class PlanVersion(Model):
    """
    The terms of a plan from one edit to the next: subscriptions and their periods name the one they began under.

    `setup_price_cents` is charged once, with the first period; `minimum_use_cents` is the least for the use of each.
    From `sold_at` on nothing of it changes (a trigger holds it); an edit of the plan makes the next version.
    """

    __tablename__ = "plan_versions"

    plan_id: Mapped[str] = mapped_column(IdString, ForeignKey("plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    base_price_cents: Mapped[int]
    cost_multiplier: Mapped[Decimal] = mapped_column(ExactDecimal(9, 4), default=Decimal(1))
    quotas: Mapped[dict[str, int]] = mapped_column(JsonDocument, default=dict)
    trial_days: Mapped[int] = mapped_column(default=0)
    term_months: Mapped[int | None]
    setup_price_cents: Mapped[int] = mapped_column(
        default=0, server_default=literal_column("0")
    )  # with the first period
    minimum_use_cents: Mapped[int] = mapped_column(
        default=0, server_default=literal_column("0")
    )  # a period's use, at least
    sold_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship(lazy="raise", back_populates="versions")
    usage_prices: Mapped[list["UsagePrice"]] = relationship(
        lazy="raise",
        back_populates="terms",
        cascade="all, delete-orphan",
        order_by="UsagePrice.metric_slug, UsagePrice.tier_start",
    )

    def __str__(self) -> str:
        return f"version {self.number} of plan {self.plan_id}"

    def brackets(self, metric_slug: str) -> list[Bracket]:
        """Give the prices of a metric, lowest first; empty when its use is not charged."""
        return [price.bracket for price in self.usage_prices if price.metric_slug == metric_slug]


class UsagePrice(Model):
    """One bracket of a metric's price: from `tier_start`, which belongs to it, to `tier_end`, which does not."""

    __tablename__ = "plan_usage_pricing"
    __table_args__ = (
        version_key(),
        UniqueConstraint("plan_id", "plan_version", "metric_slug", "tier_start", name="uq_plan_usage_pricing_tier"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    plan_id: Mapped[str] = mapped_column(IdString)
    plan_version: Mapped[int] = mapped_column(default=1, server_default=literal_column("1"))
    metric_slug: Mapped[str] = mapped_column(String(64))
    tier_start: Mapped[Decimal] = mapped_column(ExactDecimal(18, 6))
    tier_end: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 6))
    unit_price_cents: Mapped[int]
    unit_divisor: Mapped[int] = mapped_column(default=1)
    unit_label: Mapped[str] = mapped_column(String(40), default="")
    price_model: Mapped[PriceModel] = mapped_column(
        Enum(PriceModel, native_enum=False, length=20), default=PriceModel.graduated, server_default="graduated"
    )
    flat_price_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))

    terms: Mapped[PlanVersion] = relationship(lazy="raise", back_populates="usage_prices")

    @property
    def bracket(self) -> Bracket:
        return Bracket(
            self.tier_start,
            self.tier_end,
            self.unit_price_cents,
            self.unit_divisor,
            self.unit_label,
            self.price_model,
            self.flat_price_cents,
        )


class PriceOverride(PlatformWritten, PartnerOwned, Model):
    """A partner's own price for a plan while it is valid: an amount, or a markup in per cent on the list price."""

    __tablename__ = "partner_price_overrides"
    __table_args__ = (Index("ix_partner_price_overrides_range", "partner_id", "plan_id", "valid_from"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    plan_id: Mapped[str] = mapped_column(IdString, ForeignKey("plans.id"), index=True)
    price_cents: Mapped[int | None]
    markup_percent: Mapped[Decimal | None] = mapped_column(ExactDecimal(7, 3))
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"price override {self.id}"
