from typing import ClassVar, TypedDict

from pydantic import Field

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.schemas import Moment

from .models import Payment


class PaymentFields(TypedDict):
    """What every fact about a payment says."""

    payment_id: str
    invoice_id: str
    invoice_number: str | None
    tenant_id: str
    partner_id: str
    provider: str
    amount_cents: int
    currency: str


def fields_of(payment: Payment, invoice_number: str | None, amount_cents: int | None = None) -> PaymentFields:
    """Say what every fact about a payment says; of money that came or went, how much that was."""
    return {
        "payment_id": payment.id,
        "invoice_id": payment.invoice_id,
        "invoice_number": invoice_number,
        "tenant_id": payment.tenant_id,
        "partner_id": payment.partner_id,
        "provider": payment.provider,
        "amount_cents": payment.amount_cents if amount_cents is None else amount_cents,
        "currency": payment.currency,
    }


class CountedFact(DomainEvent):
    """A fact that can happen again to the same payment; `step` tells the times apart and is no part of the payload."""

    step: int | str = Field(exclude=True)


class PaymentFact(DomainEvent):
    resource: ClassVar[str] = "payment_id"

    payment_id: str
    invoice_id: str
    invoice_number: str | None
    tenant_id: str
    partner_id: str
    provider: str
    amount_cents: int
    currency: str


class PaymentSucceeded(CountedFact, PaymentFact):
    """Money came; a payment that is captured in parts, or comes after all, tells so each time."""

    topic: ClassVar[str] = "payment.succeeded"

    method_type: str | None
    amount_due_cents: int
    external_id: str | None
    succeeded_at: Moment

    @property
    def lifecycle_step(self) -> str:
        return "terminal" if self.step == 1 else f"booking:{self.step}"


class PaymentReversed(CountedFact, PaymentFact):
    """A payment that had succeeded failed after all, as a returned direct debit does: its money went back."""

    topic: ClassVar[str] = "payment.reversed"

    attempt: int
    failure_code: str | None
    amount_due_cents: int
    reversed_at: Moment
    next_retry_at: Moment | None

    @property
    def lifecycle_step(self) -> str:
        return f"booking:{self.step}"


class PaymentFailed(PaymentFact):
    topic: ClassVar[str] = "payment.failed"

    attempt: int
    failure_code: str | None
    retryable: bool
    failed_at: Moment
    next_retry_at: Moment | None

    @property
    def lifecycle_step(self) -> str:
        return f"attempt:{self.attempt}"


class PaymentRefunded(DomainEvent):
    topic: ClassVar[str] = "payment.refunded"
    resource: ClassVar[str] = "payment_id"

    payment_id: str
    refund_id: str
    credit_note_id: str | None
    credit_id: str | None  # none of what a person gave back at the provider beyond any credit
    invoice_id: str
    tenant_id: str
    partner_id: str
    provider: str
    amount_cents: int
    currency: str
    refunded_total_cents: int
    refunded_at: Moment
    step: int = Field(default=0, exclude=True)  # of one that went after it was given up

    @property
    def lifecycle_step(self) -> str:
        return f"{self.refund_id}:{self.step}" if self.step else self.refund_id


class PaymentMismatched(CountedFact, PaymentFact):
    """The provider speaks of another currency, or of less than was booked: left for a person."""

    topic: ClassVar[str] = "payment.mismatched"
    public: ClassVar[bool] = False

    reported_cents: int | None
    reported_currency: str | None

    @property
    def lifecycle_step(self) -> str:
        return str(self.step)


class PaymentMismatchResolved(PaymentMismatched):
    """A person decided what counts; `booked_cents` is what the payment holds since, besides disputes."""

    topic: ClassVar[str] = "payment.mismatch_resolved"

    decision: str
    booked_cents: int
    moved_cents: int
    reason: str


class PaymentDisputed(CountedFact, PaymentFact):
    """The payer's bank asks money of this payment back; the dispute tells the rest."""

    topic: ClassVar[str] = "payment.disputed"
    public: ClassVar[bool] = False

    disputed_at: Moment

    @property
    def lifecycle_step(self) -> str:
        return str(self.step)


class DisputeFact(CountedFact):
    resource: ClassVar[str] = "dispute_id"

    dispute_id: str
    payment_id: str | None
    invoice_id: str
    invoice_number: str | None
    tenant_id: str
    partner_id: str
    provider: str
    amount_cents: int
    currency: str
    reason: str | None
    fee_cents: int

    @property
    def lifecycle_step(self) -> str:
        return f"v{self.step}"


class DisputeOpened(DisputeFact):
    topic: ClassVar[str] = "dispute.opened"

    evidence_due_at: Moment | None
    opened_at: Moment


class DisputeWon(DisputeFact):
    topic: ClassVar[str] = "dispute.won"

    closed_at: Moment


class DisputeLost(DisputeFact):
    """The money is gone; `outcome` says whether the invoice is owed again or the seller bears the loss."""

    topic: ClassVar[str] = "dispute.lost"

    lost_cents: int
    outcome: str
    amount_due_cents: int
    closed_at: Moment


class DisputeWithdrawn(DisputeFact):
    """The payer took it back, or it never became more than an inquiry."""

    topic: ClassVar[str] = "dispute.withdrawn"

    closed_at: Moment


class RefundFailed(DomainEvent):
    topic: ClassVar[str] = "refund.failed"
    resource: ClassVar[str] = "refund_id"
    public: ClassVar[bool] = False

    refund_id: str
    payment_id: str
    credit_id: str | None
    tenant_id: str
    partner_id: str
    amount_cents: int
    currency: str
    attempts: int
    is_final: bool  # given up: its credit is free again, and a person decides what follows
    error: str

    @property
    def lifecycle_step(self) -> str:
        return f"attempt:{self.attempts}"


class RefundAfterAll(DomainEvent):
    """A refund that was given up went after all; `twice_cents` of it had been paid out in another way meanwhile."""

    topic: ClassVar[str] = "refund.after_all"
    resource: ClassVar[str] = "refund_id"
    public: ClassVar[bool] = False

    refund_id: str
    payment_id: str
    credit_id: str | None
    tenant_id: str
    partner_id: str
    amount_cents: int
    currency: str
    attempts: int
    twice_cents: int

    @property
    def lifecycle_step(self) -> str:
        return f"attempt:{self.attempts}"


class MethodAdded(DomainEvent):
    topic: ClassVar[str] = "payment_method.added"
    resource: ClassVar[str] = "method_id"
    public: ClassVar[bool] = False

    method_id: str
    tenant_id: str
    partner_id: str
    provider: str
    type: str
    country_code: str | None


class MethodRemoved(DomainEvent):
    topic: ClassVar[str] = "payment_method.removed"
    resource: ClassVar[str] = "method_id"
    public: ClassVar[bool] = False

    method_id: str
    tenant_id: str
    partner_id: str


class ReminderDue(DomainEvent):
    """The `stage`th reminder of an unpaid invoice is to be sent."""

    topic: ClassVar[str] = "dunning.reminder_due"
    resource: ClassVar[str] = "invoice_id"
    public: ClassVar[bool] = False

    invoice_id: str
    tenant_id: str
    partner_id: str
    stage: int
    pursuit: int = 1  # a reminder of the second one is another than that of the first

    @property
    def lifecycle_step(self) -> str:
        return str(self.stage) if self.pursuit == 1 else f"{self.pursuit}:{self.stage}"


class DunningHeld(DomainEvent):
    """The next step of a pursuit waits, since the tenant's credit covers what is owed."""

    topic: ClassVar[str] = "dunning.held"
    resource: ClassVar[str] = "invoice_id"
    public: ClassVar[bool] = False

    invoice_id: str
    tenant_id: str
    partner_id: str
    stage: int
    amount_due_cents: int
    currency: str
    pursuit: int = 1

    @property
    def lifecycle_step(self) -> str:
        return str(self.stage) if self.pursuit == 1 else f"{self.pursuit}:{self.stage}"


class DunningEnded(DomainEvent):
    topic: ClassVar[str] = "dunning.ended"
    resource: ClassVar[str] = "invoice_id"
    public: ClassVar[bool] = False

    invoice_id: str
    tenant_id: str
    partner_id: str
    stage: int
    pursuit: int = 1

    @property
    def lifecycle_step(self) -> str:
        return "initial" if self.pursuit == 1 else str(self.pursuit)
