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
