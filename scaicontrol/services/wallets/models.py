from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, TenantScopedModel, list_indexes, parent_key, within_tenant


class LotSource(StrEnum):
    transfer = "transfer"  # money that was paid in outside any provider; never expires, and can be paid back
    promotion = "promotion"  # given by the seller; expires, and is not paid back


class WalletUseKind(StrEnum):
    applied = "applied"  # to an invoice
    refunded = "refunded"  # paid back outside any provider
    expired = "expired"  # its day came, or a person ended it before
    restored = "restored"  # of a use, all or a part was undone


class WalletLot(TenantScopedModel):
    """
    Money of a tenant with its seller in one currency, by where it came from.

    `remaining_cents` is the amount less all uses. Every use counts `version` up: on Galera a lock guards only a row
    that is changed, and of two uses at two nodes the second to commit runs again.
    """

    __tablename__ = "wallet_lots"
    __table_args__ = (
        within_tenant(),
        CheckConstraint("remaining_cents >= 0 AND remaining_cents <= amount_cents", name="remaining"),
        Index("ix_wallet_lots_open", "tenant_id", "currency", "remaining_cents"),
        Index("ix_wallet_lots_due", "expires_at"),
        Index("ix_wallet_lots_listed", "created_at", "id"),
        Index("ix_wallet_lots_feed", "tenant_id", "created_at", "id"),
        Index("ix_wallet_lots_amount", "amount_cents"),
        *list_indexes("source", "currency"),
        *list_indexes(order="amount_cents"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    source: Mapped[LotSource] = mapped_column(String(20))
    amount_cents: Mapped[int]
    remaining_cents: Mapped[int]
    priority: Mapped[int]  # among what was given, the lowest is used first
    expires_at: Mapped[datetime | None]  # none of what was paid in
    received_at: Mapped[datetime]  # when the money came, or it was given
    reference: Mapped[str] = mapped_column(String(255))  # of the transfer, or why it was given
    recorded_by: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"wallet lot {self.id}"

    @property
    def is_paid(self) -> bool:
        return self.source != LotSource.promotion


class WalletUse(TenantScopedModel):
    """One use of a lot; positive takes, negative gives back of what another use had taken (`reverses_id`)."""

    append_only = True
    __tablename__ = "wallet_uses"
    __table_args__ = (
        within_tenant(),
        parent_key("lot_id", "wallet_lots"),
        parent_key("invoice_id", "invoices"),
        Index("ix_wallet_uses_lot", "lot_id"),
        Index("ix_wallet_uses_invoice", "invoice_id"),
        Index("ix_wallet_uses_reverses", "reverses_id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    lot_id: Mapped[str] = mapped_column(IdString)
    kind: Mapped[WalletUseKind] = mapped_column(String(20))
    amount_cents: Mapped[int]
    invoice_id: Mapped[str | None] = mapped_column(IdString)  # the invoice it was applied to
    reverses_id: Mapped[str | None] = mapped_column(IdString)
    reference: Mapped[str | None] = mapped_column(String(255))
    recorded_by: Mapped[str] = mapped_column(String(100))
