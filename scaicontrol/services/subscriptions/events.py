"""Facts about subscriptions; topics, fields and steps are contract §23.8."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from scaicontrol.core.events import DomainEvent


class ChangeKind(StrEnum):
    plan_change = "plan_change"
    quantity_change = "quantity_change"
    renewal = "renewal"
    scheduled_cancellation = "scheduled_cancellation"
    scheduled_cancellation_undone = "scheduled_cancellation_undone"
    status_change = "status_change"


class _SubscriptionFact(DomainEvent):
    resource: ClassVar[str] = "subscription_id"

    step: str = Field(exclude=True)  # part of the key, not of the payload
    subscription_id: str
    tenant_id: str
    partner_id: str

    @property
    def lifecycle_step(self) -> str:
        return self.step


class SubscriptionRequested(_SubscriptionFact):
    """A tenant asked for a service; provisioning decides what becomes of it."""

    topic: ClassVar[str] = "subscription.requested"
    public: ClassVar[bool] = False

    service_slug: str
    plan_key: str
    quantity: int
    trial_days: int
    requested_at: datetime


class PriceAgreed(_SubscriptionFact):
    """An operator set a price that is this subscription's own, whatever its plan costs."""

    topic: ClassVar[str] = "subscription.price_agreed"
    public: ClassVar[bool] = False

    currency: str
    unit_price_cents: int


class ChangeScheduled(_SubscriptionFact):
    """A change waits for the end of the paid period; without a plan, one that waited was given up."""

    topic: ClassVar[str] = "subscription.change_scheduled"
    public: ClassVar[bool] = False

    plan_key: str | None
    quantity: int | None
    takes_effect_at: datetime | None


class SubscriptionActivated(_SubscriptionFact):
    """The service may be used: once in a subscription's life, as a trial or paid."""

    topic: ClassVar[str] = "subscription.activated"

    scaicontrol_customer_id: str
    service_id: str
    service_slug: str
    plan_id: str
    plan_key: str
    plan_name: str
    tier: str
    state: str
    quantity: int
    currency: str
    base_price_cents: int
    billing_period: str
    mrr_amount_cents: int
    activated_at: datetime
    trial_ends_at: datetime | None
    current_period_end: datetime | None


class SubscriptionChanged(_SubscriptionFact):
    """Plan, quantity, period or standing changed; the subscription lives on."""

    topic: ClassVar[str] = "subscription.changed"

    service_slug: str
    change_kind: ChangeKind
    state: str
    previous_state: str
    plan_key: str
    previous_plan_key: str
    quantity: int
    previous_quantity: int
    currency: str
    mrr_amount_cents: int
    previous_mrr_amount_cents: int
    changed_at: datetime
    pending_cancellation_at: datetime | None


class SubscriptionCancelled(_SubscriptionFact):
    """The subscription is over, cancelled or expired."""

    topic: ClassVar[str] = "subscription.cancelled"

    service_slug: str
    plan_key: str
    cancelled_at: datetime
    effective_immediately: bool
    terminal_state: str
    reason: str | None


class SubscriptionSuspended(_SubscriptionFact):
    """The service should refuse work until the subscription is resumed."""

    topic: ClassVar[str] = "subscription.suspended"

    service_slug: str
    plan_key: str
    suspended_at: datetime
    reason: str


class SubscriptionResumed(_SubscriptionFact):
    """A suspended subscription is active again."""

    topic: ClassVar[str] = "subscription.resumed"

    service_slug: str
    plan_key: str
    resumed_at: datetime
    mrr_amount_cents: int


class TrialEnding(_SubscriptionFact):
    """A trial ends in seven, three or one day."""

    topic: ClassVar[str] = "subscription.trial_ending"

    service_slug: str
    plan_key: str
    trial_ends_at: datetime
    days_remaining: int


class SubscriptionPaymentFailed(_SubscriptionFact):
    """A payment for the subscription failed; it still works."""

    topic: ClassVar[str] = "subscription.payment_failed"

    plan_key: str
    invoice_id: str
    amount_cents: int
    currency: str
    attempt: int
    failure_code: str | None
    failed_at: datetime
    next_retry_at: datetime | None
