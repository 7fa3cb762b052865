from datetime import date, datetime, timedelta
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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.db import IdString, JsonDocument, TenantScopedModel, list_indexes, parent_key, within_tenant
from scaicontrol.services.catalog import monthly_cents
from scaicontrol.services.catalog.models import Plan, PlanVersion, version_key
from scaicontrol.services.coupons import Discount, Kept
from scaicontrol.services.coupons.models import CouponRedemption
from scaicontrol.services.registry.models import Service

from .lifecycle import ENTITLED, TERMINAL, MomentKind, SubscriptionLifecycle, SubscriptionStatus

StoryTerms = dict[str, str | int]  # of a moment: plan, quantity, unit_price_cents, currency, day

# One live single subscription per tenant and service; NULL, which never clashes, for ended ones, for children of packs
# and for one-time purchases, which live for ever and stand in nobody's way.
_LIVE_KEY = case(
    (
        and_(
            literal_column("status", String).not_in([str(status) for status in TERMINAL]),
            literal_column("pack_subscription_id", String).is_(None),
            literal_column("is_one_time", Boolean) == literal(0, Integer),
        ),
        literal_column("tenant_id", String) + literal(":", String) + literal_column("service_id", String),
    ),
    else_=null(),
)


class Subscription(Lifecycled, TenantScopedModel):
    """A tenant's right to use a service under a plan, for a price frozen when it began."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        within_tenant(),
        version_key(),
        UniqueConstraint("live_key"),
        Index("ix_subscriptions_service", "tenant_id", "service_id", "status"),
        Index("ix_subscriptions_period_due", "status", "current_period_end"),
        Index("ix_subscriptions_trial_due", "status", "trial_ends_at"),
        Index("ix_subscriptions_notice_due", "next_trial_notice_at"),
        Index("ix_subscriptions_cancellation_due", "status", "pending_cancellation_at"),
        Index("ix_subscriptions_term_due", "status", "term_ends_at"),
        Index("ix_subscriptions_listed", "created_at", "id"),  # of many tenants at once
        Index("ix_subscriptions_feed", "tenant_id", "created_at", "id"),
        *list_indexes("status", "currency", "plan_id", "service_id"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = SubscriptionLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    service_id: Mapped[str] = mapped_column(IdString, ForeignKey("service_registry.id"), index=True)
    plan_id: Mapped[str] = mapped_column(IdString, ForeignKey("plans.id"), index=True)
    plan_version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    # As its plan, whose billing period never changes.
    is_one_time: Mapped[bool] = mapped_column(default=False, server_default=text("0"))
    pack_subscription_id: Mapped[str | None] = mapped_column(IdString, index=True)
    status: Mapped[SubscriptionStatus] = mapped_column(
        Enum(SubscriptionStatus, native_enum=False, length=20, values_callable=lambda kinds: [k.value for k in kinds]),
        default=SubscriptionStatus.pending,
    )
    quantity: Mapped[int] = mapped_column(default=1)
    # Frozen at activation; until then only what an operator agreed on. A change waits in `next_unit_price_cents`.
    unit_price_cents: Mapped[int | None]
    next_unit_price_cents: Mapped[int | None]
    # A change that waits for the end of the period, as a whole; all four are set, or none.
    pending_plan_id: Mapped[str | None] = mapped_column(IdString, index=True)
    pending_plan_version: Mapped[int | None]
    pending_quantity: Mapped[int | None]
    pending_unit_price_cents: Mapped[int | None]
    # An operator agreed on the price with the tenant: no move to another version of the plan touches it.
    has_agreed_price: Mapped[bool] = mapped_column(default=False, server_default=text("0"))
    # What a plan move announced: taken by the first period that begins at `next_plan_version_at` or later.
    plan_move_id: Mapped[str | None] = mapped_column(IdString, index=True)
    next_plan_version: Mapped[int | None]
    next_plan_version_at: Mapped[datetime | None]
    next_version_price_cents: Mapped[int | None]  # empty where the price stays
    currency: Mapped[str] = mapped_column(String(3))

    activated_at: Mapped[datetime | None]
    anchor_day: Mapped[int | None]
    current_period_start: Mapped[datetime | None]
    current_period_end: Mapped[datetime | None]
    current_period_last_day: Mapped[date | None]  # in the seller's time zone: what people are shown
    renewed_through: Mapped[datetime | None]
    term_ends_at: Mapped[datetime | None]
    trial_days: Mapped[int] = mapped_column(default=0)
    trial_ends_at: Mapped[datetime | None]
    next_trial_notice_at: Mapped[datetime | None]

    past_due_since: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspended_reason: Mapped[str | None] = mapped_column(Text)
    pending_cancellation_at: Mapped[datetime | None]
    # Outlives an undoing: tells whether this moment was announced before.
    last_scheduled_for: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(Text)

    external_reference: Mapped[str | None] = mapped_column(String(100), index=True)
    payment_method_id: Mapped[str | None] = mapped_column(IdString)
    endpoint: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)
    live_key: Mapped[str | None] = mapped_column(String(80), Computed(_LIVE_KEY, persisted=True), deferred=True)

    plan: Mapped[Plan] = relationship(lazy="raise")
    # Written through `plan_id` and `plan_version`: a version is shared, and what it says is not the subscription's.
    terms: Mapped[PlanVersion] = relationship(lazy="raise", viewonly=True)
    pending_plan: Mapped[Plan | None] = relationship(
        lazy="raise", primaryjoin="foreign(Subscription.pending_plan_id) == Plan.id", viewonly=True
    )
    pending_terms: Mapped[PlanVersion | None] = relationship(
        lazy="raise",
        primaryjoin="and_(foreign(Subscription.pending_plan_id) == PlanVersion.plan_id, "
        "foreign(Subscription.pending_plan_version) == PlanVersion.number)",
        viewonly=True,
    )
    next_terms: Mapped[PlanVersion | None] = relationship(
        lazy="raise",
        primaryjoin="and_(foreign(Subscription.plan_id) == PlanVersion.plan_id, "
        "foreign(Subscription.next_plan_version) == PlanVersion.number)",
        viewonly=True,
    )
    service: Mapped[Service] = relationship(lazy="raise")
    redemptions: Mapped[list[CouponRedemption]] = relationship(
        lazy="raise",
        primaryjoin="foreign(CouponRedemption.subscription_id) == Subscription.id",
        viewonly=True,
    )

    def __str__(self) -> str:
        return f"subscription {self.id}"

    def adopt(self, plan: Plan, terms: PlanVersion) -> None:
        """Put the subscription under a version of a plan; the price is the caller's matter."""
        if plan.id != self.plan_id:
            self.has_agreed_price = False
            self.forget_announced()
        self.plan, self.plan_id, self.plan_version = plan, plan.id, terms.number
        self.is_one_time = not plan.billing_period.months
        set_committed_value(self, "terms", terms)

    def await_change(self, plan: Plan, terms: PlanVersion, quantity: int, unit_price_cents: int) -> None:
        """Let a plan, quantity and price wait for the end of the period."""
        self.pending_plan_id, self.pending_plan_version = plan.id, terms.number
        self.pending_quantity, self.pending_unit_price_cents = quantity, unit_price_cents
        set_committed_value(self, "pending_plan", plan)
        set_committed_value(self, "pending_terms", terms)

    def drop_pending(self) -> None:
        """Forget the change that waited for the end of the period."""
        self.pending_plan_id = self.pending_plan_version = None
        self.pending_quantity = self.pending_unit_price_cents = None
        set_committed_value(self, "pending_plan", None)
        set_committed_value(self, "pending_terms", None)

    def forget_announced(self) -> None:
        """Forget the version that was announced: it was taken, or does not come."""
        self.plan_move_id = self.next_plan_version = self.next_plan_version_at = self.next_version_price_cents = None
        set_committed_value(self, "next_terms", None)

    @property
    def is_entitled(self) -> bool:
        return self.status in ENTITLED

    @property
    def is_child(self) -> bool:
        """A child lives and dies with its pack subscription."""
        return self.pack_subscription_id is not None

    @property
    def plan_key(self) -> str:
        """The stable reference of its plan across systems (contract §9.3)."""
        return f"{self.service.slug}.{self.plan.slug}"

    @property
    def plan_name(self) -> str:
        return self.plan.name

    @property
    def pending_plan_key(self) -> str | None:
        """The plan it will have from its next period on, where a change waits for that."""
        return f"{self.service.slug}.{self.pending_plan.slug}" if self.pending_plan is not None else None

    @property
    def billing_period(self) -> BillingPeriod:
        return self.plan.billing_period

    @property
    def service_slug(self) -> str:
        return self.service.slug

    @property
    def service_name(self) -> str:
        return self.service.name

    @property
    def recurring_price_cents(self) -> int:
        """The price of one unit from the next period on."""
        price = self.unit_price_cents if self.next_unit_price_cents is None else self.next_unit_price_cents
        return price or 0

    @property
    def mrr_amount_cents(self) -> int:
        """What it brings in per month once it is paid for (contract §9.2)."""
        return monthly_cents(self.quantity * self.recurring_price_cents, self.plan.billing_period)


class SubscriptionPeriod(TenantScopedModel):
    """
    One paid period of a subscription with the terms it began under: what is charged for it, however late.

    It begins at the civil midnight of `first_day` and is charged for `days` of its `full_days`. Later changes of plan,
    quantity or price never touch it; a change of interval ends it early, and what was charged too much is credited. Its
    use is counted from `usage_from` to `usage_until`, each moment in one period. A due column is NULL once that part is
    charged, so the indexes hold what is due and nothing else; `correction_due_at` is when use became known that what
    was charged may not hold. Trials and suspended time leave no row.
    """

    __tablename__ = "subscription_periods"
    __table_args__ = (
        within_tenant(),
        parent_key("subscription_id", "subscriptions"),
        version_key(),
        UniqueConstraint("subscription_id", "period_start"),
        Index("ix_subscription_periods_base_due", "partner_id", "base_due_at"),
        Index("ix_subscription_periods_usage_due", "partner_id", "usage_due_at"),
        Index("ix_subscription_periods_correction_due", "partner_id", "correction_due_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    subscription_id: Mapped[str] = mapped_column(IdString)
    period_start: Mapped[datetime]
    period_end: Mapped[datetime | None]  # None for a one-time plan
    first_day: Mapped[date]
    plan_id: Mapped[str] = mapped_column(IdString, ForeignKey("plans.id"))
    plan_version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    quantity: Mapped[int]
    unit_price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    days: Mapped[int]  # fewer than `full_days` only where a fixed term cuts the period short
    full_days: Mapped[int]
    setup_price_cents: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # of the first period alone
    discounts: Mapped[list[Kept] | None] = mapped_column(JsonDocument)  # what coupons take off its base
    usage_from: Mapped[datetime]
    usage_until: Mapped[datetime | None]  # None while a one-time plan is in use
    base_due_at: Mapped[datetime | None]
    usage_due_at: Mapped[datetime | None]
    correction_due_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship(lazy="raise")
    terms: Mapped[PlanVersion] = relationship(lazy="raise", viewonly=True)
    subscription: Mapped[Subscription] = relationship(
        lazy="raise", primaryjoin="foreign(SubscriptionPeriod.subscription_id) == Subscription.id", viewonly=True
    )

    @property
    def taken_off(self) -> tuple[Discount, ...]:
        """What coupons take off its base price."""
        return tuple(map(Discount.stored, self.discounts or ()))

    @property
    def last_day(self) -> date | None:
        """The last day that belongs to it, None where it never ends; one that was ended early has fewer days."""
        if self.period_end is None:
            return None
        days = min(self.days, max(round((self.period_end - self.period_start) / timedelta(days=1)), 1))
        return self.first_day + timedelta(days=days - 1)


class SubscriptionChange(TenantScopedModel):
    """
    A plan, quantity or price change within a paid period, and what it moves for the days that remain.

    The credit is for `remaining_days` of the old terms, the charge for `charged_days` of the new ones: the same days,
    or, where a new period began on the first day of the old one, all of the new one's. Both are positive amounts, and 0
    without proration; `due_at` is NULL when there is nothing (left) to charge.
    """

    __tablename__ = "subscription_changes"
    __table_args__ = (
        within_tenant(),
        parent_key("subscription_id", "subscriptions"),
        version_key("old_plan_id", "old_plan_version"),
        version_key("new_plan_id", "new_plan_version"),
        Index("ix_subscription_changes_due", "partner_id", "due_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    subscription_id: Mapped[str] = mapped_column(IdString, index=True)
    changed_at: Mapped[datetime]
    period_end: Mapped[datetime]
    old_plan_id: Mapped[str] = mapped_column(IdString, ForeignKey("plans.id"))
    old_plan_version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    old_quantity: Mapped[int]
    old_unit_price_cents: Mapped[int]
    new_plan_id: Mapped[str] = mapped_column(IdString, ForeignKey("plans.id"))
    new_plan_version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    new_quantity: Mapped[int]
    new_unit_price_cents: Mapped[int]
    # What coupons take off a whole period of either.
    old_discount_cents: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    new_discount_cents: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    currency: Mapped[str] = mapped_column(String(3))
    remaining_days: Mapped[int]
    charged_days: Mapped[int]
    old_period_days: Mapped[int]
    new_period_days: Mapped[int]
    credit_cents: Mapped[int]
    charge_cents: Mapped[int]
    due_at: Mapped[datetime | None]

    old_plan: Mapped[Plan] = relationship(lazy="raise", foreign_keys=[old_plan_id])
    new_plan: Mapped[Plan] = relationship(lazy="raise", foreign_keys=[new_plan_id])


class SubscriptionMoment(TenantScopedModel):
    """
    Something that happened to a subscription and that its periods and changes do not tell: it was cancelled, paused, …

    `after` holds what its words name: `plan`, `quantity`, `unit_price_cents` with `currency`, and `day`, the last one
    of the period that it waits for.
    """

    append_only = True
    __tablename__ = "subscription_moments"
    __table_args__ = (
        parent_key("subscription_id", "subscriptions"),
        Index("ix_subscription_moments_story", "subscription_id", "occurred_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    subscription_id: Mapped[str] = mapped_column(IdString)
    occurred_at: Mapped[datetime]
    kind: Mapped[MomentKind] = mapped_column(
        Enum(MomentKind, native_enum=False, length=30, values_callable=lambda kinds: [k.value for k in kinds])
    )
    reason: Mapped[str | None] = mapped_column(Text)
    before: Mapped[StoryTerms | None] = mapped_column(JsonDocument)
    after: Mapped[StoryTerms | None] = mapped_column(JsonDocument)
