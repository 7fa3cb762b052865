from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scaicontrol.db import IdString, TenantScopedModel, parent_key, within_tenant


class Account(StrEnum):
    """The accounts of every seller; providers have one each beside them (`clearing_of`)."""

    receivables = "receivables"  # what invoices ask for and has not come
    other_receivables = "other_receivables"  # what tenants owe beside their documents
    bank = "bank"  # money that came and went outside any provider
    credit_balances = "credit_balances"  # what tenants have left
    wallet = "wallet"  # what tenants have beforehand: a liability
    refunds = "refunds"  # promised, and not carried out yet
    disputes = "disputes"  # what providers keep while a dispute is open
    revenue = "revenue"
    vat_payable = "vat_payable"
    fees = "fees"
    write_offs = "write_offs"
    promotions = "promotions"  # what sellers gave into wallets, less what expired
    transfers = "transfers"  # from one document to another: always nothing in sum


CLEARING: Final = "clearing:"  # with the provider that holds the money


class SourceType(StrEnum):
    """Which row an entry tells of; `source_id` is its id, and where it can move again its step."""

    document = "document"
    settlement = "settlement"
    credit_use = "credit_use"
    receivable = "receivable"
    dispute_movement = "dispute_movement"
    wallet_lot = "wallet_lot"
    wallet_use = "wallet_use"


class EntryKind(StrEnum):
    """What happened."""

    document_finalized = "document_finalized"
    document_voided = "document_voided"
    payment_booked = "payment_booked"
    payment_reversed = "payment_reversed"
    money_recorded = "money_recorded"  # outside any provider
    credit_paid_back = "credit_paid_back"  # by a transfer
    credit_note_allocated = "credit_note_allocated"
    credit_applied = "credit_applied"
    refund_promised = "refund_promised"
    refund_released = "refund_released"
    refund_paid = "refund_paid"
    receivable_opened = "receivable_opened"
    receivable_settled = "receivable_settled"
    dispute_withheld = "dispute_withheld"
    fee_charged = "fee_charged"
    loss_written_off = "loss_written_off"
    wallet_topped_up = "wallet_topped_up"
    wallet_granted = "wallet_granted"
    wallet_applied = "wallet_applied"
    wallet_refunded = "wallet_refunded"  # by a transfer
    wallet_expired = "wallet_expired"


class LedgerEntry(TenantScopedModel):
    """
    One movement of the books, in the transaction of what it tells of; its postings sum to nothing.

    The same source is posted once for each kind. A plan shows the movement itself and not its two sides.
    """

    append_only = True
    bookkeeping = True
    __tablename__ = "ledger_entries"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("source_id", "source_type", "kind"),
        Index("ix_ledger_entries_listed", "created_at", "id"),
        Index("ix_ledger_entries_tenant", "tenant_id", "created_at", "id"),
        Index("ix_ledger_entries_partner", "partner_id", "occurred_at", "id"),
        Index("ix_ledger_entries_invoice", "invoice_id"),
        Index("ix_ledger_entries_about", "about_id"),
    )

    tenant_id: Mapped[str] = mapped_column(IdString, sort_order=-8)
    partner_id: Mapped[str] = mapped_column(IdString, sort_order=-7)
    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    occurred_at: Mapped[datetime]  # when the money moved; `created_at` says when that was written
    kind: Mapped[EntryKind] = mapped_column(String(30))
    source_type: Mapped[SourceType] = mapped_column(String(20))
    source_id: Mapped[str] = mapped_column(String(100))
    invoice_id: Mapped[str | None] = mapped_column(IdString)  # the document whose account moves; none of a wallet
    about_id: Mapped[str | None] = mapped_column(String(100))  # the payment, refund, dispute or credit behind it
    reverses_id: Mapped[str | None] = mapped_column(IdString)

    # The join is said, not found by foreign keys: those lead to invoices, which may not be imported yet.
    postings: Mapped[list["LedgerPosting"]] = relationship(
        lazy="raise",
        order_by="LedgerPosting.position",
        primaryjoin="LedgerEntry.id == foreign(LedgerPosting.entry_id)",
    )

    def __str__(self) -> str:
        return f"ledger entry {self.id}"


class LedgerPosting(TenantScopedModel):
    """
    One side of an entry: more than nothing is debit, less is credit.

    Currency and moment stand here, too, so that a balance is a sum over one index.
    """

    append_only = True
    bookkeeping = True
    __tablename__ = "ledger_postings"
    __table_args__ = (
        parent_key("entry_id", "ledger_entries"),
        Index(
            "ix_ledger_postings_balance", "partner_id", "currency", "account", "occurred_at", "amount_cents",
        ),
        Index("ix_ledger_postings_tenant", "tenant_id", "account"),
        Index("ix_ledger_postings_account", "account", "entry_id"),
    )  # fmt: skip

    tenant_id: Mapped[str] = mapped_column(IdString, sort_order=-8)
    partner_id: Mapped[str] = mapped_column(IdString, sort_order=-7)
    entry_id: Mapped[str] = mapped_column(IdString, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(60))
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    occurred_at: Mapped[datetime]

    def __str__(self) -> str:
        return f"posting {self.position} of ledger entry {self.entry_id}"
