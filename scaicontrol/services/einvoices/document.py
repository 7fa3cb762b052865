"""
The canonical document: an invoice or credit note in the terms of EN 16931, the source of every XML, PDF and digest.

Amounts are Decimals in major units, already rounded. A credit note carries positive amounts with type code 381; a
negative amount on a line is a discount. Writers know syntaxes, this module knows none.

The canonical form leaves out what stands at its default, so that a term added later changes no document without it.
A default is therefore part of the form: it is never changed, and a new field always has one.
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, Literal

from scaicontrol.core import canonical_json
from scaicontrol.core.events import rfc3339

TypeCode = Literal["380", "381"]
INVOICE: TypeCode = "380"
CREDIT_NOTE: TypeCode = "381"

# UNCL 4461, as far as EN 16931 asks for a group of its own.
CREDIT_TRANSFER = frozenset({"30", "58"})
CARD = frozenset({"48", "54", "55"})
DIRECT_DEBIT = frozenset({"49", "59"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An electronic address (BT-34, BT-49) and its four-digit EAS scheme, or EM for e-mail."""

    id: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Party:
    """Seller (BG-4) or buyer (BG-7). `identifier` is BT-29 or BT-46, `tax_number` BT-32."""

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
    identifier: str = ""
    tax_number: str = ""


@dataclass(frozen=True, slots=True)
class InvoicingPeriod:
    """A service period (BG-14, BG-26) by its first and last day."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """
    What is taken off (BG-20, on a line BG-27) or added (BG-21, BG-28); `amount` is net and positive.

    `percent` and `base_amount` stand together or not at all (PEPPOL-EN16931-R041, R042). `category` and `rate` are
    those of VAT and stay empty on a line, which has its own.
    """

    amount: Decimal
    reason: str = ""
    reason_code: str = ""
    percent: Decimal | None = None
    base_amount: Decimal | None = None
    category: str = ""
    rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """
    BG-25. `unit_price` is for `base_quantity` units (BT-149), so that tiny prices stay exact.

    Always net_amount = quantity times unit_price by base_quantity, rounded, less allowances, plus charges.
    """

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
    period: InvoicingPeriod | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()


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
    """BG-22: BT-106, 109, 110, 112, 113, 115, then 107, 108, 114 and 111 (VAT in `Document.tax_currency`)."""

    lines: Decimal
    without_tax: Decimal
    tax: Decimal
    with_tax: Decimal
    prepaid: Decimal
    due: Decimal
    allowances: Decimal = Decimal(0)
    charges: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)
    tax_in_tax_currency: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaymentInstructions:
    """
    BG-16 and exactly the group its code asks for: the seller's account (BG-17), a card (BG-18), or a mandate (BG-19).

    Of a card the last four digits only. `terms` is BT-20.
    """

    means_code: str
    reference: str
    iban: str = ""
    bic: str = ""
    account_holder: str = ""
    bank_name: str = ""
    card_last4: str = ""
    card_network: str = ""
    card_holder: str = ""
    mandate_reference: str = ""
    creditor_id: str = ""
    debtor_iban: str = ""
    terms: str = ""

    @property
    def is_card(self) -> bool:
        return self.means_code in CARD

    @property
    def is_direct_debit(self) -> bool:
        return self.means_code in DIRECT_DEBIT


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
    payment: PaymentInstructions
    language: str = "en"
    due_date: date | None = None
    period: InvoicingPeriod | None = None
    buyer_reference: str = ""
    purchase_order_ref: str = ""
    notes: tuple[str, ...] = ()
    preceding: Preceding | None = None
    tax_label: str = ""
    legal_note: str = ""
    reverse_charge: bool = False
    exponent: int = 2
    allowances: tuple[AllowanceCharge, ...] = ()
    charges: tuple[AllowanceCharge, ...] = ()
    contract_ref: str = ""
    tax_currency: str = ""
    delivery_date: date | None = None
    deliver_to_country: str = ""

    @property
    def is_credit_note(self) -> bool:
        return self.type_code == CREDIT_NOTE

    @property
    def currency_day(self) -> date:
        """The day whose money a document is in: a note gives back in the currency of its invoice."""
        return (self.preceding.issue_date if self.preceding else None) or self.issue_date

    @property
    def outside_scope(self) -> bool:
        """Category O: no party may be named by its VAT number."""
        return any(line.category == "O" for line in self.lines)

    @property
    def supply_date(self) -> date | None:
        """BT-72: the delivery, else the last day of the period; the law wants it where it is not the issue date."""
        return self.delivery_date or (self.period.end if self.period else None)


def canonical_bytes(value: Any) -> bytes:
    """
    Write a document, or any mapping of plain values, as RFC 8785 JSON: the same value gives the same bytes for ever.

    Decimals, dates and moments become strings; a float is refused because its text depends on who wrote it. A field
    of a dataclass that stands at its default is left out.
    """
    return canonical_json.dumps(_plain(value))


def canonical_digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return sha256(canonical_bytes(value)).hexdigest()


_AS_IS = frozenset({str, int, bool, type(None)})


def _plain(value: Any) -> Any:  # noqa: C901, PLR0911 - one line per kind of value reads best
    kind = type(value)
    if kind in _AS_IS:
        return value
    if kind is dict:  # nearly everything is: asked before the kinds that are rare
        return {str(key): item if type(item) in _AS_IS else _plain(item) for key, item in value.items()}
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
        stated = ((each.name, getattr(value, each.name), each.default) for each in fields(value))
        return {name: _plain(item) for name, item, default in stated if item != default}
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{value!r} has no canonical form.")
