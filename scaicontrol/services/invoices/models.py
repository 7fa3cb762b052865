from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from sqlalchemy import Boolean, Date, Enum, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scaicontrol.core.errors import Refused
from scaicontrol.core.lifecycle import Lifecycle, Lifecycled
from scaicontrol.db import (
    ExactDecimal,
    IdString,
    JsonDocument,
    Model,
    TenantScopedModel,
    list_indexes,
    parent_key,
    within_tenant,
)
from scaicontrol.db.tenant_filter import PartnerPrivate
from scaicontrol.services.partners import SellerSnapshot
from scaicontrol.services.tax.arithmetic import Totals
from scaicontrol.services.tax.models import TaxDecision
from scaicontrol.services.tenants import BuyerSnapshot

from .lifecycle import DocumentType, InvoiceLifecycle, InvoiceStatus

FIRST_DIGEST = "0" * 64  # what the first seal of a series stands on
Rate = ExactDecimal(5, 2)
Quantity = ExactDecimal(18, 6)


def _named(kind: type, length: int = 20) -> Enum:
    return Enum(
        kind, native_enum=False, length=length, create_constraint=False, values_callable=lambda e: [m.value for m in e]
    )


class Invoice(Lifecycled, TenantScopedModel):
    """
    An invoice or a credit note: what a tenant owes, or is owed back.

    Once `finalized_at` is set only the columns of contract §14.4 may change; a credit note's amounts are negative.
    Always amount_due = total - amount_paid - amount_credited, and 0 once void.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        within_tenant(),
        ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        parent_key("referenced_invoice_id", "invoices"),
        UniqueConstraint("partner_id", "number"),
        Index("ix_invoices_series", "partner_id", "document_type", "fiscal_year", "serial"),
        Index("ix_invoices_age", "status", "due_date"),
        Index("ix_invoices_referenced", "referenced_invoice_id"),
        Index("ix_invoices_feed", "tenant_id", "created_at", "id"),
        Index("ix_invoices_listed", "created_at", "id"),  # of many tenants at once
        Index("ix_invoices_number", "number"),
        Index("ix_invoices_serial", "serial"),
        Index("ix_invoices_total", "total_cents"),
        Index("ix_invoices_issued", "issue_date"),
        Index("ix_invoices_due", "due_date"),
        *list_indexes("status", "document_type", "currency"),
        *list_indexes(order="issue_date"),
        *list_indexes(order="due_date"),
        *list_indexes(order="total_cents"),
        *list_indexes(order="number"),
    )
    lifecycle: ClassVar[type[Lifecycle]] = InvoiceLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    document_type: Mapped[DocumentType] = mapped_column(_named(DocumentType), default=DocumentType.invoice)
    status: Mapped[InvoiceStatus] = mapped_column(_named(InvoiceStatus), default=InvoiceStatus.draft)
    number: Mapped[str | None] = mapped_column(String(60), info={"drawn": True})
    fiscal_year: Mapped[int | None]
    serial: Mapped[int | None] = mapped_column(info={"drawn": True})  # the NNNNNN of the number: place in the series
    referenced_invoice_id: Mapped[str | None] = mapped_column(IdString)
    currency: Mapped[str] = mapped_column(String(3))
    language: Mapped[str | None] = mapped_column(String(5))
    issue_date: Mapped[date | None] = mapped_column(Date)
    due_date: Mapped[date | None] = mapped_column(Date)
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    delivery_date: Mapped[date | None] = mapped_column(Date)
    notes: Mapped[str | None] = mapped_column(Text)
    buyer_reference: Mapped[str | None] = mapped_column(String(100))
    purchase_order_ref: Mapped[str | None] = mapped_column(String(100))
    contract_ref: Mapped[str | None] = mapped_column(String(100))
    payment_terms: Mapped[str | None] = mapped_column(String(500))
    allowances: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonDocument)  # see `allowances.py`
    charges: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonDocument)
    prepaid_cents: Mapped[int | None]  # received before the issue; payments after it change amount_paid only
    payment_means: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    credit_reason: Mapped[str | None] = mapped_column(Text)
    billing_run_id: Mapped[str | None] = mapped_column(IdString, index=True)

    subtotal_cents: Mapped[int] = mapped_column(default=0)
    tax_cents: Mapped[int] = mapped_column(default=0)
    total_cents: Mapped[int] = mapped_column(default=0)
    reverse_charge: Mapped[bool] = mapped_column(Boolean, default=False)
    tax_label: Mapped[str | None] = mapped_column(String(120))
    legal_note: Mapped[str | None] = mapped_column(Text)

    finalized_at: Mapped[datetime | None]
    buyer_snapshot: Mapped[BuyerSnapshot | None] = mapped_column(JsonDocument)
    seller_snapshot: Mapped[SellerSnapshot | None] = mapped_column(JsonDocument)
    canonical_digest: Mapped[str | None] = mapped_column(String(64))
    previous_digest: Mapped[str | None] = mapped_column(String(64))

    amount_paid_cents: Mapped[int] = mapped_column(default=0)
    amount_credited_cents: Mapped[int] = mapped_column(default=0)
    # The part of what is credited that came from the tenant's balance.
    amount_applied_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    amount_due_cents: Mapped[int] = mapped_column(default=0)
    settlement: Mapped[str | None] = mapped_column(String(20))
    delivery: Mapped[str | None] = mapped_column(String(10))
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    past_due_since: Mapped[datetime | None]
    times_reopened: Mapped[int] = mapped_column(
        default=0, server_default=literal_column("0")
    )  # what had paid it went back
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(Text)
    pdf_url: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list["InvoiceLine"]] = relationship(
        lazy="raise",
        order_by="InvoiceLine.order_index, InvoiceLine.id",
        cascade="all, delete-orphan",
        passive_deletes=False,
    )

    def __str__(self) -> str:
        kind = "credit note" if self.is_credit_note else "invoice"
        return f"{kind} {self.number}" if self.number else f"draft {kind} {self.id}"

    @property
    def is_credit_note(self) -> bool:
        return self.document_type == DocumentType.credit_note

    @property
    def is_sealed(self) -> bool:
        return self.finalized_at is not None

    @property
    def place_in_series(self) -> tuple[int, int]:
        """Where a finalized document stands among those of its seller and type."""
        return self.fiscal_year or 0, self.serial or 0

    def freeze(self, terms: "FinalTerms", decision: TaxDecision, series: "NumberSeries", at: datetime) -> None:
        """
        Take the next number and say from now on only what was decided; the digests of the seal follow.

        The lines have their VAT already: once `finalized_at` is stored their triggers refuse everything.
        """
        self.fiscal_year, self.serial, self.number = series.fiscal_year, *series.take(terms.issue_date)
        self.issue_date, self.due_date, self.language = terms.issue_date, terms.due_date, terms.language
        self.buyer_snapshot, self.seller_snapshot = terms.buyer.copy(), terms.seller.copy()
        self.payment_means = dict(terms.payment_means) if terms.payment_means else None
        self.subtotal_cents, self.tax_cents = terms.totals.subtotal_cents, terms.totals.tax_cents
        self.total_cents = self.amount_due_cents = terms.totals.total_cents
        self.prepaid_cents = terms.prepaid_cents
        self.reverse_charge, self.tax_label = decision.reverse_charge, decision.label
        self.legal_note = decision.legal_note or None
        self.finalized_at = at
        self.version += 1
        self.advance(InvoiceLifecycle.finalize)
        self.previous_digest = series.last_digest

    def require_sealed(self, verb: str) -> None:
        """Refuse what only a finalized document allows."""
        if not self.is_sealed:
            raise Refused(f"Cannot {verb} {self}: it is {self.status.replace('_', ' ')}; finalize it first.")


@dataclass(frozen=True, slots=True)
class FinalTerms:
    """What the gate found and a document says once it is final."""

    issue_date: date
    due_date: date | None
    language: str
    seller: SellerSnapshot
    buyer: BuyerSnapshot
    payment_means: Mapping[str, Any] | None
    totals: Totals
    prepaid_cents: int | None  # what was received before, and the credit that is applied with the seal


class InvoiceLine(TenantScopedModel):
    """
    One position; `amount_cents` is net, after its allowances and charges.

    `derivation` holds what the amount was computed from.
    """

    __tablename__ = "invoice_line_items"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        parent_key("credited_line_id", "invoice_line_items"),
        Index("ix_invoice_line_items_order", "invoice_id", "order_index"),
        Index("ix_invoice_line_items_credited", "tenant_id", "credited_line_id"),  # looked at when a line is deleted
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(IdString)
    order_index: Mapped[int]
    description: Mapped[str] = mapped_column(Text)
    quantity: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(1))
    unit_label: Mapped[str | None] = mapped_column(String(40))
    unit_price_cents: Mapped[int]
    unit_divisor: Mapped[int] = mapped_column(default=1)
    allowances: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonDocument)
    charges: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonDocument)
    amount_cents: Mapped[int]
    tax_category: Mapped[str | None] = mapped_column(String(2))
    tax_rate: Mapped[Decimal | None] = mapped_column(Rate)
    exemption_reason: Mapped[str | None] = mapped_column(Text)  # why this line is exempt, where the document is not
    exemption_code: Mapped[str | None] = mapped_column(String(32))  # its VATEX code
    tax_cents: Mapped[int] = mapped_column(default=0)
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    subscription_id: Mapped[str | None] = mapped_column(IdString, index=True)
    pack_subscription_id: Mapped[str | None] = mapped_column(IdString, index=True)
    metric_slug: Mapped[str | None] = mapped_column(String(100))
    billing_charge_id: Mapped[str | None] = mapped_column(IdString, index=True)
    credited_line_id: Mapped[str | None] = mapped_column(IdString)
    ledger_code: Mapped[str | None] = mapped_column(String(40))
    derivation: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)


class NumberSeries(PartnerPrivate, Model):
    """
    Where one seller's series of one document type and fiscal year stands; never auto-increment, which has gaps.

    It is also the head of the seal chain: a document deleted at the end of the chain is missed against it.
    """

    bookkeeping = True
    __tablename__ = "invoice_sequence"

    partner_id: Mapped[str] = mapped_column(IdString, primary_key=True)
    document_type: Mapped[DocumentType] = mapped_column(_named(DocumentType), primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_number: Mapped[int] = mapped_column(default=1)
    last_digest: Mapped[str] = mapped_column(String(64))
    last_issue_date: Mapped[date | None] = mapped_column(Date)
    prefix: Mapped[str] = mapped_column(String(40))

    @property
    def id(self) -> str:
        return f"{self.partner_id}/{self.document_type}/{self.fiscal_year}"

    @classmethod
    def begun(cls, partner_id: str, document_type: DocumentType, fiscal_year: int, prefix: str) -> Self:
        """Begin a series with no number taken."""
        return cls(
            partner_id=partner_id,
            document_type=document_type,
            fiscal_year=fiscal_year,
            next_number=1,
            last_digest=FIRST_DIGEST,
            prefix=prefix,
        )

    def take(self, issue_date: date) -> tuple[int, str]:
        """Take the next serial with its number; the row stays locked until commit, which keeps it free of gaps."""
        serial = self.next_number
        self.next_number += 1
        self.last_issue_date = issue_date
        return serial, self.number_of(self.prefix, self.document_type, self.fiscal_year, serial)

    @staticmethod
    def number_of(prefix: str, document_type: DocumentType, year: int, serial: int) -> str:
        """Write a number (contract §14.2): six digits, more when a year needs them."""
        kind = "-CN" if document_type == DocumentType.credit_note else ""
        return f"{prefix}{kind}-{year}-{serial:06d}"

    @staticmethod
    def fiscal_year_of(day: date, start_month: int) -> int:
        """Name the calendar year in which the fiscal year of `day` begins."""
        return day.year if day.month >= start_month else day.year - 1


class DocumentRender(TenantScopedModel):
    """The job `document_render`: one wanted version of one document, due until its files are stored."""

    __tablename__ = "document_renders"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("invoice_id", "version"),
        Index("ix_document_renders_due", "due_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(IdString)
    version: Mapped[int]
    # What the gate approved: a published template, '' for the built-in one; None is chosen when it is rendered.
    template_id: Mapped[str | None] = mapped_column(IdString)
    template_version: Mapped[int | None]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None]  # none once done
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]


class Settlement(TenantScopedModel):
    """
    A movement against what is due: a payment or its reversal, an allocated credit note, credit of the balance, money
    given back, a loss that is written off.

    The sums in `invoices` are sums of these rows; `source_id` makes each movement count once. `unapplied_cents` came
    beyond what was due and became a credit; what is used of that later stands beside it as less than nothing.
    """

    append_only = True
    __tablename__ = "invoice_settlements"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("invoice_id", "source_id"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(IdString)
    kind: Mapped[str] = mapped_column(String(20))  # payment, manual, credit_note, credit, write_off
    source_id: Mapped[str] = mapped_column(String(100))
    amount_cents: Mapped[int]
    unapplied_cents: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime]
    reference: Mapped[str | None] = mapped_column(String(255))
    method: Mapped[str | None] = mapped_column(String(40))
    recorded_by: Mapped[str] = mapped_column(String(100))
