from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycled
from scaicontrol.core.outbox import OutboxRow
from scaicontrol.db import IdString, JsonDocument, Model
from scaicontrol.db.tenant_filter import PartnerPrivate

from .lifecycle import DeliveryLifecycle
from .topics import PLATFORM_ONLY, matches

DEAD_ROWS_TO_DISABLE: Final = 20


class WebhookEndpoint(PartnerPrivate, Model):
    """A subscriber: where to post, which topics, and how it has been doing. No partner means the platform's own."""

    __tablename__ = "webhook_subscriptions"

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str | None] = mapped_column(IdString, index=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(String(500))
    target_url: Mapped[str] = mapped_column(String(2000))
    topics: Mapped[list[str]] = mapped_column(JsonDocument)
    is_active: Mapped[bool] = mapped_column(default=True)
    api_version: Mapped[str] = mapped_column(String(10), default="1.0")
    secret_vault_path: Mapped[str] = mapped_column(String(512))
    previous_secret_vault_path: Mapped[str | None] = mapped_column(String(512))
    rotation_ends_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(String(20))
    disabled_at: Mapped[datetime | None]
    consecutive_failures: Mapped[int] = mapped_column(default=0)
    first_failure_at: Mapped[datetime | None]
    dead_deliveries: Mapped[int] = mapped_column(default=0)  # since the last success
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"webhook subscriber {self.name} ({self.id})"

    def takes(self, topic: str, partner_id: str | None) -> bool:
        """Tell whether it chose this topic, and may have it of this partner."""
        if not matches(topic, self.topics):
            return False
        return self.partner_id is None or (self.partner_id == partner_id and topic not in PLATFORM_ONLY)

    def record_success(self) -> None:
        self.consecutive_failures, self.first_failure_at, self.dead_deliveries = 0, None, 0

    def record_failure(self, at: datetime, *, is_dead: bool) -> None:
        self.consecutive_failures += 1
        self.first_failure_at = self.first_failure_at or at
        self.dead_deliveries += is_dead

    def is_delinquent(self, at: datetime, days: int) -> bool:
        """Tell whether it has failed for so long, and lost so much, that trying on only hurts (contract §23.4)."""
        return (
            self.first_failure_at is not None
            and at - self.first_failure_at >= timedelta(days=days)
            and self.dead_deliveries >= DEAD_ROWS_TO_DISABLE
        )

    def disable(self, at: datetime, reason: str) -> None:
        self.is_active, self.disabled_at, self.disabled_reason = False, at, reason
        self.version += 1

    def enable(self) -> None:
        self.is_active, self.disabled_at, self.disabled_reason = True, None, None
        self.record_success()


class WebhookDelivery(Lifecycled, OutboxRow):
    """One fact on its way to one subscriber; its body was written once and every attempt sends the same bytes."""

    __mapper_args__ = {"polymorphic_identity": "delivery"}  # noqa: RUF012  # SQLAlchemy reads it off the class
    lifecycle = DeliveryLifecycle

    def __str__(self) -> str:
        return f"delivery {self.id}"


class DeliveryAttempt(PartnerPrivate, Model):
    """What one attempt met."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (Index("ix_delivery_attempts_delivery", "delivery_id", "attempt"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str | None] = mapped_column(IdString, index=True)
    delivery_id: Mapped[str] = mapped_column(IdString, ForeignKey("event_outbox.id"))
    attempt: Mapped[int]
    attempted_at: Mapped[datetime]
    duration_ms: Mapped[int]
    response_code: Mapped[int | None]
    response_excerpt: Mapped[str | None] = mapped_column(String(500))
    error_message: Mapped[str | None] = mapped_column(Text)


class EventStream(Model):
    """The last position given out: facts are numbered when relayed, so that a feed never skips a late commit."""

    __tablename__ = "event_stream"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
