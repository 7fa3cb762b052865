from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import PlainSerializer

from scaicontrol.core.events import DomainEvent, rfc3339

Quantity = Annotated[Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str)]


class ThresholdReached(DomainEvent):
    """A tenant used this much of a quota, for the first time in the period."""

    topic: ClassVar[str] = "usage.threshold_reached"
    resource: ClassVar[str] = "tenant_id"

    tenant_id: str
    partner_id: str
    service_slug: str
    metric_slug: str
    plan_key: str
    threshold_percent: int
    used: Quantity
    limit: int
    period_start: datetime
    period_end: datetime | None
    reached_at: datetime

    @property
    def lifecycle_step(self) -> str:
        metric = f"{self.service_slug}.{self.metric_slug}"
        return f"{metric}:{rfc3339(self.period_start)}:{self.threshold_percent}"


class BudgetFact(DomainEvent):
    """Something about what a tenant wants to spend on the use of a service."""

    resource: ClassVar[str] = "tenant_id"

    tenant_id: str
    partner_id: str
    service_slug: str
    amount_cents: int
    currency: str


class BudgetSet(BudgetFact):
    """A tenant said how much it wants to spend in a period, and when it wants to be told."""

    topic: ClassVar[str] = "usage.budget_set"
    public: ClassVar[bool] = False

    percents: list[int]
    on_forecast: bool
    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"{self.service_slug}:v{self.version}"


class BudgetRemoved(BudgetFact):
    """A tenant does not want to be told any more."""

    topic: ClassVar[str] = "usage.budget_removed"
    public: ClassVar[bool] = False

    version: int

    @property
    def lifecycle_step(self) -> str:
        return f"{self.service_slug}:v{self.version}"


class BudgetReached(BudgetFact):
    """
    The use of a service costs a part of its budget, or is expected to cost more than all of it, in this period.

    `reached` is the percentage that was, or `forecast`. A budget of another amount is told anew.
    """

    topic: ClassVar[str] = "usage.budget_reached"

    reached: str
    cost_cents: int
    forecast_cents: int | None
    period_start: datetime
    period_end: datetime | None
    reached_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return f"{self.service_slug}:{rfc3339(self.period_start)}:{self.amount_cents}:{self.reached}"
