"""Bank transfer: the invoice says how; money arrives by statement import or by mark-paid, never by a call."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scaicontrol.core.errors import NotFound, Refused, Unauthenticated
from scaicontrol.core.payment_ports import (
    ChargeRequest,
    DisputeResult,
    NormalizedEvent,
    PaymentResult,
    PaymentStatus,
    RefundRequest,
    RefundResult,
    SetupRequest,
    SetupStart,
    StoredMethod,
)

if TYPE_CHECKING:
    from .context import ProviderContext


class BankTransfer:
    """A way to pay that nobody can call: it sets up, and explains; it never charges."""

    slug = "bank_transfer"
    display_name = "Bank transfer"
    capabilities = frozenset({"setup"})
    config_schema: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    key_lifetime = timedelta(0)  # it knows no keys, and nothing is ever asked of it

    def public_config(self, partner_id: str) -> Mapping[str, Any]:
        return {"instructions_on_document": True}

    async def setup(self, request: SetupRequest) -> SetupStart:
        text = "Every invoice states the account, the amount and the reference to give. Nothing else is needed."
        return SetupStart(reference=f"bts_{request.idempotency_key}", instructions=text)

    async def confirm(self, tenant_id: str, payload: Mapping[str, Any]) -> StoredMethod:
        country = str(payload.get("country_code", "")) or None
        return StoredMethod(f"bank_transfer:{tenant_id}", None, "bank_transfer", "Bank transfer", country_code=country)

    async def charge(self, request: ChargeRequest) -> PaymentResult:
        raise Refused("A bank transfer cannot be collected: the customer sends it, and it is booked when it arrives.")

    async def checkout(self, request: ChargeRequest) -> PaymentResult:
        raise Refused("A bank transfer has no checkout page: show the instructions of the invoice.")

    async def refund(self, request: RefundRequest) -> RefundResult:
        raise Refused("A bank transfer is refunded by a transfer back, booked by hand.")

    async def fetch_refund(self, payment_external_id: str, external_id: str) -> RefundResult:
        raise NotFound(f"No bank transfer {external_id} was made by us.")

    async def find_refund(self, request: RefundRequest) -> RefundResult | None:
        return None

    async def fetch(self, external_id: str) -> PaymentResult:
        """Say pending: only the bank statement knows more."""
        return PaymentResult(PaymentStatus.pending, external_id)

    async def find(self, request: ChargeRequest) -> PaymentResult | None:
        return None

    async def fetch_dispute(self, external_id: str) -> DisputeResult:
        raise NotFound("A bank transfer's recall is told by the bank alone; record it by hand.")

    async def check(self) -> None:
        """Nobody is called."""

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        raise Unauthenticated("Bank transfers have no webhooks.")


def create(context: "ProviderContext") -> BankTransfer:  # noqa: ARG001  (every plugin is made from a context)
    return BankTransfer()
