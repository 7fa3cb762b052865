"""What Mollie says, in our words: statuses, amounts as text by ISO 4217, failures, chargebacks and mandates. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.money import exponent
from scaicontrol.core.payment_ports import (
    DisputeResult,
    DisputeStatus,
    PaymentResult,
    PaymentStatus,
    RefundResult,
    StoredMethod,
)

Said = Mapping[str, Any]  # a JSON object of Mollie's

_PAYMENTS: Final = {
    "paid": PaymentStatus.succeeded,
    "open": PaymentStatus.requires_action,
    "failed": PaymentStatus.failed,
    "canceled": PaymentStatus.failed,
    "expired": PaymentStatus.failed,
}
_REFUNDS: Final = {
    "refunded": PaymentStatus.succeeded,
    "failed": PaymentStatus.failed,
    "canceled": PaymentStatus.failed,
}
# Card reasons and reason codes of SEPA returns, in the words that dunning knows.
_REASONS: Final = {
    "card_expired": "expired_card",
    "possible_fraud": "fraudulent",
    "invalid_mandate": "mandate_revoked",
    "MD01": "mandate_revoked",
    "MS02": "mandate_revoked",
    "AC01": "account_closed",  # the account does not exist
    "AC04": "account_closed",
    "AM04": "insufficient_funds",
}
_TYPES: Final = {"creditcard": "card", "directdebit": "sepa_debit"}


def to_mollie(minor: int, currency: str) -> dict[str, str]:
    """Give an amount as Mollie writes it: text with exactly the digits of its currency."""
    digits = exponent(currency)
    whole, rest = divmod(minor, 10**digits)
    return {"currency": currency, "value": f"{whole}.{rest:0{digits}d}" if digits else str(whole)}


def from_mollie(amount: Mapping[str, str]) -> tuple[int, str]:
    """Give an amount in minor units by ISO 4217; raises Refused for one that has none."""
    currency = str(amount["currency"])
    try:
        minor = Decimal(str(amount["value"])).scaleb(exponent(currency))
    except InvalidOperation as error:
        raise Refused(f"Mollie says an amount of {amount['value']!r}, which is none; ask Mollie about it.") from error
    if minor != int(minor):
        raise Refused(f"Mollie says {amount['value']} {currency}, which has no such fraction; ask Mollie about it.")
    return int(minor), currency


def named(given: object, prefix: str) -> str:
    """Give an id that is one of Mollie's; raises NotFound for anything else, before it becomes part of an address."""
    if isinstance(given, str) and re.fullmatch(rf"{prefix}_[A-Za-z0-9]{{1,60}}", given):
        return given
    raise NotFound(f"Mollie knows no {given!r}.")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def link(told: Said, name: str) -> str | None:
    found = (told.get("_links") or {}).get(name) or {}
    return found.get("href")


def payment(told: Said) -> PaymentResult:
    """Say what a payment, with its embedded refunds and chargebacks where they were asked for, has come to."""
    amount, currency = from_mollie(told["amount"])
    page = link(told, "checkout")
    status = _PAYMENTS.get(told["status"], PaymentStatus.pending)
    if status is PaymentStatus.requires_action and page is None:
        status = PaymentStatus.pending  # a recurring payment that was only just made
    code, why = _why(told) if status is PaymentStatus.failed else (None, None)
    followed = told.get("_embedded") or {}
    return PaymentResult(
        status,
        told["id"],
        amount,
        currency,
        code,
        why,
        page if status is PaymentStatus.requires_action else None,
        tuple(f"{told['id']}/{each['id']}" for each in followed.get("chargebacks", [])),
        tuple(each["id"] for each in followed.get("refunds", [])),
    )


def refund(told: Said) -> RefundResult:
    status = _REFUNDS.get(told["status"], PaymentStatus.pending)
    why = f"Mollie says that the refund is {told['status']}."
    amount, currency = from_mollie(told["amount"])
    known_as = told.get("metadata")
    ours = known_as.get("refund_id") if isinstance(known_as, Mapping) else None
    return RefundResult(status, told["id"], why if status is PaymentStatus.failed else None, amount, currency, ours)


def chargeback(payment_id: str, told: Said) -> DisputeResult:
    """
    Say what a chargeback has come to: the money is gone when it is told of, and back once it is reversed.

    The API tells no fee; it stands on Mollie's own invoice.
    """
    amount, currency = from_mollie(told["amount"])
    reason = told.get("reason") or {}
    return DisputeResult(
        DisputeStatus.won if told.get("reversedAt") else DisputeStatus.lost,
        f"{payment_id}/{told['id']}",
        payment_id,
        amount,
        currency,
        reason.get("code") or reason.get("description"),
        opened_at=moment(told["createdAt"]),
    )


def method(mandate: Said) -> StoredMethod:
    """Give the method of a mandate; raises Refused while the payer's bank has not confirmed it."""
    if mandate["status"] == "pending":
        raise Refused("The payer's bank has not confirmed the mandate yet; try again when it has.")
    if mandate["status"] != "valid":
        raise Refused("The mandate is not valid any more; set the method up anew.")
    details = mandate.get("details") or {}
    kind = _TYPES.get(mandate["method"], str(mandate["method"]))
    iban = details.get("consumerAccount")
    last4 = details.get("cardNumber") or (str(iban)[-4:] if iban else None)
    name = details.get("cardLabel") or ("Direct debit" if kind == "sepa_debit" else kind.capitalize())
    expiry = str(details.get("cardExpiryDate") or "")
    year, month = (int(expiry[:4]), int(expiry[5:7])) if expiry else (None, None)
    customer = str(link(mandate, "customer") or "").rpartition("/")[2]
    return StoredMethod(
        mandate["id"],
        customer or None,
        kind,
        f"{name} ···· {last4}" if last4 else name,
        last4,
        month,
        year,
        str(iban)[:2] if iban else None,
        mandate.get("mandateReference"),
        iban,
    )


def _why(told: Said) -> tuple[str, str]:
    details, reason = told.get("details") or {}, told.get("statusReason") or {}
    code = details.get("failureReason") or details.get("bankReasonCode") or reason.get("code") or told["status"]
    why = details.get("failureMessage") or details.get("bankReason") or reason.get("message")
    return _REASONS.get(code, code), why or f"Mollie says that the payment is {told['status']}."
