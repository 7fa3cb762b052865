from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycled
from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import TenantOwned

from .lifecycle import ChangePlanLifecycle, PlanStatus


class ChangePlan(Lifecycled, TenantOwned, Model):
    """
    What a verb would do, kept until somebody has it done.

    It belongs to the scope of whoever planned it: the platform's own plans have neither partner nor tenant.
    """

    bookkeeping = True  # a plan does not show itself
    __tablename__ = "change_plans"
    __table_args__ = (
        Index("ix_change_plans_feed", "created_at", "id"),
        Index("ix_change_plans_status", "status", "expires_at"),
        Index("ix_change_plans_creator", "created_by", "plan_hash"),
    )
    lifecycle = ChangePlanLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str | None] = mapped_column(IdString, index=True)
    tenant_id: Mapped[str | None] = mapped_column(IdString, index=True)
    status: Mapped[str] = mapped_column(String(20), default=PlanStatus.draft)
    action: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    content: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    plan_hash: Mapped[str] = mapped_column(String(64))
    requires_approval: Mapped[bool]
    policy_rule: Mapped[str | None] = mapped_column(String(60))
    created_by: Mapped[str] = mapped_column(String(100))
    created_by_kind: Mapped[str] = mapped_column(String(10))
    on_behalf_of: Mapped[str | None] = mapped_column(String(100), index=True)
    surface: Mapped[str] = mapped_column(String(10))
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[list[dict[str, str]] | None] = mapped_column(JsonDocument)
    error: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"change plan {self.id}"
