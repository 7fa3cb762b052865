from datetime import datetime
from typing import Any, ClassVar

from scaicontrol.core.events import DomainEvent


class PlanFact(DomainEvent):
    """What every fact about a plan says."""

    resource: ClassVar[str] = "plan_id"
    public: ClassVar[bool] = False

    plan_id: str
    plan_key: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class PlanCreated(PlanFact):
    """A plan can be sold from now on."""

    topic: ClassVar[str] = "plan.created"

    base_price_cents: int
    currency: str
    billing_period: str


class PlanUpdated(PlanFact):
    """A plan reads differently from now on; the terms of who subscribed before do not."""

    topic: ClassVar[str] = "plan.updated"

    plan_version: int
    changed_fields: list[str]


class PlanVersionMade(PlanFact):
    """New subscriptions get other terms from now on; who has an earlier version keeps it."""

    topic: ClassVar[str] = "plan.version_made"

    plan_version: int
    changed_fields: list[str]


class OverrideFact(DomainEvent):
    """What every fact about a partner's own price says."""

    resource: ClassVar[str] = "override_id"
    public: ClassVar[bool] = False

    override_id: str
    partner_id: str
    plan_id: str
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class PriceOverrideSet(OverrideFact):
    """A partner pays its own price for a plan in this range."""

    topic: ClassVar[str] = "price_override.set"

    price: dict[str, Any]
    valid_from: datetime
    valid_to: datetime | None


class PriceOverrideRemoved(OverrideFact):
    """A partner pays the plan's price again."""

    topic: ClassVar[str] = "price_override.removed"
