"""Facts of documents; payloads as contract §23.8 lists them. Those with `public = False` stay in the house."""

from datetime import date, datetime
from typing import ClassVar

from scaicontrol.core.events import DomainEvent


class InvoiceFact(DomainEvent):
    resource: ClassVar[str] = "invoice_id"

    invoice_id: str
    tenant_id: str
    partner_id: str


class _NumberedStep(DomainEvent):
    """A fact that happens several times to one document; `step` counts and is no part of the payload."""

    step: int = 1

    @property
    def lifecycle_step(self) -> str:
        return str(self.step)

    @property
    def payload(self) -> dict[str, object]:
        return self.model_dump(mode="json", exclude={"step"})


class InvoiceFinalized(InvoiceFact):
    topic: ClassVar[str] = "invoice.finalized"

    number: str
    document_type: str
    scaicontrol_customer_id: str
    currency: str
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    amount_due_cents: int
    issue_date: date
    due_date: date | None
    period_start: datetime | None
    period_end: datetime | None
    reverse_charge: bool
    canonical_digest: str
    finalized_at: datetime


class CreditNoteIssued(DomainEvent):
    topic: ClassVar[str] = "credit_note.issued"
    resource: ClassVar[str] = "credit_note_id"

    credit_note_id: str
    number: str
    referenced_invoice_id: str
    referenced_invoice_number: str
    tenant_id: str
    partner_id: str
    scaicontrol_customer_id: str
    currency: str
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    reason: str | None
    canonical_digest: str
    issued_at: datetime


class InvoiceSent(_NumberedStep, InvoiceFact):
    topic: ClassVar[str] = "invoice.sent"

    number: str
    document_type: str
    channel: str
    einvoice_format: str | None
    sent_at: datetime


class InvoicePaid(_NumberedStep, InvoiceFact):
    """An invoice is settled; `step` is above 1 where it had been reopened."""

    topic: ClassVar[str] = "invoice.paid"

    number: str
    currency: str
    total_cents: int
    settlement: str
    payment_id: str | None
    paid_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return "terminal" if self.step == 1 else f"terminal:{self.step}"


class InvoiceReopened(InvoiceFact):
    """A paid invoice owes again: money or credit that had settled it went back."""

    topic: ClassVar[str] = "invoice.reopened"

    number: str
    currency: str
    amount_due_cents: int
    source_id: str
    reason: str | None
    reopened_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return self.source_id


class InvoicePastDue(_NumberedStep, InvoiceFact):
    topic: ClassVar[str] = "invoice.past_due"

    number: str
    currency: str
    amount_due_cents: int
    due_date: date | None
    past_due_since: datetime
    cause: str
    next_retry_at: datetime | None

    @property
    def lifecycle_step(self) -> str:
        return "initial" if self.step == 1 else str(self.step)


class InvoiceVoided(InvoiceFact):
    topic: ClassVar[str] = "invoice.voided"

    number: str
    document_type: str
    currency: str
    total_cents: int
    void_reason: str
    voided_at: datetime

    @property
    def lifecycle_step(self) -> str:
        return "terminal"


class InternalFact(InvoiceFact):
    public: ClassVar[bool] = False


class InvoiceDrafted(InternalFact):
    topic: ClassVar[str] = "invoice.drafted"

    document_type: str
    currency: str
    subtotal_cents: int


class InvoiceUpdated(InternalFact):
    topic: ClassVar[str] = "invoice.updated"

    version: int
    changed_fields: list[str]

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class InvoiceDeleted(InternalFact):
    topic: ClassVar[str] = "invoice.deleted"


class DraftVoided(InternalFact):
    """A draft was set aside; it never had a number."""

    topic: ClassVar[str] = "invoice.draft_voided"

    void_reason: str


class RenderRequested(InternalFact):
    """A document wants files; whoever renders starts now instead of at the next sweep."""

    topic: ClassVar[str] = "invoice.render_requested"

    render_id: str
    version: int
    reason: str | None

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.version}"


class SettlementRecorded(InternalFact):
    """Something was paid or credited towards a document."""

    topic: ClassVar[str] = "invoice.settlement_recorded"

    kind: str
    source_id: str
    amount_cents: int
    unapplied_cents: int
    amount_due_cents: int
    currency: str

    @property
    def lifecycle_step(self) -> str:
        return self.source_id


class CreditNoteSettled(_NumberedStep):
    """A credit note was allocated, applied or paid back in full."""

    topic: ClassVar[str] = "credit_note.settled"
    resource: ClassVar[str] = "credit_note_id"
    public: ClassVar[bool] = False

    credit_note_id: str
    tenant_id: str
    partner_id: str
    number: str
    settlement: str

    @property
    def lifecycle_step(self) -> str:
        return "initial" if self.step == 1 else str(self.step)


class CreditNoteReopened(DomainEvent):
    """A credit note has something left again: a refund failed after all, or the invoice it was applied to is void."""

    topic: ClassVar[str] = "credit_note.reopened"
    resource: ClassVar[str] = "credit_note_id"
    public: ClassVar[bool] = False

    credit_note_id: str
    tenant_id: str
    partner_id: str
    number: str
    amount_due_cents: int
    source_id: str
    reason: str | None

    @property
    def lifecycle_step(self) -> str:
        return self.source_id
