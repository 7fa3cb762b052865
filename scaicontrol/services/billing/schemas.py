from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import ConfigDict, Field

from scaicontrol.core.ids import Id
from scaicontrol.core.periods import BillingPeriod
from scaicontrol.core.ports import VatAnswer
from scaicontrol.core.schemas import Exact, In, Moment, MomentIn, Out
from scaicontrol.services.subscriptions.schemas import PlannedChangeOut

from .planned import ComputedDocument, PlannedLine


class RunIn(In):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"partner_id": "prt_operator", "as_of": "2026-02-01T00:00:00Z"}]}
    )

    partner_id: Id | None = None
    tenant_ids: list[Id] | None = Field(default=None, min_length=1, max_length=1000)
    as_of: MomentIn


class ApplyIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"plan_hash": "9f86d081…"}]})

    plan_hash: str = Field(min_length=64, max_length=64)


class ResolveIn(In):
    model_config = ConfigDict(json_schema_extra={"examples": [{"resolution": "waive", "reason": "Agreed by phone"}]})

    resolution: str = Field(examples=["retry"])
    reason: str = Field(min_length=1, max_length=2000)


class RunOut(Out):
    id: str = Field(examples=["run_01m851qp4yet0r2fk9wvt1p634"])
    partner_id: str
    as_of: Moment
    tenant_ids: list[str] | None
    status: str = Field(examples=["planned"])
    compute_version: str
    plan_hash: str | None
    documents: int
    zeros: int
    quarantined: int
    left_as_drafts: int = Field(description="Written, but refused at finalisation: see its quarantine.")
    totals: dict[str, Any]
    created_by: str
    planned_at: Moment | None
    applied_at: Moment | None
    version: int
    created_at: Moment


class PlannedDocumentOut(Out):
    key: str
    tenant_id: str
    currency: str
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    credited_cents: int = Field(description="What credit notes beside the invoice give back, with VAT.")
    lines: int
    digest: str
    status: str
    invoice_id: str | None


class GateReasonOut(Out):
    code: str
    message: str
    field: str | None = None
    rule: str | None = None
    fix: str | None = None


class QuarantineOut(Out):
    id: str
    run_id: str | None
    tenant_id: str
    partner_id: str
    subject_id: str
    charge_kind: str
    period_start: Moment
    reason_code: str = Field(examples=["no_billing_profile"])
    detail: str
    inputs: dict[str, Any] = Field(description="What it would have been made from.")
    invoice_id: str | None = Field(description="The draft it is about, where it is about one.")
    reasons: list[GateReasonOut] = Field(description="Everything that keeps that draft from being finalised.")
    resolved_at: Moment | None
    resolution: str | None
    resolution_reason: str | None
    created_at: Moment


class ComparedOut(Out):
    key: str
    kind: Literal["new", "gone", "changed"] = Field(examples=["changed"])
    total_cents: int | None
    previous_total_cents: int | None
    is_outlier: bool = Field(description="It differs from before by half or more: look at it before applying.")


class PreviewLineOut(Out):
    subscription_id: str
    charge_kind: str
    description: str
    quantity: Exact
    unit_price_cents: int
    unit_divisor: int
    amount_cents: int
    period_start: Moment
    period_end: Moment
    derivation: dict[str, Any]

    @classmethod
    def of(cls, line: PlannedLine) -> "PreviewLineOut":
        return cls(
            subscription_id=line.subscription_id,
            charge_kind=line.charge_kind,
            description=line.description,
            quantity=Decimal(line.quantity),
            unit_price_cents=line.unit_price_cents,
            unit_divisor=line.unit_divisor,
            amount_cents=line.amount_cents,
            period_start=line.period.start,
            period_end=line.period.end,
            derivation=line.derivation,
        )


class PreviewCreditOut(Out):
    """A credit note beside the invoice: what credits hold beyond its charges, given back where it was charged."""

    invoice_id: str
    invoice_number: str
    description: str
    subtotal_cents: int
    tax_cents: int
    total_cents: int


class PreviewOut(Out):
    """A document as it would be written, and on which day where that is foreseen."""

    tenant_id: str
    currency: str
    invoice_date: date | None = None
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    tax_label: str
    lines: list[PreviewLineOut]
    credited_cents: int = Field(description="What the credit notes give back, with VAT.")
    credits: list[PreviewCreditOut]

    @classmethod
    def of(cls, document: ComputedDocument, day: date | None = None) -> "PreviewOut":
        return cls(
            tenant_id=document.tenant_id,
            currency=document.currency,
            invoice_date=day,
            subtotal_cents=document.subtotal_cents,
            tax_cents=document.tax_cents,
            total_cents=document.total_cents,
            tax_label=document.tax_label,
            lines=[PreviewLineOut.of(line) for line in document.lines],
            credited_cents=document.credited_cents,
            credits=[
                PreviewCreditOut(
                    invoice_id=note.invoice_id,
                    invoice_number=note.invoice_number,
                    description=note.line.description,
                    subtotal_cents=-note.subtotal_cents,
                    tax_cents=-note.tax_cents,
                    total_cents=-note.total_cents,
                )
                for note in document.notes
            ],
        )


class OverviewOut(Out):
    currency: str
    mrr_amount_cents: int
    open_cents: int
    overdue_cents: int
    next_invoice_date: Moment | None
    next_invoice_cents: int = Field(description="What the next invoice comes to, with VAT, as far as it is known.")
    next_credit_cents: int = Field(description="What credit notes give back beside it, with VAT.")
    standing: Literal["good", "past_due", "suspended"]
    credit_cents: int


class PartnerSummaryOut(Out):
    partner_id: str
    currency: str
    tenants: int
    mrr_amount_cents: int
    open_cents: int
    overdue_cents: int
    subscriptions: dict[str, int]


class ChangePreviewOut(PlannedChangeOut):
    """A change with the documents that follow it: their lines and VAT, and the day they are written on."""

    model_config = ConfigDict(json_schema_extra=PlannedChangeOut.model_config["json_schema_extra"])

    documents: list[PreviewOut] = Field(default_factory=list, description="With everything else due by then.")


class QuoteOut(Out):
    """The first paid period of a plan as its invoice would charge it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plan_id": "pln_01m851qp4yet0r2fk9wvt1p634",
                    "plan_key": "scaidrive.pro",
                    "quantity": 5,
                    "trial_days": 14,
                    "is_available": True,
                    "charged_plan": "Pro",
                    "charged_on": "2026-02-15",
                    "billing_period": "monthly",
                    "currency": "EUR",
                    "discount_cents": 0,
                    "setup_cents": 0,
                    "net_cents": 5_000,
                    "tax_cents": 1_050,
                    "total_cents": 6_050,
                    "tax_label": "VAT 21%",
                }
            ]
        }
    )

    plan_id: str
    plan_key: str
    quantity: int
    trial_days: int = Field(description="That this tenant would get: one trial per service, ever.")
    is_available: bool = Field(description="False for a plan that is a trial alone, once that was had.")
    charged_plan: str | None = Field(description="What is paid for, after a trial; null where a trial just ends.")
    charged_on: date | None
    billing_period: BillingPeriod
    currency: str
    discount_cents: int = Field(description="What a coupon takes off the net amount.")
    setup_cents: int = Field(description="What of the net amount is charged once, for setting up.")
    net_cents: int
    tax_cents: int | None = Field(description="Null while nobody knows where the buyer is.")
    total_cents: int | None
    tax_label: str | None


class VatStandingOut(Out):
    """Which VAT one's invoices carry, by which rule, and what VIES last said about the number that is saved."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "vat_number": "DE136695976",
                    "answer": "valid",
                    "consulted_at": "2026-02-01T10:00:00Z",
                    "consultation_number": "WAPIAAAAW1K2",
                    "name": "Globex GmbH",
                    "rule": "4",
                    "rate": "0",
                    "label": "Reverse charge",
                    "reverse_charge": True,
                    "legal_note": "Reverse charge, Art. 196 of Directive 2006/112/EC.",
                }
            ]
        }
    )

    vat_number: str | None
    answer: VatAnswer | None = Field(description="Null while nobody asked.")
    consulted_at: Moment | None
    consultation_number: str | None
    name: str | None = Field(description="As VIES has it.")
    rule: Literal["exempt", "1", "2", "3", "4", "5"] | None = Field(description="Null where nothing can be decided.")
    rate: Exact | None
    label: str | None
    reverse_charge: bool
    legal_note: str
