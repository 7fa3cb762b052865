from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.db import IdString, JsonDocument, Model, list_indexes
from scaicontrol.db.tenant_filter import PartnerPrivate

from .journal_input import Kind, key_of
from .lifecycle import SyncLifecycle, SyncStatus


class AccountingIntegration(PartnerPrivate, Model):
    """Where a partner's documents are booked: a provider, its settings, and which account everything goes to."""

    __tablename__ = "accounting_integrations"

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    provider: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    config: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    mapping: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    is_active: Mapped[bool] = mapped_column(default=True)
    last_sync_at: Mapped[datetime | None]
    cursor: Mapped[datetime]  # all that was finalized before it is in the queue
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"accounting integration {self.name} ({self.id})"


class AccountingSyncItem(Lifecycled, PartnerPrivate, Model):
    """One document, payment or refund on its way into the books; the unique key has it exported once."""

    __tablename__ = "accounting_sync_items"
    __table_args__ = (
        UniqueConstraint("integration_id", "document_id", "kind"),
        Index("ix_accounting_sync_items_due", "due_at"),
        Index("ix_accounting_sync_items_range", "integration_id", "booked_on"),
        Index("ix_accounting_sync_items_feed", "integration_id", "created_at", "id"),
        Index("ix_accounting_sync_items_listed", "created_at", "id"),
        *list_indexes("status", "number"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = SyncLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    integration_id: Mapped[str] = mapped_column(IdString, ForeignKey("accounting_integrations.id"))
    document_id: Mapped[str] = mapped_column(IdString)
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(60))
    booked_on: Mapped[date] = mapped_column(Date)
    status: Mapped[SyncStatus] = mapped_column(String(20), default=SyncStatus.pending)
    due_at: Mapped[datetime | None]  # none once nothing is left to do by itself
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    synced_at: Mapped[datetime | None]
    artefact_key: Mapped[str | None] = mapped_column(String(500))
    artefact_name: Mapped[str | None] = mapped_column(String(200))
    artefact_sha256: Mapped[str | None] = mapped_column(String(64))
    artefact_fingerprint: Mapped[str | None] = mapped_column(String(64))  # what an archive is held against
    acknowledgement: Mapped[str | None] = mapped_column(String(200))  # what a provider calls it that books over a wire

    @property
    def key(self) -> str:
        """What exports call it."""
        return key_of(Kind(self.kind), self.document_id)

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.number}"
