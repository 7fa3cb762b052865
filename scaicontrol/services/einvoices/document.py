"""
The canonical document: an invoice or credit note in the terms of EN 16931, the source of every XML, PDF and digest.

Amounts are Decimals in major units, already rounded. A credit note carries positive amounts with type code 381; a
negative amount on a line is a discount. Writers know syntaxes, this module knows none.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, Literal

import rfc8785

from scaicontrol.core.events import rfc3339

TypeCode = Literal["380", "381"]
INVOICE: TypeCode = "380"
CREDIT_NOTE: TypeCode = "381"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An electronic address (BT-34, BT-49) and its four-digit EAS scheme, or EM for e-mail."""

    id: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Party:
    """Seller (BG-4) or buyer (BG-7)."""

    name: str
    country_code: str
    address_line1: str = ""
    address_line2: str = ""
    city: str = ""
    postal_code: str = ""
    state: str = ""
    trade_name: str = ""
    vat_number: str = ""
    registration_number: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A service period (BG-14, BG-26) by its first and last day."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Line:
    """BG-25. `unit_price` is for `base_quantity` units (BT-149), so that tiny prices stay exact."""

    id: str
    name: str
    quantity: Decimal
    unit_code: str
    unit_price: Decimal
    net_amount: Decimal
    category: str
    rate: Decimal
    base_quantity: Decimal = Decimal(1)
    unit_label: str = ""
    detail: str = ""
    period: Span | None = None


@dataclass(frozen=True, slots=True)
class VatBreakdown:
    """BG-23, one per category and rate."""

    category: str
    rate: Decimal
    taxable_amount: Decimal
    tax_amount: Decimal
    exemption_reason: str = ""
    exemption_code: str = ""


@dataclass(frozen=True, slots=True)
class DocumentTotals:
    """BG-22: BT-106, 109, 110, 112, 113 and 115."""

    lines: Decimal
    without_tax: Decimal
    tax: Decimal
    with_tax: Decimal
    prepaid: Decimal
    due: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """BG-16 and BG-17: how the document is paid."""

    means_code: str
    reference: str
    iban: str = ""
    bic: str = ""
    account_holder: str = ""
    bank_name: str = ""


@dataclass(frozen=True, slots=True)
class Preceding:
    """BG-3: the invoice a credit note corrects."""

    number: str
    issue_date: date | None


@dataclass(frozen=True, slots=True)
class Document:
    number: str
    type_code: TypeCode
    issue_date: date
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    vat: tuple[VatBreakdown, ...]
    totals: DocumentTotals
    payment: Payment
    language: str = "en"
    due_date: date | None = None
    period: Span | None = None
    buyer_reference: str = ""
    purchase_order_ref: str = ""
    notes: tuple[str, ...] = ()
    preceding: Preceding | None = None
    tax_label: str = ""
    legal_note: str = ""
    reverse_charge: bool = False
    exponent: int = field(default=2)

    @property
    def is_credit_note(self) -> bool:
        return self.type_code == CREDIT_NOTE

    @property
    def outside_scope(self) -> bool:
        """Category O: no party may be named by its VAT number."""
        return any(line.category == "O" for line in self.lines)

    @property
    def supply_date(self) -> date | None:
        """BT-72: the last day of the period; the law wants it where it differs from the issue date."""
        return self.period.end if self.period else None


def canonical_bytes(value: Any) -> bytes:
    """
    Write a document, or any mapping of plain values, as RFC 8785 JSON: the same value gives the same bytes for ever.

    Decimals, dates and moments become strings; a float is refused because its text depends on who wrote it.
    """
    return rfc8785.dumps(_plain(value))


def canonical_digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return sha256(canonical_bytes(value)).hexdigest()


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one line per kind of value reads best
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{value!r} has no canonical form.")
