from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.errors import Reason
from scaicontrol.core.ids import Id
from scaicontrol.core.money import half_up
from scaicontrol.core.schemas import (
    Cents,
    Count,
    Currency,
    DayIn,
    Exact,
    In,
    Moment,
    MomentIn,
    OneLine,
    Out,
    Patch,
    Price,
    Rate,
    RowVersion,
)
from scaicontrol.media.fonts import Printed

from .lifecycle import DocumentType, InvoiceStatus

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000), Printed]
Short = Annotated[str, StringConstraints(min_length=1, max_length=100), OneLine, Printed]
UnitLabel = Annotated[str, StringConstraints(min_length=1, max_length=40), OneLine, Printed]
VatCategory = Annotated[str, Field(pattern="^(S|AE|G|E|Z|O|K)$", description="UNCL 5305.")]
Percent = Annotated[Exact, Field(gt=0, le=100, decimal_places=4)]
Terms = Annotated[str, StringConstraints(min_length=1, max_length=500), Printed]
VatexCode = Annotated[str, StringConstraints(pattern=r"^VATEX-[A-Z0-9-]{2,26}$")]

_LINE: JsonDict = {
    "description": "Pro plan, January 2026",
    "quantity": "3",
    "unit_label": "seat",
    "unit_price_cents": 1900,
    "amount_cents": 5700,
    "period_start": "2026-01-01T00:00:00Z",
    "period_end": "2026-02-01T00:00:00Z",
}
_VERSION = Field(default=None, description="The version you saw; a stale one is 409.")


class LineAllowanceIn(In):
    """What is taken off a line before VAT: an amount, or a percentage of a base, by default quantity times price."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"percent": "10", "reason": "Loyalty discount"}]})

    amount_cents: Price | None = None
    percent: Percent | None = None
    base_cents: Price | None = None
    reason: Short
    reason_code: Annotated[str, Field(pattern=r"^\d{2,3}$", description="UNCL 5189; 95 is a discount.")] = "95"

    @model_validator(mode="after")
    def _amount_or_share(self) -> Self:
        if (self.amount_cents is None) == (self.percent is None):
            raise ValueError("give either amount_cents or percent")
        if self.base_cents is not None and self.percent is None:
            raise ValueError("base_cents goes with percent")
        return self


class LineChargeIn(LineAllowanceIn):
    """What is added to a line before VAT."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount_cents": 500, "reason": "Express set-up"}]})

    reason_code: Annotated[str, Field(pattern="^[A-Z]{2,3}$", description="UNCL 7161.")] | None = None  # type: ignore[assignment]  # another code list


class AllowanceIn(LineAllowanceIn):
    """
    What is taken off the whole document before VAT.

    A percentage without a base is one of the lines that state the same category and rate.
    """

    tax_category: VatCategory | None = None
    tax_rate: Rate | None = Field(default=None, description="Per cent; none means the document's rate.")


class ChargeIn(LineChargeIn):
    """What is added to the whole document before VAT."""

    tax_category: VatCategory | None = None
    tax_rate: Rate | None = Field(default=None, description="Per cent; none means the document's rate.")


class _Spanned(In):
    period_start: MomentIn | None = None
    period_end: MomentIn | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "_Spanned":
        if self.period_start and self.period_end and self.period_end <= self.period_start:
            raise ValueError("period_end must lie after period_start")
        return self


class LineIn(_Spanned):
    """
    One position; without `amount_cents` its net amount is quantity times unit price, rounded half up once, less
    allowances, plus charges.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    description: Text
    quantity: Exact = Decimal(1)
    unit_label: Annotated[str, StringConstraints(max_length=40), OneLine, Printed] | None = None
    unit_price_cents: Cents
    unit_divisor: Count = 1
    amount_cents: Cents | None = None
    allowances: list[LineAllowanceIn] = Field(default_factory=list, max_length=20)
    charges: list[LineChargeIn] = Field(default_factory=list, max_length=20)
    tax_category: VatCategory | None = None
    tax_rate: Rate | None = Field(default=None, description="Per cent; none means the document's rate.")
    exemption_reason: Text | None = Field(default=None, description="BT-120: why a line of category E is exempt.")
    exemption_code: VatexCode | None = Field(default=None, description="BT-121: its VATEX code.")
    ledger_code: UnitLabel | None = None

    @property
    def gross_cents(self) -> int:
        """Quantity times price, before allowances and charges."""
        return half_up(self.quantity * self.unit_price_cents / self.unit_divisor)

    @model_validator(mode="after")
    def _reduce_what_is_asked_for(self) -> Self:
        if (self.allowances or self.charges) and self.gross_cents < 0:
            raise ValueError("a line below zero is a reduction itself and takes no allowances or charges")
        return self


class DraftLineIn(LineIn):
    """A position made by billing: what it bills, and what its amount was derived from."""

    subscription_id: Id | None = None
    pack_subscription_id: Id | None = None
    metric_slug: Short | None = None
    billing_charge_id: Id | None = None
    derivation: dict[str, Any] | None = None


class InvoiceIn(_Spanned):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tenant_id": "tnt_acme", "currency": "EUR", "lines": [_LINE]}]}
    )

    tenant_id: Id
    currency: Currency
    lines: list[LineIn] = Field(max_length=10_000)
    allowances: list[AllowanceIn] = Field(default_factory=list, max_length=50)
    charges: list[ChargeIn] = Field(default_factory=list, max_length=50)
    due_date: DayIn | None = None
    delivery_date: DayIn | None = Field(default=None, description="Default: the last day of the period.")
    notes: Text | None = None
    buyer_reference: Short | None = None
    purchase_order_ref: Short | None = None
    contract_ref: Short | None = None
    payment_terms: Terms | None = None
    prepaid_cents: Price | None = Field(default=None, description="Received before the issue; shown and not due.")


class DraftIn(InvoiceIn):
    """What billing hands over."""

    lines: list[DraftLineIn] = Field(max_length=10_000)  # type: ignore[assignment]  # a narrower line, never written to
    billing_run_id: Id | None = None


class InvoicePatch(Patch, _Spanned):
    model_config = ConfigDict(json_schema_extra={"examples": [{"notes": "Thank you.", "version": 1}]})

    lines: list[LineIn] | None = Field(default=None, max_length=10_000, description="The complete list; replaces all.")
    allowances: list[AllowanceIn] | None = Field(default=None, max_length=50, description="The complete list.")
    charges: list[ChargeIn] | None = Field(default=None, max_length=50, description="The complete list.")
    due_date: DayIn | None = None
    delivery_date: DayIn | None = None
    notes: Text | None = None
    buyer_reference: Short | None = None
    purchase_order_ref: Short | None = None
    contract_ref: Short | None = None
    payment_terms: Terms | None = None
    prepaid_cents: Price | None = None
    version: RowVersion | None = _VERSION


class LineOrderIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"line_ids": ["ili_2", "ili_1"]}]})

    line_ids: list[Id] = Field(max_length=10_000)


class FinalizeIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"issue_date": "2026-02-01"}]})

    issue_date: DayIn | None = Field(default=None, description="Default: today in the seller's time zone.")
    version: RowVersion | None = _VERSION
    vies_override_reason: Text | None = Field(default=None, description="Go on although VIES does not answer; say why.")


class CreditLineIn(In):
    line_id: Id
    amount_cents: Cents = Field(description="Net part of the line to give back, with the sign of the line.")


class CreditIn(In):
    """Some lines, or an amount over all of them; without both everything that has not been credited yet is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"lines": [{"line_id": "ili_1", "amount_cents": 500}], "reason": "Outage on 3 January"},
                {"amount_cents": 1000, "basis": "gross", "reason": "Goodwill"},
            ]
        }
    )

    lines: list[CreditLineIn] | None = Field(default=None, min_length=1, max_length=10_000)
    amount_cents: Cents | None = Field(default=None, ge=1, description="Shared over all lines that have a rest.")
    basis: Literal["net", "gross"] = Field(default="gross", description="Whether `amount_cents` is with VAT (gross).")
    reason: Text
    finalize: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> "CreditIn":
        if self.lines is not None and self.amount_cents is not None:
            raise ValueError("give either lines or an amount, not both")
        return self


class ReasonIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Sent to the wrong customer"}]})

    reason: Text


class InvoiceFilter(In):
    """Which documents of a list; what is left out does not narrow it. Days are issue dates, both included."""

    status: InvoiceStatus | None = None
    document_type: DocumentType | None = None
    tenant_id: Id | None = None
    partner_id: Id | None = None
    currency: Currency | None = None
    issued_from: DayIn | None = Field(default=None, description="First issue date.")
    issued_to: DayIn | None = Field(default=None, description="Last issue date.")
    overdue: bool | None = None
    q: str | None = Field(default=None, max_length=100, description="Beginning of a number, or an id.")


class MarkPaidIn(In):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"paid_at": "2026-02-03T10:00:00Z", "reference": "ABN 4711", "method": "sepa"}]}
    )

    amount_cents: Price | None = Field(default=None, ge=1, description="Default: all that is due.")
    paid_at: MomentIn
    reference: Short
    method: UnitLabel


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
