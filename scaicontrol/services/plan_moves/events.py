from datetime import datetime
from typing import ClassVar

from pydantic import Field

from scaicontrol.core.events import DomainEvent


class PlanMoveFact(DomainEvent):
    """What every fact about a move of subscribers says."""

    resource: ClassVar[str] = "move_id"
    public: ClassVar[bool] = False

    move_id: str
    plan_id: str
    plan_key: str
    plan_version: int
    subscriptions: int
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class PlanMoveAnnounced(PlanMoveFact):
    """Subscribers were told that they get another version of their plan; monthly sums by currency, in minor units."""

    topic: ClassVar[str] = "plan_move.announced"

    notice_ends_at: datetime
    monthly_cents: dict[str, int]
    new_monthly_cents: dict[str, int]


class PlanMoveCancelled(PlanMoveFact):
    """Whoever had not taken the version keeps the earlier one; `subscriptions` were told."""

    topic: ClassVar[str] = "plan_move.cancelled"


class _TermsFact(DomainEvent):
    resource: ClassVar[str] = "subscription_id"

    step: str = Field(exclude=True)  # part of the key, not of the payload
    subscription_id: str
    tenant_id: str
    partner_id: str
    service_slug: str
    plan_key: str
    plan_version: int

    @property
    def lifecycle_step(self) -> str:
        return self.step


class TermsAnnounced(_TermsFact):
    """The subscription gets another version of its plan at a renewal to come; until then nothing changes."""

    topic: ClassVar[str] = "subscription.terms_announced"

    next_plan_version: int
    currency: str
    unit_price_cents: int
    next_unit_price_cents: int
    effective_at: datetime


class TermsWithdrawn(_TermsFact):
    """What was announced does not come; the subscription keeps its version."""

    topic: ClassVar[str] = "subscription.terms_withdrawn"

    withdrawn_at: datetime
