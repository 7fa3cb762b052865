"""What is told about documents, and what the gate found."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from scaicontrol.core.errors import Reason
from scaicontrol.core.schemas import (
    DayIn,
    Exact,
    Moment,
    Out,
)

from ..lifecycle import DocumentType, InvoiceStatus


class LineAdjustmentOut(Out):
    """What was taken off or added before VAT (BG-27, BG-28); `percent` of `base_cents` where it is a share."""

    amount_cents: int
    reason: str | None = None
    reason_code: str | None = None
    percent: Decimal | None = None
    base_cents: int | None = None


class AdjustmentOut(LineAdjustmentOut):
    """The same of a whole document (BG-20, BG-21), with the VAT it belongs to once that is decided."""

    tax_category: str | None = None
    tax_rate: Decimal | None = None
    tax_cents: int | None = None


def _raised_and_lowered(
    charges: Sequence[LineAdjustmentOut] | None, allowances: Sequence[LineAdjustmentOut] | None
) -> list[tuple[str, int]]:
    """Give reason and cents of each adjustment, allowances negated."""
    raised = [(each.reason or "Charge", each.amount_cents) for each in charges or ()]
    return raised + [(each.reason or "Discount", -each.amount_cents) for each in allowances or ()]


class LineOut(Out):
    id: str
    order_index: int
    description: str
    quantity: Exact
    unit_label: str | None
    unit_price_cents: int
    unit_divisor: int
    allowances: list[LineAdjustmentOut] | None
    charges: list[LineAdjustmentOut] | None
    amount_cents: int
    tax_category: str | None
    tax_rate: Decimal | None
    exemption_reason: str | None
    exemption_code: str | None
    tax_cents: int
    period_start: Moment | None
    period_end: Moment | None
    subscription_id: str | None
    pack_subscription_id: str | None
    metric_slug: str | None
    billing_charge_id: str | None
    credited_line_id: str | None
    ledger_code: str | None
    derivation: dict[str, Any] | None

    @property
    def adjustments(self) -> list[tuple[str, int]]:
        return _raised_and_lowered(self.charges, self.allowances)


_SUMMARY: JsonDict = {
    "id": "inv_01jd0000000000000000000000",
    "tenant_id": "tnt_acme",
    "partner_id": "prt_northwind",
    "document_type": "invoice",
    "status": "finalized",
    "number": "SCAI-2026-000001",
    "currency": "EUR",
    "issue_date": "2026-02-01",
    "due_date": "2026-02-15",
    "subtotal_cents": 5700,
    "tax_cents": 1197,
    "total_cents": 6897,
    "amount_due_cents": 6897,
}


class InvoiceSummary(Out):
    """One row of a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    id: str
    tenant_id: str
    partner_id: str
    document_type: DocumentType
    status: InvoiceStatus
    number: str | None
    referenced_invoice_id: str | None
    currency: str
    language: str | None
    issue_date: date | None
    due_date: date | None
    period_start: Moment | None
    period_end: Moment | None
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    amount_paid_cents: int
    amount_credited_cents: int
    amount_applied_cents: int = Field(description="The part of it that came from the credit balance.")
    amount_due_cents: int
    settlement: str | None
    reverse_charge: bool
    tax_label: str | None
    finalized_at: Moment | None
    sent_at: Moment | None
    paid_at: Moment | None
    past_due_since: Moment | None
    voided_at: Moment | None
    delivery: str | None
    pdf_url: str | None
    billing_run_id: str | None
    version: int
    created_at: Moment
    updated_at: Moment


class InvoiceOut(InvoiceSummary):
    """A document with its lines and what may be done with it now."""

    notes: str | None
    buyer_reference: str | None
    purchase_order_ref: str | None
    contract_ref: str | None
    payment_terms: str | None
    delivery_date: date | None
    allowances: list[AdjustmentOut] | None
    charges: list[AdjustmentOut] | None
    prepaid_cents: int | None
    payment_means: dict[str, Any] | None
    legal_note: str | None
    credit_reason: str | None
    void_reason: str | None
    buyer_snapshot: dict[str, Any] | None
    seller_snapshot: dict[str, Any] | None
    canonical_digest: str | None
    previous_digest: str | None
    lines: list[LineOut]
    available_actions: list[str]

    @property
    def adjustments(self) -> list[tuple[str, int]]:
        return _raised_and_lowered(self.charges, self.allowances)


class DecisionOut(Out):
    rule: str
    rate: Decimal
    category: str
    reverse_charge: bool
    label: str
    legal_note: str
    exemption_code: str | None
    evidence: dict[str, Any]
    warnings: list[str]
    decided_at: Moment


class RenderOut(Out):
    """A wanted version and how far it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"invoice_id": "inv_1", "version": 2, "attempts": 0}]})

    invoice_id: str
    version: int
    requested_at: Moment
    requested_by: str
    reason: str | None
    attempts: int
    last_error: str | None
    done_at: Moment | None


class SettlementOut(Out):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "stl_1", "invoice_id": "inv_1", "kind": "manual", "amount_cents": 6897}]}
    )

    id: str
    invoice_id: str
    kind: str
    source_id: str
    amount_cents: int
    unapplied_cents: int
    settled_at: Moment
    reference: str | None
    method: str | None
    recorded_by: str


class CheckReasonOut(Out):
    code: str
    message: str
    field: str | None
    rule: str | None = None
    fix: str | None = None

    @property
    def said(self) -> str:
        return self.as_reason().said

    def as_reason(self) -> Reason:
        return Reason(self.code, self.message, self.field, self.rule, self.fix)


class CheckReport(Out):
    """What stands between a draft and its number; nothing when `ready`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"invoice_id": "inv_1", "version": 1, "ready": True, "reasons": []}]}
    )

    invoice_id: str
    version: int
    ready: bool
    reasons: list[CheckReasonOut]
    warnings: list[str] = Field(default_factory=list)
    rules_passed: list[str] = Field(default_factory=list)  # name, version and digest of each
    rules_not_run: list[str] = Field(default_factory=list)  # why an official set could not be asked
    inputs_digest: str
    issue_date: DayIn | None = None
    due_date: DayIn | None = None
    subtotal_cents: int | None = None
    tax_cents: int | None = None
    total_cents: int | None = None
    tax_label: str | None = None
    einvoice_format: str | None = None
    partner_id: str
    document_type: DocumentType
    fiscal_year: int
    number_prefix: str
    opens_series: bool

    @property
    def failures(self) -> list[Reason]:
        return [reason.as_reason() for reason in self.reasons]


class Deleted(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"deleted": True}]})

    deleted: bool = True
