"""`event_outbox`: source rows written with the change they report, and the delivery rows fanned out of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import Journal, PartnerPrivate


class OutboxRow(PartnerPrivate, Model):
    """What source and delivery rows share (contract §23.3)."""

    __tablename__ = "event_outbox"
    __table_args__ = (
        UniqueConstraint("subscription_id", "idempotency_key"),
        UniqueConstraint("source_key"),
        Index("ix_event_outbox_due", "kind", "status", "next_attempt_at"),
        Index("ix_event_outbox_reaction", "next_reaction_at"),
        Index("ix_event_outbox_feed", "kind", "created_at", "id"),
        Index("ix_event_outbox_resource", "resource_id", "subscription_id", "status"),
        Index("ix_event_outbox_endpoint", "subscription_id", "status", "created_at"),
        Index(None, "subscription_id", "created_at", "id"),
        Index(None, "tenant_id", "kind", "created_at", "id"),
        Index(None, "resource_id", "kind", "created_at", "id"),
        Index(None, "partner_id", "kind", "created_at", "id"),
        Index(None, "kind", "event_type", "created_at", "id"),
        Index(None, "partner_id", "kind", "event_type", "created_at", "id"),
        Index(None, "kind", "status", "created_at", "id"),
        Index(None, "partner_id", "kind", "status", "created_at", "id"),
    )
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}  # noqa: RUF012  # SQLAlchemy reads it off the class

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    event_type: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20), default="pending")
    idempotency_key: Mapped[str] = mapped_column(String(255))
    partner_id: Mapped[str | None] = mapped_column(IdString)
    tenant_id: Mapped[str | None] = mapped_column(IdString)
    resource_type: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[str] = mapped_column(String(100))
    occurred_at: Mapped[datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    claimed_until: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    attempt_count: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    error_message: Mapped[str | None] = mapped_column(Text)
    response_code: Mapped[int | None]
    # Delivery rows only; a source row has no subscriber.
    subscription_id: Mapped[str | None] = mapped_column(IdString)
    source_event_id: Mapped[str | None] = mapped_column(IdString, ForeignKey("event_outbox.id"), index=True)
    replay_of: Mapped[str | None] = mapped_column(IdString)
    body: Mapped[bytes | None] = mapped_column(LargeBinary(2**24))
    # Source rows only: the fact, its place in the stream, and the key that lets it be written once.
    payload: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    public: Mapped[bool] = mapped_column(default=True)
    actor_id: Mapped[str | None] = mapped_column(String(100))
    position: Mapped[int | None] = mapped_column(unique=True)
    reacted_at: Mapped[datetime | None]
    reaction_attempts: Mapped[int] = mapped_column(default=0)
    next_reaction_at: Mapped[datetime | None]  # None when nothing is left to do: the index then holds due rows only
    source_key: Mapped[str | None] = mapped_column(String(255))


class Outbox(Journal, OutboxRow):
    """A fact waiting, in the same commit as the change it reports, to be relayed."""

    __mapper_args__ = {"polymorphic_identity": "source"}  # noqa: RUF012  # SQLAlchemy reads it off the class

    @property
    def told(self) -> dict[str, Any]:
        """What the fact says."""
        return self.payload or {}
