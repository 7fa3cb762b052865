from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import ExactDecimal, IdString, JsonDocument, TenantScopedModel
from scaicontrol.db.tenant_filter import ServiceReported
from scaicontrol.db.types import ascii_text

# Compared byte by byte: two keys that differ in case are two events.
KeyString = ascii_text(128)
TAIL_INDEX = "ix_usage_events_tail"


class UsageEvent(ServiceReported, TenantScopedModel):
    """
    Something a tenant used, as its service reported it. Never changed; a mistake is corrected by another event.

    `counted_at` decides the period: when it occurred, or when what it corrects did. It is `late` where that period had
    been charged when it came; what it changes is then charged or credited by the next document. `aggregated_at` is
    empty until the roll-up has added it.
    """

    # No foreign key to the service: it would lock, and on Galera certify, the row that every heartbeat writes.
    # Two indexes serve all reads, so the columns of the base carry none of their own.
    __tablename__ = "usage_events"
    __table_args__ = (
        UniqueConstraint("service_id", "idempotency_key"),
        Index("ix_usage_events_counted", "tenant_id", "service_id", "counted_at"),
        Index(TAIL_INDEX, "aggregated_at", "tenant_id", "service_id"),
        Index("ix_usage_events_corrects", "service_id", "corrects"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    tenant_id: Mapped[str] = mapped_column(IdString, sort_order=-8)
    partner_id: Mapped[str] = mapped_column(IdString, sort_order=-7)
    service_id: Mapped[str] = mapped_column(IdString)
    metric_slug: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str] = mapped_column(KeyString)
    quantity: Mapped[Decimal] = mapped_column(ExactDecimal(18, 6))
    occurred_at: Mapped[datetime]
    counted_at: Mapped[datetime]
    dimensions: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    corrects: Mapped[str | None] = mapped_column(KeyString)
    late: Mapped[bool] = mapped_column(default=False)
    aggregated_at: Mapped[datetime | None]


class UsageAggregate(TenantScopedModel):
    """
    The use of one metric in one hour, day or month (UTC), added up from events; it can be computed again from them.

    The id follows from what it counts, so that two writers of the same total clash instead of doubling it.
    """

    __tablename__ = "usage_aggregates"
    __table_args__ = (
        Index("ix_usage_aggregates_range", "tenant_id", "service_id", "period_type", "period_start"),
        Index("ix_usage_aggregates_platform", "period_type", "period_start"),
        Index("ix_usage_aggregates_partner", "partner_id", "period_type", "period_start"),
        Index("ix_usage_aggregates_recent", "period_type", "updated_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    tenant_id: Mapped[str] = mapped_column(IdString, sort_order=-8)
    partner_id: Mapped[str] = mapped_column(IdString, sort_order=-7)
    service_id: Mapped[str] = mapped_column(IdString)
    metric_slug: Mapped[str] = mapped_column(String(64))
    period_type: Mapped[str] = mapped_column(String(10))
    period_start: Mapped[datetime]
    sum: Mapped[Decimal] = mapped_column(ExactDecimal(24, 6))
    max: Mapped[Decimal] = mapped_column(ExactDecimal(24, 6))
    count: Mapped[int]


class UsageBudget(TenantScopedModel):
    """
    What a tenant wants the use of a service to cost in a period, before tax, and when it wants to be told.

    At each of `percents` and at all of it; `on_forecast` also when more is expected than that. Removed, it stays with
    `removed_at`, so that `version` counts on and each fact about it is another one.
    """

    __tablename__ = "usage_budgets"
    __table_args__ = (UniqueConstraint("tenant_id", "service_id"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    service_id: Mapped[str] = mapped_column(IdString)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    percents: Mapped[list[int]] = mapped_column(JsonDocument, default=list)
    on_forecast: Mapped[bool] = mapped_column(default=True)
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"budget {self.id}"
