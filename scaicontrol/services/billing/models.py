"""Runs, what they plan, the charges that can exist once only, and what could not be computed."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycled
from scaicontrol.db import IdString, JsonDocument, Model, TenantScopedModel, list_indexes
from scaicontrol.db.tenant_filter import PartnerPrivate

from .lifecycle import RunLifecycle, RunStatus

DRAFT: Final = "draft"


class BillingRun(Lifecycled, PartnerPrivate, Model):
    """One partner's plan as of one moment: previewed, compared, then applied exactly."""

    __tablename__ = "billing_runs"
    __table_args__ = (Index("ix_billing_runs_feed", "partner_id", "created_at"),)
    lifecycle = RunLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    as_of: Mapped[datetime]
    tenant_ids: Mapped[list[str] | None] = mapped_column(JsonDocument)
    status: Mapped[str] = mapped_column(String(20), default=RunStatus.computing)
    compute_version: Mapped[str] = mapped_column(String(20))
    snapshot_hash: Mapped[str | None] = mapped_column(String(64))
    plan_hash: Mapped[str | None] = mapped_column(String(64))
    documents: Mapped[int] = mapped_column(default=0)
    quarantined: Mapped[int] = mapped_column(default=0)
    zeros: Mapped[int] = mapped_column(default=0)
    left_as_drafts: Mapped[int] = mapped_column(default=0)
    totals: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)  # currency → subtotal, tax, total cents
    created_by: Mapped[str] = mapped_column(String(100))
    planned_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"billing run {self.id}"


class PlannedDocument(TenantScopedModel):
    """One document of a plan: its digest fixes what an apply may write; the lines can be computed again at any time."""

    __tablename__ = "billing_run_documents"
    __table_args__ = (Index("ix_billing_run_documents_open", "run_id", "status"),)

    run_id: Mapped[str] = mapped_column(IdString, ForeignKey("billing_runs.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    subtotal_cents: Mapped[int]
    tax_cents: Mapped[int]
    total_cents: Mapped[int]
    credited_cents: Mapped[int] = mapped_column(default=0)  # by the credit notes beside the invoice, with VAT
    lines: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20), default="planned")  # planned, applied, quarantined
    invoice_id: Mapped[str | None] = mapped_column(IdString)


class BillingCharge(TenantScopedModel):
    """What was charged for one kind and period of a subject. The unique key is why nothing is ever charged twice."""

    __tablename__ = "billing_charges"
    __table_args__ = (UniqueConstraint("subject_id", "period_start", "charge_kind"),)

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    subject_id: Mapped[str] = mapped_column(IdString)
    charge_kind: Mapped[str] = mapped_column(String(80))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    invoice_id: Mapped[str | None] = mapped_column(IdString, index=True)
    run_id: Mapped[str | None] = mapped_column(IdString)
    derivation: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    waived_reason: Mapped[str | None] = mapped_column(Text)


class QuarantineItem(TenantScopedModel):
    """
    A charge that could not be computed or applied, with its inputs; the rest of the run went on.

    Of the kind `draft` it is a written draft that the gate refuses: its subject is the invoice, its inputs the reasons.
    """

    __tablename__ = "billing_quarantine"
    __table_args__ = (
        Index("ix_billing_quarantine_listed", "created_at", "id"),
        Index("ix_billing_quarantine_feed", "tenant_id", "created_at", "id"),
        Index("ix_billing_quarantine_of_run", "run_id", "created_at", "id"),
        *list_indexes("resolved_at", "charge_kind", "reason_code"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    run_id: Mapped[str | None] = mapped_column(IdString)
    subject_id: Mapped[str] = mapped_column(IdString, index=True)
    charge_kind: Mapped[str] = mapped_column(String(80))
    period_start: Mapped[datetime]
    reason_code: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text)
    inputs: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None] = mapped_column(String(20))
    resolution_reason: Mapped[str | None] = mapped_column(Text)

    def __str__(self) -> str:
        return f"quarantine item {self.id}"

    @property
    def invoice_id(self) -> str | None:
        """The draft it is about, where it is about one."""
        return self.subject_id if self.charge_kind == DRAFT else None

    @property
    def reasons(self) -> list[dict[str, str | None]]:
        """Everything the gate found, where it refused a draft."""
        return list((self.inputs or {}).get("reasons", ()))
