"""What a line was computed from, in sentences for whoever has to pay it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from scaicontrol.core.money import Money

from .models import Invoice, InvoiceLine

_SAID = frozenset({
    "kind", "plan", "plan_version", "quantity", "unit_price_cents", "days", "full_days", "full_amount_cents", "metric",
    "usage_digest", "rounding", "line_id", "amount_cents", "amount_stated",
})  # fmt: skip


def explain(line: InvoiceLine, invoice: Invoice) -> list[str]:
    """Say how a line's amount and VAT came about, from what is stored with it alone."""
    stored = line.derivation or {}
    amount = Money(line.amount_cents, invoice.currency)
    sentences = [*_source(stored, invoice), *_shares(stored, invoice), *_others(stored)]
    if not stored or stored.get("kind") == "manual":
        price = Money(line.unit_price_cents, invoice.currency)
        per = f" for {line.unit_divisor}" if line.unit_divisor != 1 else ""
        sentences.append(f"A person wrote it: {line.quantity.normalize():f} times {price}{per}.")
    sentences.append(f"The net amount is {amount}.")
    if line.tax_category and line.tax_rate is not None and invoice.is_sealed:
        tax = Money(line.tax_cents, invoice.currency)
        sentences.append(
            f"VAT category {line.tax_category} at {_number(line.tax_rate)}%: {tax}, its share of the VAT that is "
            f"computed once for all lines of that rate."
        )
    return sentences


def _source(stored: dict[str, Any], invoice: Invoice) -> Iterator[str]:
    if plan := stored.get("plan"):
        version = f", price version {stored['plan_version']}" if stored.get("plan_version") is not None else ""
        yield f"It follows from plan {plan}{version}."
    if metric := stored.get("metric"):
        proof = f", proved by usage digest {stored['usage_digest']}" if stored.get("usage_digest") else ""
        yield f"Usage of {metric} was {stored.get('quantity')}{proof}."
    elif stored.get("quantity") is not None and stored.get("unit_price_cents") is not None:
        yield f"{stored['quantity']} at {Money(int(stored['unit_price_cents']), invoice.currency)} each."
    if stored.get("kind") == "credit" and stored.get("line_id"):
        yield f"It gives back {Money(int(stored['amount_cents']), invoice.currency)} of line {stored['line_id']}."


def _shares(stored: dict[str, Any], invoice: Invoice) -> Iterator[str]:
    days, full = stored.get("days"), stored.get("full_days")
    if stored.get("full_amount_cents") is not None:
        yield f"The whole period costs {Money(int(stored['full_amount_cents']), invoice.currency)}."
    if days is not None and full is not None:
        yield "It covers the whole period." if days == full else f"It covers {days} of {full} days."
    if rounding := stored.get("rounding"):
        yield f"Rounding: {rounding}."


def _others(stored: dict[str, Any]) -> Iterator[str]:
    for key in sorted(set(stored) - _SAID):
        yield f"{key.replace('_', ' ').capitalize()}: {_plain(stored[key])}."


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(_plain(item) for item in value)
    return str(value)


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")
