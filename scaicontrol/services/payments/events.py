from typing import ClassVar

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.schemas import Moment


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


class PaymentSucceeded(PaymentFact):
    topic: ClassVar[str] = "payment.succeeded"

    method_type: str | None
    amount_due_cents: int
    external_id: str | None
    succeeded_at: Moment

    @property
    def lifecycle_step(self) -> str:
        return "terminal"


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
    credit_id: str
    invoice_id: str
    tenant_id: str
    partner_id: str
    provider: str
    amount_cents: int
    currency: str
    refunded_total_cents: int
    refunded_at: Moment

    @property
    def lifecycle_step(self) -> str:
        return self.refund_id


class PaymentMismatched(PaymentFact):
    """The provider speaks of another amount or currency: never booked, left for a person."""

    topic: ClassVar[str] = "payment.mismatched"
    public: ClassVar[bool] = False

    reported_cents: int | None
    reported_currency: str | None


class PaymentDisputed(PaymentFact):
    topic: ClassVar[str] = "payment.disputed"
    public: ClassVar[bool] = False

    disputed_at: Moment


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

    @property
    def lifecycle_step(self) -> str:
        return str(self.stage)


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

    @property
    def lifecycle_step(self) -> str:
        return str(self.stage)


class DunningEnded(DomainEvent):
    topic: ClassVar[str] = "dunning.ended"
    resource: ClassVar[str] = "invoice_id"
    public: ClassVar[bool] = False

    invoice_id: str
    tenant_id: str
    partner_id: str
    stage: int
