"""What Stripe says, in our words: statuses, amounts by its own exponents, declines, disputes and events. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from stripe import StripeError

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.money import exponent
from scaicontrol.core.payment_ports import (
    DisputeResult,
    DisputeStatus,
    NormalizedEvent,
    PaymentResult,
    PaymentStatus,
    RefundResult,
    StoredMethod,
)

Said = Mapping[str, Any]  # a JSON object of Stripe's

# docs.stripe.com/currencies: what it counts otherwise than ISO 4217. ISK and UGX have no minor unit and are counted in
# hundredths all the same; MGA has one and is counted whole.
_DIGITS: Final = {"ISK": 2, "UGX": 2, "MGA": 0}
_TENS_ONLY: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})  # three digits, of which the last must be 0

_INTENTS: Final = {
    "succeeded": PaymentStatus.succeeded,
    "processing": PaymentStatus.pending,
    "requires_capture": PaymentStatus.pending,
    "requires_action": PaymentStatus.requires_action,
    "requires_confirmation": PaymentStatus.requires_action,
    "canceled": PaymentStatus.failed,
}
_REFUNDS: Final = {
    "succeeded": PaymentStatus.succeeded,
    "failed": PaymentStatus.failed,
    "canceled": PaymentStatus.failed,
}
_DISPUTES: Final = {
    "won": DisputeStatus.won,
    "lost": DisputeStatus.lost,
    "warning_closed": DisputeStatus.withdrawn,
    "prevented": DisputeStatus.withdrawn,
}
# Declines of a direct debit in the words that dunning knows.
_DECLINES: Final = {
    "payment_intent_mandate_invalid": "mandate_revoked",
    "debit_not_authorized": "mandate_revoked",
    "mandate_invalid": "mandate_revoked",
    "bank_account_closed": "account_closed",
}
_KINDS: Final = {"payment_intent": "payment", "checkout.session": "payment", "refund": "refund", "dispute": "dispute"}


def _digits(currency: str) -> int:
    return _DIGITS.get(currency, exponent(currency))


def _shifted(amount: int, digits: int) -> tuple[int, int]:
    """Give an amount with so many digits more, or fewer, and what that leaves over."""
    factor: int = 10 ** abs(digits)
    return (amount * factor, 0) if digits >= 0 else divmod(amount, factor)


def to_stripe(minor: int, currency: str) -> int:
    """Give an amount in Stripe's units; raises Refused for one it cannot take."""
    shift = _digits(currency) - exponent(currency)
    units, rest = _shifted(minor, shift)
    if rest or (currency in _TENS_ONLY and units % 10):
        raise Refused(f"Stripe takes no such fraction of {currency}: {minor} minor units.")
    return units


def from_stripe(units: int, currency: str) -> int:
    """Give an amount of Stripe's in minor units by ISO 4217; raises Refused for one that has none."""
    shift = exponent(currency) - _digits(currency)
    minor, rest = _shifted(units, shift)
    if rest:
        raise Refused(f"Stripe says {units} of {currency}, which has no such fraction; ask Stripe about it.")
    return minor


def named(given: object, *prefixes: str) -> str:
    """Give an id that is one of Stripe's; raises NotFound for anything else, before it becomes part of an address."""
    if isinstance(given, str) and re.fullmatch(rf"(?:{'|'.join(prefixes)})_[A-Za-z0-9_]+", given):
        return given
    raise NotFound(f"Stripe knows no {given!r}.")


def sentence(error: StripeError) -> str:
    """Say what Stripe said, with the request id that its support asks for."""
    said = (error.user_message or "it said nothing").rstrip(".")
    return f"{said} (Stripe request {error.request_id})." if error.request_id else f"{said}."


def declined(error: StripeError) -> PaymentResult:
    told = (error.json_body or {}).get("error", {}) if isinstance(error.json_body, Mapping) else {}
    intent = told.get("payment_intent") or {}
    code, why = _why(told)
    return PaymentResult(PaymentStatus.failed, intent.get("id"), failure_code=code, failure_message=why)


def payment(intent: Said) -> PaymentResult:
    """Say what a PaymentIntent, with its latest charge, has come to."""
    currency = str(intent["currency"]).upper()
    failure = intent.get("last_payment_error") or {}
    status = _INTENTS.get(intent["status"], PaymentStatus.requires_action)
    if intent["status"] == "requires_payment_method" and failure:
        status = PaymentStatus.failed
    code = why = None
    if status is PaymentStatus.failed:
        code, why = _why(failure or {"code": intent.get("cancellation_reason") or "canceled"})
    taken = intent.get("amount_received") if status is PaymentStatus.succeeded else intent["amount"]
    next_page = ((intent.get("next_action") or {}).get("redirect_to_url") or {}).get("url")
    return PaymentResult(
        status,
        intent["id"],
        from_stripe(int(taken or 0), currency),
        currency,
        code,
        why,
        next_page if status is PaymentStatus.requires_action else None,
    )


def page(session: Said) -> PaymentResult:
    """Say what a page to pay on has come to: once it was paid, what its PaymentIntent has."""
    intent = session.get("payment_intent")
    if session["status"] == "complete" and isinstance(intent, Mapping):
        return payment(intent)
    currency = str(session["currency"]).upper()
    amount = from_stripe(int(session["amount_total"]), currency)
    if session["status"] == "expired":
        why = "Nobody paid on the page before it closed."
        return PaymentResult(PaymentStatus.failed, session["id"], amount, currency, "checkout_expired", why)
    waits = PaymentStatus.requires_action if session["status"] == "open" else PaymentStatus.pending
    return PaymentResult(waits, session["id"], amount, currency, redirect_url=session.get("url"))


def is_disputed(intent: object) -> bool:
    """Tell whether the latest charge of a PaymentIntent says that it is in dispute, or was."""
    charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
    return isinstance(charge, Mapping) and bool(charge.get("disputed"))


def has_refunds(intent: object) -> bool:
    """Tell whether the latest charge of a PaymentIntent says that some of it was given back."""
    charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
    return isinstance(charge, Mapping) and bool(charge.get("amount_refunded"))


def refund(told: Said) -> RefundResult:
    status = _REFUNDS.get(str(told.get("status")), PaymentStatus.pending)
    why = f"Stripe could not refund: {told.get('failure_reason') or told['status']}."
    currency = str(told["currency"]).upper()
    return RefundResult(
        status,
        told["id"],
        why if status is PaymentStatus.failed else None,
        from_stripe(int(told["amount"]), currency),
        currency,
        (told.get("metadata") or {}).get("refund_id"),
    )


def dispute(told: Said) -> DisputeResult:
    """
    Say what a dispute has come to.

    Its balance transactions are what Stripe took and gave back; an inquiry has none. They are in the currency of the
    account: where that is another, the amount is the dispute's and the fee is left to the books of the account.
    """
    currency = str(told["currency"]).upper()
    moved = told.get("balance_transactions") or []
    ours = [each for each in moved if str(each["currency"]).upper() == currency]
    amount = from_stripe(int(told["amount"]), currency)
    withheld = -sum(int(each["amount"]) for each in ours)
    status = _DISPUTES.get(told["status"], DisputeStatus.opened)
    withheld_cents = amount if moved and not ours else from_stripe(max(withheld, 0), currency)
    due = (told.get("evidence_details") or {}).get("due_by")
    return DisputeResult(
        status,
        told["id"],
        str(told["payment_intent"]),
        amount,
        currency,
        told.get("reason"),
        withheld_cents=withheld_cents if status is DisputeStatus.opened else 0,
        fee_cents=from_stripe(max(sum(int(each["fee"]) for each in ours), 0), currency),
        opened_at=datetime.fromtimestamp(int(told["created"]), UTC),
        evidence_due_at=datetime.fromtimestamp(int(due), UTC) if due else None,
    )


def method(session: Said) -> StoredMethod:
    """Give the method of a finished setup page, with its customer, mandate and payment method expanded."""
    intent = session.get("setup_intent") or {}
    if intent.get("status") == "processing":
        raise Refused("The payer's bank has not confirmed the method yet; try again in a minute.")
    if session["status"] != "complete" or intent.get("status") != "succeeded":
        raise Refused("The payer has not finished the page yet.")
    stored = intent["payment_method"]
    kind = str(stored["type"])
    details = stored.get(kind) or {}
    last4 = details.get("last4")
    name = str(details.get("brand") or kind).replace("_", " ").capitalize()
    mandate = ((intent.get("mandate") or {}).get("payment_method_details") or {}).get(kind) or {}
    return StoredMethod(
        stored["id"],
        session.get("customer"),
        kind,
        f"{name} ···· {last4}" if last4 else name,
        last4,
        details.get("exp_month"),
        details.get("exp_year"),
        details.get("country"),
        mandate_reference=mandate.get("reference"),
    )


def event(told: Said) -> NormalizedEvent:
    """Name what an event is about; of a charge it is the payment, which is asked about then."""
    thing = (told.get("data") or {}).get("object") or {}
    kind = _KINDS.get(str(thing.get("object")), "ignored")
    external_id = thing.get("id")
    if thing.get("object") == "charge" and thing.get("payment_intent"):
        kind, external_id = "payment", thing["payment_intent"]
    if thing.get("object") == "checkout.session" and thing.get("mode") != "payment":
        kind = "ignored"
    moment = told.get("created")
    return NormalizedEvent(
        str(told["id"]),
        kind,
        external_id if kind != "dispute" else thing.get("payment_intent"),
        dispute_id=external_id if kind == "dispute" else None,
        payment_external_id=thing.get("payment_intent") if kind == "refund" else None,
        occurred_at=datetime.fromtimestamp(int(moment), UTC) if moment else None,
    )


def _why(told: Said) -> tuple[str, str]:
    code = str(told.get("decline_code") or told.get("code") or "declined")
    if told.get("code") in ("authentication_required", "expired_card"):  # says more than its decline code
        code = str(told["code"])
    return _DECLINES.get(code, code), str(told.get("message") or f"Stripe says: {code}.")
