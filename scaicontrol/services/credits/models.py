from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.db import IdString, TenantScopedModel, list_indexes, parent_key, within_tenant


class CreditSource(StrEnum):
    credit_note = "credit_note"  # what a credit note left after its own invoice was relieved
    overpayment = "overpayment"  # more than was due
    unapplied_payment = "unapplied_payment"  # money for what was paid or void already


class CreditUseKind(StrEnum):
    applied = "applied"  # to an open invoice
    refunded = "refunded"  # promised to a refund through the provider that took the money
    transferred = "transferred"  # paid back outside any provider
    offset = "offset"  # against what the tenant owes beside its documents
    withdrawn = "withdrawn"  # what it stood on is gone: its document is void, its money went back
    reversed = "reversed"  # another use was undone


class Credit(TenantScopedModel):
    """
    What a seller owes a tenant back in one currency, by where it came from.

    `remaining_cents` is the amount less all uses. Every use counts `version` up: on Galera a lock guards only a row
    that is changed, and of two uses at two nodes the second to commit runs again.
    """

    __tablename__ = "credits"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("remaining_cents >= 0 AND remaining_cents <= amount_cents", name="remaining"),
        Index("ix_credits_open", "tenant_id", "currency", "remaining_cents"),
        Index("ix_credits_invoice", "invoice_id"),
        Index("ix_credits_listed", "created_at", "id"),
        Index("ix_credits_feed", "tenant_id", "created_at", "id"),
        Index("ix_credits_source", "source_id"),
        Index("ix_credits_amount", "amount_cents"),
        *list_indexes("source", "currency"),
        *list_indexes(order="amount_cents"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    source: Mapped[CreditSource] = mapped_column(String(20))
    source_id: Mapped[str] = mapped_column(String(100))  # the credit note, or the payment that brought too much
    invoice_id: Mapped[str] = mapped_column(IdString)  # the document whose settlements tell of it
    amount_cents: Mapped[int]
    remaining_cents: Mapped[int]
    is_kept: Mapped[bool] = mapped_column(default=False)  # a person keeps it from being applied by itself
    order_id: Mapped[str | None] = mapped_column(IdString)  # the open payment order that it is held for
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"credit {self.id}"


class CreditUse(TenantScopedModel):
    """One use of a credit; positive takes, negative gives back what another use had taken (`reverses_id`)."""

    append_only = True
    __tablename__ = "credit_uses"
    __table_args__ = (
        within_tenant(),
        parent_key("credit_id", "credits"),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("refund_id"),
        UniqueConstraint("reverses_id"),
        Index("ix_credit_uses_credit", "credit_id"),
        Index("ix_credit_uses_invoice", "invoice_id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    credit_id: Mapped[str] = mapped_column(IdString)
    kind: Mapped[CreditUseKind] = mapped_column(String(20))
    amount_cents: Mapped[int]
    invoice_id: Mapped[str | None] = mapped_column(IdString)  # the invoice it was applied to
    refund_id: Mapped[str | None] = mapped_column(IdString)
    reverses_id: Mapped[str | None] = mapped_column(IdString)
    reference: Mapped[str | None] = mapped_column(String(255))
    recorded_by: Mapped[str] = mapped_column(String(100))


class ReceivableSource(StrEnum):
    taken_back = "taken_back"  # a bank took money back whose credit had been paid out
    refunded_again = "refunded_again"  # a refund that was given up went after all, its credit had been paid out
    refunded_by_hand = "refunded_by_hand"  # a person refunded it at the provider, and no document gives it back


class Receivable(TenantScopedModel):
    """
    What a tenant owes a seller beside its documents: money that it has twice, or without a document.

    `remaining_cents` goes down with money that comes for `invoice_id`, with credit of the tenant, or as a loss; like a
    credit's, every change counts `version` up.
    """

    __tablename__ = "receivables"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("remaining_cents >= 0 AND remaining_cents <= amount_cents", name="remaining"),
        Index("ix_receivables_open", "remaining_cents", "created_at"),
        Index("ix_receivables_invoice", "invoice_id"),
        Index("ix_receivables_listed", "created_at", "id"),
        Index("ix_receivables_feed", "tenant_id", "created_at", "id"),
        Index("ix_receivables_amount", "amount_cents"),
        Index("ix_receivables_left", "remaining_cents"),
        *list_indexes("source"),
        *list_indexes(order="amount_cents"),
        *list_indexes(order="remaining_cents"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    source: Mapped[ReceivableSource] = mapped_column(String(20))
    source_id: Mapped[str] = mapped_column(String(100))  # the reversal or refund that left it
    invoice_id: Mapped[str] = mapped_column(IdString)  # the invoice whose settlements tell of it
    amount_cents: Mapped[int]
    remaining_cents: Mapped[int]
    written_off_cents: Mapped[int] = mapped_column(default=0)  # money that still comes takes its place
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"receivable {self.id}"
