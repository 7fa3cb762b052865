"""Facts about packs and who subscribed to them; topics, fields and steps are contract §23.8."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from scaicontrol.core.events import DomainEvent
from scaicontrol.services.subscriptions.events import ChangeKind


class PackFact(DomainEvent):
    """What every fact about a pack says."""

    resource: ClassVar[str] = "pack_id"
    public: ClassVar[bool] = False

    pack_id: str
    pack_slug: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class PackCreated(PackFact):
    """A pack can be sold from now on."""

    topic: ClassVar[str] = "pack.created"


class PackUpdated(PackFact):
    """A pack reads differently from now on; other items reach who has it with its next period."""

    topic: ClassVar[str] = "pack.updated"

    changed_fields: list[str]


class PackDeleted(PackFact):
    """A pack that nobody ever subscribed to is gone."""

    topic: ClassVar[str] = "pack.deleted"


class PackChild(BaseModel):
    """One service of a pack subscription."""

    model_config = ConfigDict(frozen=True)

    subscription_id: str
    plan_key: str


class PackSubscriptionFact(DomainEvent):
    """What every fact about a subscription to a pack says."""

    resource: ClassVar[str] = "pack_subscription_id"

    step: str = Field(exclude=True)  # part of the key, not of the payload
    pack_subscription_id: str
    tenant_id: str
    partner_id: str
    pack_slug: str

    @property
    def lifecycle_step(self) -> str:
        return self.step


class PackSubscriptionRequested(PackSubscriptionFact):
    """A tenant asked for a pack; provisioning decides what becomes of it."""

    topic: ClassVar[str] = "pack_subscription.requested"
    public: ClassVar[bool] = False

    trial_days: int
    currency: str
    unit_price_cents: int
    items: list[PackChild]
    requested_at: datetime


class PackSubscriptionActivated(PackSubscriptionFact):
    """All services of the pack may be used: once in its life, as a trial or paid."""

    topic: ClassVar[str] = "pack_subscription.activated"

    state: str
    currency: str
    mrr_amount_cents: int
    activated_at: datetime
    trial_ends_at: datetime | None
    items: list[PackChild]


class PackSubscriptionChanged(PackSubscriptionFact):
    """Period, standing or items changed; the pack subscription lives on."""

    topic: ClassVar[str] = "pack_subscription.changed"

    change_kind: ChangeKind
    state: str
    previous_state: str
    currency: str
    mrr_amount_cents: int
    previous_mrr_amount_cents: int
    changed_at: datetime
    pending_cancellation_at: datetime | None
    items: list[PackChild]


class PackSubscriptionCancelled(PackSubscriptionFact):
    """The pack subscription is over, and every service of it with it."""

    topic: ClassVar[str] = "pack_subscription.cancelled"

    cancelled_at: datetime
    effective_immediately: bool
    terminal_state: str
    cancellation_reason: str | None


class PackItemsChanged(PackSubscriptionFact):
    """The services of a pack subscription are others with its new period; their services are told by this."""

    topic: ClassVar[str] = "pack_subscription.items_changed"
    public: ClassVar[bool] = False

    added: list[str]
    changed: list[str]
    removed: list[str]


class PackSuspended(PackSubscriptionFact):
    """Nothing in the pack may be used until it is resumed: the tenant is told so and why."""

    topic: ClassVar[str] = "pack_subscription.suspended"
    public: ClassVar[bool] = False

    suspended_at: datetime
    reason: str


class PackResumed(PackSubscriptionFact):
    """Everything in a pack that was suspended may be used again."""

    topic: ClassVar[str] = "pack_subscription.resumed"
    public: ClassVar[bool] = False

    resumed_at: datetime


class PackTrialEnding(PackSubscriptionFact):
    """A trial of a pack ends in seven, three or one day."""

    topic: ClassVar[str] = "pack_subscription.trial_ending"
    public: ClassVar[bool] = False

    trial_ends_at: datetime
    days_remaining: int
