"""What the product asks of payment providers, with the rules of `core/ports.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol


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
class SetupRequest:
    """
    A tenant who adds a way to pay, and where its browser comes back to.

    `external_customer_id` is what the provider called the tenant before, where it did; `currency` is the one its
    documents are written in, since some providers begin a mandate with a payment. Under one key one page is opened,
    however often it is asked for.
    """

    tenant_id: str
    return_url: str
    currency: str
    idempotency_key: str
    external_customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """
    Money to take, in minor units by ISO 4217; under one key it is taken once, however often it is asked for.

    Without a method the payer pays on the provider's page, as one who must approve does too, and comes back to
    `return_url`. `called_at` is when the provider was first called for it, None before: providers forget keys.
    """

    payment_id: str
    amount_cents: int
    currency: str
    idempotency_key: str
    method: StoredMethod | None = None
    return_url: str = ""
    called_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to give back of a payment, in minor units of its currency; under one key it is given back once."""

    refund_id: str
    payment_external_id: str
    amount_cents: int
    currency: str
    idempotency_key: str
    created_at: datetime | None = None  # of our row: the provider cannot have heard of it before


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """
    What became of a payment; `amount_cents` is what was taken.

    `dispute_ids` and `refund_ids` name what followed, where the provider tells of it under the payment's name only.
    """

    status: PaymentStatus
    external_id: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    redirect_url: str | None = None
    dispute_ids: tuple[str, ...] = ()
    refund_ids: tuple[str, ...] = ()


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
    """
    What became of a refund; one that was fetched says its amount, in minor units of `currency`.

    `refund_id` is ours, as it stands in the provider's metadata: None of one that a person made at the provider.
    """

    status: PaymentStatus
    external_id: str | None = None
    failure_message: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    refund_id: str | None = None


@dataclass(frozen=True, slots=True)
class NormalizedEvent:
    """
    A provider's webhook in our words: `kind` is payment, refund, dispute or ignored.

    `external_event_id` makes a repetition known; it is None where the provider names the object only, which is then
    asked about once for all calls that wait.
    `external_id` is the provider's id of the payment, of a refund event that of the refund, whose payment is
    `payment_external_id`. A dispute is named by `dispute_id`, where the provider does; else the payment is asked for
    its disputes.
    """

    external_event_id: str | None
    kind: str
    external_id: str | None
    dispute_id: str | None = None
    payment_external_id: str | None = None
    status: PaymentStatus | None = None
    amount_cents: int | None = None
    currency: str | None = None
    failure_code: str | None = None
    occurred_at: datetime | None = None


INSTALLATION: Final = "installation"  # the account that the environment of this installation configures


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """An account at a provider: `config` is what its `config_schema` asks for, secrets as references to the vault."""

    id: str
    provider: str
    config: Mapping[str, str]
    version: int


class ProviderAccounts(Protocol):
    """Providers as the accounts that sellers have there."""

    def schema(self, provider: str) -> Mapping[str, object] | None:
        """Give what the settings of an account look like, or None where the provider has no accounts here."""
        ...

    def open(self, account: AccountSettings) -> "PaymentProvider":
        """Give the provider as this account; raises Unavailable where there is none with these settings."""
        ...


class PaymentProvider(Protocol):
    """
    A payment provider plugin (contract §18.2); entry point group `scaicontrol.payment_providers`.

    Any call raises Unavailable where the answer is not known: the provider is silent, busy or refuses us as a caller
    (a wrong key is our fault, not the payer's). Refused, Invalid and NotFound are its answers about what was asked.
    """

    slug: str
    display_name: str
    capabilities: frozenset[str]
    config_schema: Mapping[str, Any]
    key_lifetime: timedelta  # how long a repeated idempotency key is surely known as such

    def public_config(self, partner_id: str) -> Mapping[str, Any]: ...

    async def setup(self, request: SetupRequest) -> SetupStart: ...

    async def confirm(self, tenant_id: str, payload: Mapping[str, Any]) -> StoredMethod:
        """
        Give what a setup has stored.

        Raises NotFound for a setup of another tenant, Refused where the payer has not finished or the bank has not
        confirmed the mandate yet.
        """
        ...

    async def charge(self, request: ChargeRequest) -> PaymentResult: ...

    async def checkout(self, request: ChargeRequest) -> PaymentResult: ...

    async def refund(self, request: RefundRequest) -> RefundResult: ...

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult: ...

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        """Give what became of a refund whose answer was lost, or None when the provider never saw it."""
        ...

    async def fetch(self, external_id: str) -> PaymentResult: ...

    async def find(self, request: ChargeRequest) -> PaymentResult | None:
        """Give what became of a charge or checkout whose answer was lost, or None when the provider never saw it."""
        ...

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        """Give what a dispute has come to, or raise NotFound."""
        ...

    async def check(self) -> None:
        """Ask for something that moves nothing; raises Unavailable where these credentials are not accepted."""
        ...

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        """Give the events of an authentic webhook; raises Unauthenticated, Unavailable without its secret."""
        ...
