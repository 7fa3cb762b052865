"""
The seal: SHA-256 over the RFC 8785 JSON of everything a finalized document says and the seal before it.

Each series is one chain, so that no document can be edited, removed or exchanged without breaking it (contract §14.3).
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import Any

from scaicontrol.core.turns import in_turns
from scaicontrol.services.einvoices.document import canonical_bytes

_HEAD = (
    "id", "number", "document_type", "fiscal_year", "serial", "partner_id", "tenant_id", "currency", "language",
    "issue_date", "due_date", "period_start", "period_end", "delivery_date", "notes", "buyer_reference",
    "purchase_order_ref", "contract_ref", "payment_terms", "allowances", "charges", "prepaid_cents", "payment_means",
    "credit_reason", "billing_run_id", "reverse_charge", "tax_label", "legal_note", "buyer_snapshot",
    "seller_snapshot", "referenced_invoice_id", "previous_digest", "finalized_at",
)  # fmt: skip
_TOTALS = ("subtotal_cents", "tax_cents", "total_cents")
_LINE = (
    "id", "order_index", "description", "quantity", "unit_label", "unit_price_cents", "unit_divisor", "allowances",
    "charges", "amount_cents", "tax_category", "tax_rate", "tax_cents", "period_start", "period_end",
    "subscription_id", "pack_subscription_id", "metric_slug", "billing_charge_id", "credited_line_id",
    "ledger_code", "derivation",
)  # fmt: skip
_DECISION = (
    "id", "rule", "rate", "category", "reverse_charge", "label", "legal_note", "exemption_code", "exemption_reason",
    "rate_row_id", "consultation_id", "inputs", "evidence", "warnings", "policy", "decided_at", "finalized_at",
)  # fmt: skip
# Sealed where they say something, so that a document which knew none of them keeps its seal.
_LINE_IF_ANY = ("exemption_reason", "exemption_code")
_DECISION_IF_ANY = ("exemptions", "tax_currency", "tax_in_tax_currency_cents", "exchange_rates")


# What a set-based read needs to seal again: the same fields, without the entities around them.
DOCUMENT_FIELDS = (*_HEAD, *_TOTALS)
LINE_FIELDS = (*_LINE, *_LINE_IF_ANY)
DECISION_FIELDS = (*_DECISION, *_DECISION_IF_ANY)


async def digest(invoice: object, lines: Sequence[object], decision: object) -> str:
    """Give the seal of a document: the SHA-256 of `canonical`."""
    return sha256(await canonical(invoice, lines, decision)).hexdigest()


async def canonical(invoice: object, lines: Sequence[object], decision: object) -> bytes:
    """
    Write everything the seal covers as RFC 8785 JSON, of entities or of rows with the fields above.

    Amounts are as stored: negative on a credit note. Lines are written one by one, so that thousands hold up nobody.
    """
    written = [canonical_bytes(_line(line)) async for line in in_turns(lines)]
    fields = {name: canonical_bytes(value) for name, value in _around_lines(invoice, decision).items()}
    fields["lines"] = b"[" + b",".join(written) + b"]"
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), fields[name]) for name in sorted(fields)) + b"}"


def _around_lines(invoice: object, decision: object) -> dict[str, Any]:
    return {
        **_fields(invoice, _HEAD),
        "totals": _fields(invoice, _TOTALS),
        "tax_decision": {**_fields(decision, _DECISION), **_fields(decision, _DECISION_IF_ANY)},
    }


def _line(line: object) -> dict[str, Any]:
    return {**_fields(line, _LINE), **_fields(line, _LINE_IF_ANY)}


def _fields(row: object, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Read what a row states: what is null is left out, so that a column added later changes no seal without it."""
    return {
        # A decimal without the zeros that depend on where it comes from: 3 and 3.000000 are one quantity.
        name: format(value.normalize(), "f") if type(value) is Decimal else value
        for name, value in zip(names, _reader(names)(row), strict=True)
        if value is not None
    }


@cache
def _reader(names: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    return attrgetter(*names)
