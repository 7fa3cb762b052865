"""`audit_log`: who did what to which resource, append-only, written in the changing transaction (contract §7.8)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, JsonDocument, Model, list_indexes
from scaicontrol.db.tenant_filter import Journal, PartnerPrivate


class AuditEntry(Journal, PartnerPrivate, Model):
    append_only = True
    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_feed", "created_at", "id"),
        Index("ix_audit_log_resource", "resource_type", "resource_id", "occurred_at"),
        Index("ix_audit_log_about", "resource_id", "created_at", "id"),
        Index("ix_audit_log_of_tenant", "tenant_id", "created_at", "id"),
        *list_indexes("actor_id", "action", "surface"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    occurred_at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(100))
    actor_kind: Mapped[str] = mapped_column(String(10))
    on_behalf_of: Mapped[str | None] = mapped_column(String(100))
    partner_id: Mapped[str | None] = mapped_column(IdString)
    tenant_id: Mapped[str | None] = mapped_column(IdString)
    action: Mapped[str] = mapped_column(String(100))
    resource_type: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[str] = mapped_column(String(100))
    before: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    after: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    reason: Mapped[str | None] = mapped_column(Text)
    surface: Mapped[str] = mapped_column(String(10))
    request_id: Mapped[str | None] = mapped_column(String(50))
    change_plan_id: Mapped[str | None] = mapped_column(IdString)
