from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import (
    Boolean,
    Computed,
    Enum,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    case,
    literal,
    literal_column,
    null,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.db import ExactDecimal, IdString, JsonDocument, Model, TenantScopedModel, list_indexes, within_tenant
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions.lifecycle import (
    ENTITLED,
    TERMINAL,
    SubscriptionLifecycle,
    SubscriptionStatus,
)

# One live subscription of a pack per tenant; NULL, which never clashes, for ended ones and for what was bought once.
_LIVE_KEY = case(
    (
        and_(
            literal_column("status", String).not_in([str(status) for status in TERMINAL]),
            literal_column("is_one_time", Boolean) == literal(0, Integer),
        ),
        literal_column("tenant_id", String) + literal(":", String) + literal_column("pack_id", String),
    ),
    else_=null(),
)


class DiscountType(StrEnum):
    """How the price of a pack is found: it is its own, or what its items cost less a percentage."""

    fixed_price = "fixed_price"
    percentage = "percentage"


class ServicePack(Model):
    """Several services sold as one, at one price."""

    __tablename__ = "service_packs"
    __table_args__ = (UniqueConstraint("slug"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    icon_url: Mapped[str | None] = mapped_column(String(500))
    billing_period: Mapped[BillingPeriod] = mapped_column(
        Enum(BillingPeriod, native_enum=False, length=20, values_callable=lambda kinds: [kind.value for kind in kinds])
    )
    base_price_cents: Mapped[int]  # the price where `discount_type` says so, else what is shown until items have one
    currency: Mapped[str] = mapped_column(String(3))
    discount_type: Mapped[DiscountType] = mapped_column(
        Enum(DiscountType, native_enum=False, length=20, values_callable=lambda kinds: [kind.value for kind in kinds])
    )
    discount_percentage: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    trial_days: Mapped[int] = mapped_column(default=0)
    features: Mapped[dict[str, object]] = mapped_column(JsonDocument, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_public: Mapped[bool] = mapped_column(default=True)
    sort_order: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    items: Mapped[list["ServicePackItem"]] = relationship(
        lazy="raise",
        back_populates="pack",
        cascade="all, delete-orphan",
        order_by="ServicePackItem.sort_order, ServicePackItem.id",
    )

    def __str__(self) -> str:
        return f"pack {self.slug}"


class ServicePackItem(Model):
    """A plan that is part of a pack; of one service a pack holds one plan."""

    __tablename__ = "service_pack_items"
    __table_args__ = (UniqueConstraint("pack_id", "service_id"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    pack_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_packs.id"))
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"), index=True)
    plan_id: Mapped[str] = mapped_column(IdString, ForeignKey("plans.id"), index=True)
    override_price_cents: Mapped[int | None]  # empty: what the plan costs
    sort_order: Mapped[int] = mapped_column(default=0)

    pack: Mapped[ServicePack] = relationship(lazy="raise", back_populates="items")
    plan: Mapped[Plan] = relationship(lazy="raise")
    service: Mapped[Service] = relationship(lazy="raise")


class PackSubscription(Lifecycled, TenantScopedModel):
    """
    A tenant's right to a pack, for a price frozen when it began.

    Its children are subscriptions, one a service, that share its state and its periods. `list_prices` are what each
    plan would have cost by itself, frozen likewise: by them the price is allocated to the services.
    """

    __tablename__ = "pack_subscriptions"
    __table_args__ = (
        within_tenant(),
        UniqueConstraint("live_key"),
        Index("ix_pack_subscriptions_period_due", "status", "current_period_end"),
        Index("ix_pack_subscriptions_trial_due", "status", "trial_ends_at"),
        Index("ix_pack_subscriptions_notice_due", "next_trial_notice_at"),
        Index("ix_pack_subscriptions_cancellation_due", "status", "pending_cancellation_at"),
        Index("ix_pack_subscriptions_listed", "created_at", "id"),
        *list_indexes("status", "pack_id"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = SubscriptionLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    pack_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_packs.id"), index=True)
    is_one_time: Mapped[bool] = mapped_column(default=False)  # as its pack, whose billing period never changes
    status: Mapped[SubscriptionStatus] = mapped_column(
        Enum(SubscriptionStatus, native_enum=False, length=20, values_callable=lambda kinds: [k.value for k in kinds]),
        default=SubscriptionStatus.pending,
    )
    unit_price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    list_prices: Mapped[dict[str, int]] = mapped_column(JsonDocument, default=dict)  # by plan id

    activated_at: Mapped[datetime | None]
    anchor_day: Mapped[int | None]
    current_period_start: Mapped[datetime | None]
    current_period_end: Mapped[datetime | None]
    current_period_last_day: Mapped[date | None]  # in the seller's time zone: what people are shown
    trial_days: Mapped[int] = mapped_column(default=0)
    trial_ends_at: Mapped[datetime | None]
    next_trial_notice_at: Mapped[datetime | None]

    past_due_since: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspended_reason: Mapped[str | None] = mapped_column(Text)
    pending_cancellation_at: Mapped[datetime | None]
    last_scheduled_for: Mapped[datetime | None]  # outlives an undoing: was this moment announced before?
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(Text)

    payment_method_id: Mapped[str | None] = mapped_column(IdString)
    version: Mapped[int] = mapped_column(default=1)
    live_key: Mapped[str | None] = mapped_column(String(80), Computed(_LIVE_KEY, persisted=True), deferred=True)

    pack: Mapped[ServicePack] = relationship(lazy="raise")

    def __str__(self) -> str:
        return f"pack subscription {self.id}"

    @property
    def is_entitled(self) -> bool:
        return self.status in ENTITLED

    @property
    def pack_slug(self) -> str:
        return self.pack.slug

    @property
    def pack_name(self) -> str:
        return self.pack.name

    @property
    def billing_period(self) -> BillingPeriod:
        return self.pack.billing_period

    @property
    def mrr_amount_cents(self) -> int:
        """What it brings in per month once it is paid for (contract §9.2)."""
        return monthly_cents(self.unit_price_cents, self.pack.billing_period)
