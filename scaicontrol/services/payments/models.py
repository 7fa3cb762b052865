from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, String, Text, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol.core.lifecycle import Lifecycled
from scaicontrol.core.payment_ports import INSTALLATION, StoredMethod
from scaicontrol.db import IdString, JsonDocument, Model, TenantScopedModel, list_indexes, parent_key, within_tenant

from .lifecycle import (
    DisputeLifecycle,
    DisputeState,
    MethodLifecycle,
    MethodState,
    MismatchDecision,
    PaymentLifecycle,
    PaymentState,
    RefundLifecycle,
    RefundState,
)

OPEN = (PaymentState.pending, PaymentState.requires_action)
CAME: Final = (PaymentState.succeeded, PaymentState.partially_refunded, PaymentState.refunded)
ATTEMPTS: Final = 5  # of a refund, before a person looks at it
MANUAL: Final = "manual"  # the provider of disputes that were recorded by hand
LONGEST_LINK: Final = 5000  # characters of a page to pay on; Stripe's carry a fragment of some hundred
LONGEST_CODE: Final = 100
LONGEST_REASON: Final = 200
ASK_AGAIN: Final = timedelta(minutes=10)  # about what a provider has not decided yet
MISMATCH: Final = "provider_mismatch"  # the failure code of what a provider says and nobody may book by themselves


class PaymentMethod(Lifecycled, TenantScopedModel):
    """What a tenant pays with; the provider keeps the secret part, we keep its name for it."""

    __tablename__ = "payment_methods"
    __table_args__ = (within_tenant(), UniqueConstraint("provider", "account_id", "external_id"))
    lifecycle = MethodLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[str] = mapped_column(IdString, default=INSTALLATION, server_default=INSTALLATION)
    type: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(100))
    external_customer_id: Mapped[str | None] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(200))
    last4: Mapped[str | None] = mapped_column(String(4))
    expires_month: Mapped[int | None]
    expires_year: Mapped[int | None]
    country_code: Mapped[str | None] = mapped_column(String(2))
    mandate_reference: Mapped[str | None] = mapped_column(String(35))
    debtor_iban: Mapped[str | None] = mapped_column(String(34))
    is_default: Mapped[bool] = mapped_column(default=False)
    status: Mapped[MethodState] = mapped_column(String(20), default=MethodState.pending)

    def __str__(self) -> str:
        return f"payment method {self.label}"

    @property
    def stored(self) -> StoredMethod:
        return StoredMethod(
            self.external_id,
            self.external_customer_id,
            self.type,
            self.label,
            self.last4,
            self.expires_month,
            self.expires_year,
            self.country_code,
            self.mandate_reference,
            self.debtor_iban,
        )

    def refuses(self, currency: str) -> str | None:
        """Say why it cannot be charged in a currency whatever its account serves: SEPA moves euro."""
        return "a SEPA direct debit is in EUR" if self.type == "sepa_debit" and currency != "EUR" else None

    @property
    def means(self) -> dict[str, Any] | None:
        """How a document says that it is paid with this (BG-18, BG-19); None where the payer has to send the money."""
        match self.type:
            case "card" | "credit_card":
                return {"kind": "card", "last4": self.last4, "is_credit": self.type == "credit_card"}
            case "sepa_debit":
                return {
                    "kind": "direct_debit",
                    "last4": self.last4,
                    "mandate_reference": self.mandate_reference,
                    "debtor_iban": self.debtor_iban,
                }
        return None


class Payment(Lifecycled, TenantScopedModel):
    """
    One attempt to collect an invoice, written before the provider is called.

    `open_key` allows one open payment per invoice; `due_at` says when a worker must do something about it again.
    What the provider took is `received_cents`; of it the payer's bank has taken back `returned_cents` (the payment
    failed after all) and `lost_cents` (disputes), and `disputed_cents` are not decided. `reported_cents` and
    `reported_currency` are what it says and we could not book; a person decides what counts (`mismatch_decision`).
    Whoever guards another row by this one adds to `version`.
    """

    __tablename__ = "payments"
    __table_args__ = (
        within_tenant(),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("idempotency_key"),
        UniqueConstraint("provider", "account_id", "external_id"),
        UniqueConstraint("open_key"),
        Index("ix_payments_due", "due_at"),
        Index(None, "invoice_id", "created_at", "id"),
        Index("ix_payments_listed", "created_at", "id"),
        Index("ix_payments_external", "external_id"),
        Index("ix_payments_feed", "tenant_id", "created_at", "id"),
        Index("ix_payments_amount", "amount_cents"),
        Index("ix_payments_reported", "reported_currency"),  # few providers say another amount than was asked for
        *list_indexes("status", "provider"),
        *list_indexes(order="amount_cents"),
    )
    lifecycle = PaymentLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    invoice_id: Mapped[str] = mapped_column(IdString)
    payment_method_id: Mapped[str | None] = mapped_column(IdString)
    provider: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[str] = mapped_column(IdString, default=INSTALLATION, server_default=INSTALLATION)
    external_id: Mapped[str | None] = mapped_column(String(200))
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[PaymentState] = mapped_column(String(20), default=PaymentState.pending)
    attempt: Mapped[int]
    failure_code: Mapped[str | None] = mapped_column(String(LONGEST_CODE))
    failure_message: Mapped[str | None] = mapped_column(Text)
    received_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    unapplied_cents: Mapped[int] = mapped_column(default=0)
    refunded_cents: Mapped[int] = mapped_column(default=0)
    # Promised to refunds that are not carried out yet. It stands here, not in a sum over refunds: on Galera a lock
    # guards only a row that is changed, and two nodes would promise the same money.
    promised_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    returned_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    lost_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    disputed_cents: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))
    bookings: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))  # and unbookings
    reported_cents: Mapped[int | None]
    reported_currency: Mapped[str | None] = mapped_column(String(3))
    mismatch_decision: Mapped[MismatchDecision | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1, server_default=literal_column("1"))
    idempotency_key: Mapped[str] = mapped_column(String(200))
    open_key: Mapped[str | None] = mapped_column(IdString)
    redirect_url: Mapped[str | None] = mapped_column(String(LONGEST_LINK))
    called_at: Mapped[datetime | None]  # when the provider was called; an unknown outcome has this and no answer
    due_at: Mapped[datetime | None]
    next_retry_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    disputed_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return f"payment {self.id}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def has_come(self) -> bool:
        return self.status in CAME

    @property
    def kept_cents(self) -> int:
        """What of it has not been taken back by the payer's bank; refunds do not count, they are ours."""
        return self.received_cents - self.returned_cents - self.lost_cents

    @property
    def is_mismatched(self) -> bool:
        """Whether its provider says what could not be booked, and nobody has decided yet what counts."""
        return self.reported_currency is not None and self.mismatch_decision is None

    @classmethod
    def waits_for_a_person(cls) -> ColumnElement[bool]:
        """Say `is_mismatched` in SQL."""
        return cls.reported_currency.is_not(None) & cls.mismatch_decision.is_(None)

    @property
    def refundable_cents(self) -> int:
        """
        How much of it can still be promised to a refund: not what was taken back, or is asked back in a dispute.

        Nothing of what came in another currency: its provider would give back so many units of that one.
        """
        if self.status not in (PaymentState.succeeded, PaymentState.partially_refunded):
            return 0
        if self.mismatch_decision == MismatchDecision.accept and self.reported_currency != self.currency:
            return 0
        return max(0, self.kept_cents - self.refunded_cents - self.promised_cents - self.disputed_cents)


class Refund(Lifecycled, TenantScopedModel):
    """
    Money given back for a credit, through the provider that took it.

    Without a credit, and over nothing, it waits for its credit note to be finalized. `released_at` says when it was
    given up: the credit it held is free again, and the payment's money too. One that `went_after_all` holds the use
    `credit_use_id`, or none where all of its credit was paid out meanwhile.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        within_tenant(),
        parent_key("payment_id", "payments"),
        parent_key("credit_id", "credits"),
        UniqueConstraint("idempotency_key"),
        Index("ix_refunds_credit", "credit_id"),
        Index("ix_refunds_external", "external_id"),
        Index("ix_refunds_payment", "payment_id"),
        Index("ix_refunds_listed", "created_at", "id"),
        Index("ix_refunds_feed", "tenant_id", "created_at", "id"),
        *list_indexes("status"),
    )
    lifecycle = RefundLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    payment_id: Mapped[str] = mapped_column(IdString)
    credit_id: Mapped[str | None] = mapped_column(IdString)
    credit_note_id: Mapped[str | None] = mapped_column(IdString)  # none where no sale was corrected
    amount_cents: Mapped[int]
    status: Mapped[RefundState] = mapped_column(String(20), default=RefundState.pending)
    external_id: Mapped[str | None] = mapped_column(String(200))
    idempotency_key: Mapped[str] = mapped_column(String(200))
    failure_message: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(default=0, server_default=literal_column("0"))  # of the attempts
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    released_at: Mapped[datetime | None]
    went_after_all: Mapped[bool] = mapped_column(default=False, server_default=literal_column("0"))
    credit_use_id: Mapped[str | None] = mapped_column(IdString)

    def __str__(self) -> str:
        return f"refund {self.id}"

    @property
    def call_key(self) -> str:
        """
        The key to ask the provider under; another after each refusal.

        Stripe repeats a refusal for a day under the same key, whatever has changed. A lost answer keeps its key.
        """
        return f"{self.idempotency_key}:{self.refusals}" if self.refusals else self.idempotency_key


class Dispute(Lifecycled, TenantScopedModel):
    """
    A payer's bank asks money back: opened, then won, lost or withdrawn (contract §18.5).

    `source_id` names the booking it is about: a payment, or money that was recorded by hand, which has no row of its
    own. `withheld_cents` is what the provider keeps meanwhile, `lost_cents` what was unbooked when it was lost, and
    `fee_cents` what it costs by itself. `moves` counts its movements in the books and so names each.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        within_tenant(),
        parent_key("payment_id", "payments"),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("provider", "account_id", "external_id"),
        Index("ix_disputes_due", "due_at"),
        Index("ix_disputes_payment", "payment_id"),
        Index("ix_disputes_invoice", "invoice_id"),
        Index("ix_disputes_external", "external_id"),
        Index("ix_disputes_listed", "opened_at", "id"),
        Index("ix_disputes_feed", "tenant_id", "opened_at", "id"),
        Index("ix_disputes_amount", "amount_cents"),
        *list_indexes("status", order="opened_at"),
    )
    lifecycle = DisputeLifecycle

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    payment_id: Mapped[str | None] = mapped_column(IdString)
    invoice_id: Mapped[str] = mapped_column(IdString)
    source_id: Mapped[str] = mapped_column(String(100))
    provider: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[str] = mapped_column(IdString, default=INSTALLATION, server_default=INSTALLATION)
    external_id: Mapped[str] = mapped_column(String(200))
    status: Mapped[DisputeState] = mapped_column(String(20), default=DisputeState.opened)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    withheld_cents: Mapped[int] = mapped_column(default=0)
    lost_cents: Mapped[int] = mapped_column(default=0)
    fee_cents: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str | None] = mapped_column(String(20))  # of a lost one: reopen or write_off
    opened_at: Mapped[datetime]
    evidence_due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]  # when the provider is asked again
    moves: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    def __str__(self) -> str:
        return f"dispute {self.id}"

    @property
    def is_open(self) -> bool:
        return self.status == DisputeState.opened

    @property
    def is_closed_by_hand(self) -> bool:
        """Whether a person may record its outcome: only of what was recorded by hand."""
        return self.is_open and self.provider == MANUAL


class DisputeMovement(TenantScopedModel):
    """
    Money that moved for a dispute beside the invoice: withheld and released, the fee and its return.

    Less than nothing takes an earlier one back. What is lost stands among the invoice's settlements.
    """

    append_only = True
    __tablename__ = "dispute_movements"
    __table_args__ = (
        within_tenant(),
        parent_key("dispute_id", "disputes"),
        parent_key("invoice_id", "invoices"),
        UniqueConstraint("dispute_id", "step"),
        Index("ix_dispute_movements_partner_moved", "partner_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    dispute_id: Mapped[str] = mapped_column(IdString)
    invoice_id: Mapped[str] = mapped_column(IdString)
    step: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))  # withheld, fee
    amount_cents: Mapped[int]
    method: Mapped[str | None] = mapped_column(String(40))


class Dunning(TenantScopedModel):
    """How far the pursuit of an unpaid invoice has come: the due column of retries, reminders and suspension."""

    __tablename__ = "dunnings"
    __table_args__ = (Index("ix_dunnings_due", "dunning_next_at"), parent_key("invoice_id", "invoices"))

    invoice_id: Mapped[str] = mapped_column(IdString, primary_key=True)
    started_at: Mapped[datetime]
    dunning_stage: Mapped[int] = mapped_column(default=0)
    dunning_next_at: Mapped[datetime | None]
    skips_retries: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]
    pursuit: Mapped[int] = mapped_column(
        default=1, server_default=literal_column("1")
    )  # how often it has begun: money that came can be taken back
    suspended: Mapped[list[str]] = mapped_column(JsonDocument, default=list)  # subscriptions dunning has suspended


class InboundEvent(Model):
    """A provider's webhook as it arrived; one name at one account makes a duplicate harmless (contract §24)."""

    __tablename__ = "inbound_webhook_events"
    __table_args__ = (
        UniqueConstraint("provider", "account_id", "external_id"),
        Index("ix_inbound_webhook_events_waiting", "status", "received_at"),
    )

    id: Mapped[str] = mapped_column(IdString, primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[str] = mapped_column(IdString, default=INSTALLATION, server_default=INSTALLATION)
    external_id: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    status: Mapped[str] = mapped_column(String(20), default="received")  # received, processed, ignored, failed
    processed_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
