from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.db import IdString, JsonDocument, Model, TenantScopedModel, list_indexes, parent_key, within_tenant
from scaicontrol.db.tenant_filter import PartnerPrivate

from .lifecycle import LineKind, LineLifecycle, LineStatus, WaitsFor


class BankStatement(PartnerPrivate, Model):
    """One statement of a seller's account; the unique key has what it says stored once, in whichever file it comes."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        UniqueConstraint("partner_id", "iban", "content_sha256"),
        Index("ix_bank_statements_reference", "partner_id", "iban", "reference"),
        Index("ix_bank_statements_listed", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    iban: Mapped[str] = mapped_column(String(34))
    reference: Mapped[str] = mapped_column(String(80))  # the bank's own, with the page where it has several
    message: Mapped[str] = mapped_column(String(20))  # such as camt.053.001.08; MT940
    from_on: Mapped[date | None] = mapped_column(Date)
    to_on: Mapped[date] = mapped_column(Date)
    balances: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument)  # currency, opening_cents, closing_cents
    pending: Mapped[int]  # entries that are no money yet
    content_sha256: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str] = mapped_column(String(64))
    imported_by: Mapped[str] = mapped_column(String(100))

    def __str__(self) -> str:
        return f"statement {self.reference} of {self.iban}"


class BankLine(Lifecycled, PartnerPrivate, Model):
    """
    One movement of money on a seller's account; less than nothing left it.

    `entry_key` has what the bank gave a reference stored once, also where two statements cover the same days.
    """

    __tablename__ = "bank_lines"
    __table_args__ = (
        UniqueConstraint("statement_id", "position", "part"),
        UniqueConstraint("partner_id", "iban", "entry_key"),
        Index("ix_bank_lines_fingerprint", "partner_id", "iban", "fingerprint"),
        Index("ix_bank_lines_listed", "created_at", "id"),
        Index("ix_bank_lines_amount", "partner_id", "amount_cents"),
        Index("ix_bank_lines_any_amount", "amount_cents"),
        Index("ix_bank_lines_counterparty", "partner_id", "counterparty_iban"),
        Index("ix_bank_lines_payer", "counterparty_name"),
        Index("ix_bank_lines_payer_account", "counterparty_iban"),
        Index("ix_bank_lines_end_to_end", "end_to_end_id"),
        Index("ix_bank_lines_state", "status"),
        Index("ix_bank_lines_of_statement", "statement_id", "created_at", "id"),
        *list_indexes("status", "waits_for", "kind"),
        *list_indexes(order="counterparty_name"),
        *list_indexes(order="status"),
        Index("ix_bank_lines_reverses", "reverses_line_id"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = LineLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    statement_id: Mapped[str] = mapped_column(IdString, ForeignKey("bank_statements.id"))
    iban: Mapped[str] = mapped_column(String(34))
    position: Mapped[int]
    part: Mapped[int]
    kind: Mapped[LineKind] = mapped_column(String(20))
    status: Mapped[LineStatus] = mapped_column(String(20), default=LineStatus.received)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    booked_on: Mapped[date] = mapped_column(Date)
    value_on: Mapped[date | None] = mapped_column(Date)
    bank_reference: Mapped[str | None] = mapped_column(String(300))
    end_to_end_id: Mapped[str | None] = mapped_column(String(140))
    structured_reference: Mapped[str | None] = mapped_column(Text)
    remittance: Mapped[str | None] = mapped_column(Text)
    counterparty_name: Mapped[str | None] = mapped_column(String(200))
    counterparty_iban: Mapped[str | None] = mapped_column(String(34))
    bank_code: Mapped[str | None] = mapped_column(String(140))
    fingerprint: Mapped[str] = mapped_column(String(70))
    entry_key: Mapped[str | None] = mapped_column(String(70))
    waits_for: Mapped[WaitsFor | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)  # why it waits or was ignored, in words
    reverses_line_id: Mapped[str | None] = mapped_column(IdString)  # the line whose money it takes back
    decided_by: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def is_copy(self) -> bool:
        """Tell whether the bank's reference stands in an earlier statement, too: there the entry is decided."""
        return self.bank_reference is not None and self.entry_key is None

    def __str__(self) -> str:
        return f"bank line {self.id}"


class BankCsvMapping(PartnerPrivate, Model):
    """How CSV files of one account are read; `mapping` is a `CsvMappingIn`."""

    __tablename__ = "bank_csv_mappings"
    __table_args__ = (UniqueConstraint("partner_id", "iban"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    partner_id: Mapped[str] = mapped_column(IdString, index=True)
    iban: Mapped[str] = mapped_column(String(34))
    mapping: Mapped[dict[str, object]] = mapped_column(JsonDocument)
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"CSV mapping of {self.iban}"


class BankLineBooking(TenantScopedModel):
    """
    What a line has done on an invoice: money that came, or less than nothing where it was taken back.

    `source_id` is the settlement it made, or the dispute by which it went back.
    """

    append_only = True
    __tablename__ = "bank_line_bookings"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("line_id", "source_id"),
        Index("ix_bank_line_bookings_invoice", "invoice_id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    line_id: Mapped[str] = mapped_column(IdString, ForeignKey("bank_lines.id"))
    invoice_id: Mapped[str] = mapped_column(IdString)
    source_id: Mapped[str] = mapped_column(String(100))
    amount_cents: Mapped[int]
