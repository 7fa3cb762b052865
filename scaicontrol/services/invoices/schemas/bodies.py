"""What is sent about drafts and documents."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from scaicontrol.core.ids import Id
from scaicontrol.core.money import half_up
from scaicontrol.core.schemas import (
    Cents,
    Count,
    Currency,
    DayIn,
    Exact,
    In,
    InvoicedCurrency,
    MomentIn,
    OneLine,
    Patch,
    Price,
    Rate,
    RowVersion,
)
from scaicontrol.media.fonts import Printed

from ..lifecycle import DocumentType, InvoiceStatus

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
    currency: InvoicedCurrency
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
    vat_rate_reason: Text | None = Field(
        default=None,
        description="Go on although a line states a VAT rate its place has not, or no ground for no VAT; say why.",
    )


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


class OwnInvoiceFilter(In):
    """Which of one's own documents; what is left out does not narrow it. Days are issue dates, both included."""

    status: InvoiceStatus | None = None
    document_type: DocumentType | None = None
    issued_from: DayIn | None = Field(default=None, description="First issue date.")
    issued_to: DayIn | None = Field(default=None, description="Last issue date.")
    is_open: bool | None = None
    q: str | None = Field(
        default=None, max_length=100, description="Part of a number, or an amount: `224`, `1.234,56`, `1,234.56`."
    )


class InvoiceFilter(OwnInvoiceFilter):
    """Which documents of a list; what is left out does not narrow it. Days are issue dates, both included."""

    tenant_id: Id | None = None
    partner_id: Id | None = None
    currency: Currency | None = None
    overdue: bool | None = None
    q: str | None = Field(
        default=None, max_length=100, description="Beginning of a number, or an id; tenants also find an amount."
    )


class MarkPaidIn(In):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"paid_at": "2026-02-03T10:00:00Z", "reference": "ABN 4711", "method": "sepa"}]}
    )

    amount_cents: Price | None = Field(
        default=None, ge=1, description="Default: all that is due. What came beyond that becomes a credit."
    )
    paid_at: MomentIn
    reference: Short
    method: UnitLabel


class ApplyCreditIn(In):
    """Without an amount as much as there is, and never more than is due; without a credit the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount_cents": 2000}]})

    amount_cents: Price | None = Field(default=None, ge=1)
    credit_id: Id | None = None
