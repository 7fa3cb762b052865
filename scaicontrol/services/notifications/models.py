from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycled
from scaicontrol.db import IdString, JsonDocument, Model, TenantScopedModel, list_indexes
from scaicontrol.db.tenant_filter import Common

from .lifecycle import MailLifecycle, MailStatus


class Notification(TenantScopedModel):
    """A notice in the portal; without a user it is for everybody of the tenant."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("tenant_id", "dedup_key"),
        Index("ix_notifications_feed", "tenant_id", "created_at"),
        Index("ix_notifications_listed", "created_at", "id"),
        *list_indexes("severity", "category"),
        Index("ix_notifications_mail_due", "mail_due_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    user_id: Mapped[str | None] = mapped_column(IdString)
    category: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(10), default="info")
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str | None] = mapped_column(String(500))
    dedup_key: Mapped[str] = mapped_column(String(255))
    read_at: Mapped[datetime | None]
    mail_due_at: Mapped[datetime | None]  # None where a mail says it, or has said it

    def __str__(self) -> str:
        return f"notification {self.id}"


class NotificationRead(Common, Model):
    """Who has read a notice that is for everybody."""

    __tablename__ = "notification_reads"

    notification_id: Mapped[str] = mapped_column(IdString, ForeignKey("notifications.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(IdString, primary_key=True)
    read_at: Mapped[datetime]


class OutgoingMail(Lifecycled, TenantScopedModel):
    """
    One logical mail, queued with the change it tells about.

    (`kind`, `resource_id`, `step`) is unique: whoever queues it twice has queued it once.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("kind", "resource_id", "step"),
        Index("ix_outgoing_mail_due", "next_attempt_at"),
        Index("ix_outgoing_mail_listed", "created_at", "id"),
        Index("ix_outgoing_mail_feed", "tenant_id", "created_at", "id"),
        *list_indexes("status", "kind"),
    )
    lifecycle = MailLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    resource_id: Mapped[str] = mapped_column(IdString)
    step: Mapped[str] = mapped_column(String(60))
    recipients: Mapped[list[dict[str, str]]] = mapped_column(JsonDocument)
    subject: Mapped[str] = mapped_column(String(300))
    html: Mapped[str] = mapped_column(Text(2**24))
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    sender_name: Mapped[str | None] = mapped_column(String(120))  # of the seller; empty: the installation's
    reply_to: Mapped[str | None] = mapped_column(String(254))
    status: Mapped[MailStatus] = mapped_column(String(20), default=MailStatus.pending)
    attempts: Mapped[int] = mapped_column(default=0)
    resends: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]  # None when nothing is left to do
    message_id: Mapped[str | None] = mapped_column(String(100), index=True)
    last_error: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return f"mail {self.id}"
