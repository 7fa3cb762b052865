"""What the product asks of payment providers, with the rules of `core/ports.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class PaymentStatus(StrEnum):
    pending = "pending"
    requires_action = "requires_action"
    succeeded = "succeeded"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class SetupStart:
    reference: str
    client_secret: str | None = None
    redirect_url: str | None = None
    instructions: str | None = None


@dataclass(frozen=True, slots=True)
class StoredMethod:
    external_id: str
    external_customer_id: str | None
    type: str
    label: str
    last4: str | None = None
    expires_month: int | None = None
    expires_year: int | None = None
    country_code: str | None = None
    mandate_reference: str | None = None  # of a direct debit; documents must name it
    debtor_iban: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """What became of a payment; `amount_cents` is what was taken, `dispute_ids` name the disputes of it."""

    status: PaymentStatus
    external_id: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    redirect_url: str | None = None
    dispute_ids: tuple[str, ...] = ()


class DisputeStatus(StrEnum):
    opened = "opened"
    won = "won"
    lost = "lost"
    withdrawn = "withdrawn"  # by the payer, or an inquiry that never became a chargeback


@dataclass(frozen=True, slots=True)
class DisputeResult:
    """
    What became of a dispute, in minor units of the payment's currency.

    `withheld_cents` is what the provider keeps of the payment while nothing is decided, `fee_cents` what it has charged
    for the dispute itself and not given back. A payer's bank that takes a direct debit back is a dispute that is lost.
    """

    status: DisputeStatus
    external_id: str
    payment_external_id: str
    amount_cents: int
    currency: str
    reason: str | None = None
    withheld_cents: int = 0
    fee_cents: int = 0
    opened_at: datetime | None = None
    evidence_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundResult:
    status: PaymentStatus
    external_id: str | None = None
    failure_message: str | None = None


@dataclass(frozen=True, slots=True)
class NormalizedEvent:
    """
    A provider's webhook in our words: `kind` is payment, refund, dispute or ignored.

    `external_id` is the provider's id of the payment, of a refund event that of the refund. A dispute is named by
    `dispute_id`, where the provider does; else the payment is asked for its disputes.
    """

    external_event_id: str
    kind: str
    external_id: str | None
    dispute_id: str | None = None
    status: PaymentStatus | None = None
    amount_cents: int | None = None
    currency: str | None = None
    failure_code: str | None = None
    occurred_at: datetime | None = None


class PaymentProvider(Protocol):
    """A payment provider plugin (contract §18.2); entry point group `scaicontrol.payment_providers`."""

    slug: str
    display_name: str
    capabilities: frozenset[str]
    config_schema: Mapping[str, Any]

    def public_config(self, partner_id: str) -> Mapping[str, Any]: ...

    async def setup(self, tenant_id: str, return_url: str) -> SetupStart: ...

    async def confirm(self, tenant_id: str, payload: Mapping[str, Any]) -> StoredMethod: ...

    async def charge(
        self,
        method: StoredMethod,
        amount_cents: int,
        currency: str,
        idempotency_key: str,
        metadata: Mapping[str, str],
    ) -> PaymentResult: ...

    async def checkout(
        self, amount_cents: int, currency: str, idempotency_key: str, metadata: Mapping[str, str], return_url: str
    ) -> PaymentResult: ...

    async def refund(self, external_id: str, amount_cents: int, idempotency_key: str) -> RefundResult: ...

    async def fetch_refund(self, external_id: str) -> RefundResult: ...

    async def find_refund(self, idempotency_key: str) -> RefundResult | None:
        """Give what became of a refund whose answer was lost, or None when the provider never saw it."""
        ...

    async def fetch(self, external_id: str) -> PaymentResult: ...

    async def find(self, idempotency_key: str) -> PaymentResult | None:
        """Give what became of a charge whose answer was lost, or None when the provider never saw it."""
        ...

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        """Give what a dispute has come to, or raise NotFound."""
        ...

    def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        """Give the events of an authentic webhook, or raise Unauthenticated."""
        ...
