"""Bank transfer: instructions for the payer; money arrives by statement import or by mark-paid, never by a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from stdnum import iban as iban_rules
from stdnum import iso11649 as creditor_reference

from scaicontrol.core.errors import NotFound, Refused, Unauthenticated, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.money import exponent
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
    from . import ProviderContext

_EPC_REFERENCE_MAX: Final = 140
_EPC_NAME_MAX: Final = 70


@dataclass(frozen=True, slots=True)
class TransferInstructions:
    """
    What a payer types into their bank, so that the money finds its invoice.

    `reference` is the document's number, or a creditor reference of ISO 11649 (`RF…`), which banks check and carry
    apart from free text.
    """

    account_holder: str
    iban: str
    bic: str
    reference: str
    amount_cents: int
    currency: str

    @property
    def printed_iban(self) -> str:
        return str(iban_rules.format(self.iban))

    @property
    def epc_qr(self) -> str | None:
        """Give the text of the European payment QR code (EPC069-12, version 2), or None outside euro."""
        if self.currency != "EUR" or not self.iban:
            return None
        amount = f"EUR{self.amount_cents // 100}.{self.amount_cents % 100:02d}"
        lines = ["BCD", "002", "1", "SCT", self.bic, self.account_holder[:_EPC_NAME_MAX], self.iban, amount, ""]
        if creditor_reference.is_valid(self.reference):  # structured or free text, never both (EPC069-12)
            return "\n".join([*lines, str(creditor_reference.compact(self.reference))])
        return "\n".join([*lines, "", self.reference[:_EPC_REFERENCE_MAX]])

    @property
    def sentence(self) -> str:
        digits = exponent(self.currency)
        whole, rest = divmod(self.amount_cents, 10**digits)
        amount = f"{whole}.{rest:0{digits}d}" if digits else str(whole)
        return (
            f"Please transfer {self.currency} {amount} to {self.account_holder}, IBAN {self.printed_iban}"
            f"{f', BIC {self.bic}' if self.bic else ''}, with the reference {self.reference}."
        )


@dataclass(frozen=True, slots=True)
class Account:
    """A seller's bank account, as configured."""

    holder: str
    iban: str
    bic: str = ""


def instructions(account: Account, *, reference: str, amount_cents: int, currency: str) -> TransferInstructions:
    """Make the instructions for one document, or raise Invalid when the seller's IBAN is not one."""
    iban = str(iban_rules.compact(account.iban))
    if not iban_rules.is_valid(iban):
        raise invalid("iban", f"{account.iban!r} is not a valid IBAN; correct it in the seller's configuration.")
    bic = account.bic.replace(" ", "").upper()
    return TransferInstructions(account.holder, iban, bic, reference, amount_cents, currency)


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
        return SetupStart(reference=new_id("bts"), instructions=text)

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

    async def verify_webhook(self, headers: Mapping[str, str], raw_body: bytes) -> Sequence[NormalizedEvent]:
        raise Unauthenticated("Bank transfers have no webhooks.")


def create(context: "ProviderContext") -> BankTransfer:  # noqa: ARG001  (every plugin is made from a context)
    return BankTransfer()
