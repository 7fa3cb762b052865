"""What Coinbase says, in our words: statuses, and USDC as money of the invoice at the locked rate. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any, Final

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.money import exponent
from scaicontrol.core.payment_ports import NormalizedEvent, PaymentResult, PaymentStatus, RefundResult

Said = Mapping[str, Any]  # a JSON object of Coinbase's

# What a checkout may be priced in besides USDC; all of two decimals.
CURRENCIES: Final = frozenset({"EUR", "GBP", "SGD", "USD"})
_CHECKOUTS: Final = {
    "ACTIVE": PaymentStatus.requires_action,
    "PROCESSING": PaymentStatus.pending,
    "COMPLETED": PaymentStatus.succeeded,
    "PARTIALLY_REFUNDED": PaymentStatus.succeeded,
    "REFUNDED": PaymentStatus.succeeded,
    "DEACTIVATED": PaymentStatus.failed,
    "EXPIRED": PaymentStatus.failed,
    "FAILED": PaymentStatus.failed,
}
_REFUNDS: Final = {
    "COMPLETED": PaymentStatus.succeeded,
    "SUCCEEDED": PaymentStatus.succeeded,
    "SUCCESS": PaymentStatus.succeeded,
    "FAILED": PaymentStatus.failed,
    "CANCELLED": PaymentStatus.failed,
}
_LEGACY: Final = {
    "charge:confirmed": PaymentStatus.succeeded,
    "charge:resolved": PaymentStatus.succeeded,
    "charge:failed": PaymentStatus.failed,
    "charge:pending": PaymentStatus.pending,
    "charge:delayed": PaymentStatus.pending,
}
_NAME: Final = re.compile(r"[0-9a-f]{24}")
_OUR_REFUND: Final = re.compile(r"rfn_\w{1,60}")


def to_coinbase(minor: int, currency: str) -> dict[str, str]:
    """Give an amount as Coinbase writes it; Refused for money that it does not price a checkout in."""
    if currency not in CURRENCIES:
        raise Refused(f"Coinbase takes {', '.join(sorted(CURRENCIES))} and no {currency}: choose another way to pay.")
    return {"amount": format(Decimal(minor).scaleb(-exponent(currency)), "f"), "currency": currency}


def named(given: object) -> str:
    """Give an id that is one of Coinbase's; raises NotFound for anything else, before it becomes part of an address."""
    if isinstance(given, str) and _NAME.fullmatch(given):
        return given
    raise NotFound(f"Coinbase knows no {given!r}.")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def payment(told: Said) -> PaymentResult:
    """
    Say what a checkout has come to, in the money it was priced in.

    A payer who sent less or more USDC than was asked for has paid that much of it, at the rate that was locked.
    """
    status = _CHECKOUTS.get(str(told["status"]), PaymentStatus.pending)
    asked, currency = _priced(told)
    settled = told.get("settlement") or {}
    taken = asked
    if (
        status is PaymentStatus.succeeded
        and settled.get("currency") == told["currency"]
        and currency != told["currency"]
    ):
        taken = _at_rate(told, settled.get("totalAmount", told["amount"]))
    why = f"Coinbase says that the checkout is {str(told['status']).lower()}."
    has_failed = status is PaymentStatus.failed
    return PaymentResult(
        status,
        str(told["id"]),
        taken,
        currency,
        str(told["status"]).lower() if has_failed else None,
        why if has_failed else None,
        told.get("url") if status is PaymentStatus.requires_action else None,
        refund_ids=tuple(str(each["id"]) for each in told.get("refunds") or []),
    )


def refunds(told: Said) -> Sequence[RefundResult]:
    """Give the refunds of a checkout; by what stands as its reason each is known as ours, or as a person's."""
    return [_refund(told, each) for each in told.get("refunds") or []]


def _refund(checkout: Said, told: Said) -> RefundResult:
    status = _REFUNDS.get(str(told.get("status")), PaymentStatus.pending)
    currency = _priced(checkout)[1]
    if told.get("fiatAmount") and told.get("fiatCurrency") == currency:
        minor = _minor(told["fiatAmount"], currency)
    elif told.get("currency") == currency:
        minor = _minor(told["amount"], currency)
    else:
        minor = _at_rate(checkout, told["amount"])
    reason = str(told.get("reason") or "")
    why = "Coinbase says that the refund has failed." if status is PaymentStatus.failed else None
    ours = reason if _OUR_REFUND.fullmatch(reason) else None
    return RefundResult(status, str(told["id"]), why, minor, currency, ours)


def _priced(told: Said) -> tuple[int, str]:
    """Give what a checkout asks for: the money it was priced in, else its USDC, which no invoice is written in."""
    if told.get("fiatCurrency"):
        return _minor(told["fiatAmount"], str(told["fiatCurrency"])), str(told["fiatCurrency"])
    currency = str(told["currency"])
    if currency not in CURRENCIES:
        raise Refused(f"Coinbase says a price in {currency} only; ask Coinbase about checkout {told['id']}.")
    return _minor(told["amount"], currency), currency


def _at_rate(told: Said, amount: object) -> int:
    """Give an amount of USDC at the rate of the checkout, in minor units, what is less than one left out."""
    asked, _ = _priced(told)
    if _decimal(amount) == _decimal(told["amount"]):
        return asked
    return int((asked * _decimal(amount) / _decimal(told["amount"])).to_integral_value(ROUND_DOWN))


def _minor(said: object, currency: str) -> int:
    minor = _decimal(said).scaleb(exponent(currency))
    if minor != int(minor):
        raise Refused(f"Coinbase says {said} {currency}, which has no such fraction; ask Coinbase about it.")
    return int(minor)


def _decimal(said: object) -> Decimal:
    try:
        found = Decimal(str(said))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refused(f"Coinbase says an amount of {said!r}, which is none; ask Coinbase about it.")
    return found


def event(told: Said, raw: bytes) -> NormalizedEvent:
    """Name the checkout of an event; the same event again has the same bytes, and is known by them."""
    kind = str(told.get("eventType") or told.get("type") or "")
    if not kind.startswith("checkout."):
        return NormalizedEvent(_known_by(raw), "ignored", None)
    inner = told.get("data") if isinstance(told.get("data"), Mapping) else told
    checkout = inner.get("checkout") if isinstance(inner.get("checkout"), Mapping) else inner  # type: ignore[union-attr]  # told is a mapping
    names = [checkout.get("id"), checkout.get("checkoutId"), told.get("checkoutId")]  # type: ignore[union-attr]  # as above
    name = next((each for each in names if isinstance(each, str) and _NAME.fullmatch(each)), None)
    return NormalizedEvent(_known_by(raw), "payment" if name else "ignored", name)


def legacy_event(told: Said, raw: bytes) -> NormalizedEvent:
    """Name the charge of an event of Commerce; its amount is told by that event only, since its API is gone."""
    happened = told["event"] if isinstance(told.get("event"), Mapping) else {}
    charge = happened.get("data") or {}
    status = _LEGACY.get(str(happened.get("type")))
    if status is None:
        return NormalizedEvent(_known_by(raw), "ignored", None)
    return NormalizedEvent(str(happened["id"]), "payment", str(charge.get("id") or charge.get("code")), status=status)


def _known_by(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def sentence(body: Said, status: int) -> str:
    said = body.get("errorMessage") or body.get("message") or body.get("error") or f"HTTP {status}"
    return str(said)[:300]
