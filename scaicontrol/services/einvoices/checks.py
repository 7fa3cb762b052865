"""
The gate of our own: exact arithmetic, coherence, and what each format demands beyond its schema.

The official rules accept tax that is off by almost one unit of currency and never multiply quantity by price; this gate
is exact. Every failure is reported, with the rule it follows from where there is one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stdnum import iban
from stdnum.exceptions import ValidationError

from scaicontrol.core.errors import Reason
from scaicontrol.services import tax

from .document import AllowanceCharge, Document, Endpoint, Line, Party, Payment
from .formats import Format

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EAS = re.compile(r"\d{4}")
_EMAIL = re.compile(r"[^@\s.][^@\s]*@[^@\s]+\.[^@\s.]+")
_PHONE_DIGITS = 3
_DECIMALS = 2
_HUNDRED = Decimal(100)


def check(document: Document, target: Format) -> list[Reason]:
    """Name everything that is wrong with a document in a format; an empty list means the gate is open."""
    found = [
        *_control_characters(document),
        *_terms(document),
        *_arithmetic(document),
        *_adjustments(document),
        *_coherence(document),
        *_BY_FORMAT[target](document),
    ]
    return list(dict.fromkeys(found))


def _bad(message: str, field: str | None = None) -> Reason:
    return Reason("einvoice_invalid", message, field)


def _control_characters(document: Document) -> Iterator[Reason]:
    for path, text in _texts(document, ""):
        for character in sorted(set(_NOT_XML.findall(text))):
            yield _bad(
                f"{path} contains the character U+{ord(character):04X}, which XML cannot carry; remove it.", path
            )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value, start=1):
            yield from _texts(item, f"{path}[{position}]")
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name), f"{path}.{each.name}".lstrip("."))


def _terms(document: Document) -> Iterator[Reason]:
    if not document.number:
        yield _bad("The document has no number (BR-02).", "number")
    if not document.lines:
        yield Reason("no_lines", "The document has no lines (BR-16).", "lines")
    yield from _party_terms("seller", document.seller)
    yield from _party_terms("buyer", document.buyer)
    for line in document.lines:
        if not line.name:
            yield _bad(f"Line {line.id} has no description (BR-25).", f"lines[{line.id}].description")
    if document.exponent > _DECIMALS:
        yield _bad(
            f"{document.currency} has {document.exponent} decimals; e-invoices carry at most 2 (BR-DEC).", "currency"
        )
    if document.is_credit_note and not (document.preceding and document.preceding.issue_date):
        yield _bad(
            "A credit note names the number and date of the invoice it corrects (BT-25, BT-26).",
            "referenced_invoice_id",
        )
    if document.payment.iban:
        try:
            iban.validate(document.payment.iban)
        except ValidationError:
            yield _bad(f"The seller's IBAN {document.payment.iban} is not valid; check its digits.", "seller.iban")


def _party_terms(who: str, party: Party) -> Iterator[Reason]:
    code = "seller_incomplete" if who == "seller" else "profile_incomplete"
    needed = {
        "name": party.name,
        "address line 1": party.address_line1,
        "postal code": party.postal_code,
        "city": party.city,
        "country": party.country_code,
    }
    for label, value in needed.items():
        if not value:
            yield Reason(code, f"The {who} has no {label}.", f"{who}.{label.replace(' ', '_')}")


def _arithmetic(document: Document) -> Iterator[Reason]:
    for line in document.lines:
        yield from _line_arithmetic(line, document)
    totals = document.totals
    yield from _equal("the sum of the lines (BT-106)", totals.lines, _sum(line.net_amount for line in document.lines))
    yield from _equal(
        "the sum of the allowances (BT-107)", totals.allowances, _sum(each.amount for each in document.allowances)
    )
    yield from _equal("the sum of the charges (BT-108)", totals.charges, _sum(each.amount for each in document.charges))
    without_tax = totals.lines - totals.allowances + totals.charges
    yield from _equal("the total without VAT (BT-109)", totals.without_tax, without_tax)
    yield from _equal("the total VAT (BT-110)", totals.tax, _sum(group.tax_amount for group in document.vat))
    yield from _equal("the total with VAT (BT-112)", totals.with_tax, totals.without_tax + totals.tax)
    yield from _equal("the amount due (BT-115)", totals.due, totals.with_tax - totals.prepaid + totals.rounding)
    groups = {(part.category, part.rate) for part, _ in _taxed(document)}
    if groups != {(group.category, group.rate) for group in document.vat} or len(groups) != len(document.vat):
        yield _wrong("There must be exactly one VAT breakdown for each category and rate that is used (BR-CO-18).")
    for group in document.vat:
        name = f"VAT {group.category} {group.rate}%"
        terms = (group.category, group.rate)
        base = _sum(amount for part, amount in _taxed(document) if (part.category, part.rate) == terms)
        yield from _equal(f"the base of {name} (BT-116)", group.taxable_amount, base)
        tax_amount = _rounded(group.taxable_amount * group.rate / _HUNDRED, document)
        if document.is_credit_note and document.preceding and abs(group.tax_amount - tax_amount) <= _cent(document):
            continue  # several notes give back the VAT of one invoice to the cent, so one of them may round otherwise
        yield from _equal(f"the tax of {name} (BT-117)", group.tax_amount, tax_amount)
    if document.is_credit_note and totals.with_tax < 0:
        yield _wrong("A credit note over a negative amount is an invoice.")


def _line_arithmetic(line: Line, document: Document) -> Iterator[Reason]:
    if line.unit_price < 0:
        yield _wrong(f"The price of line {line.id} is negative; a reduction has a negative quantity (BR-27).")
    if line.base_quantity <= 0:
        yield _wrong(f"The base quantity of line {line.id} must be above 0.")
        return
    gross = _rounded(line.quantity * line.unit_price / line.base_quantity, document)
    net = gross - _sum(each.amount for each in line.allowances) + _sum(each.amount for each in line.charges)
    yield from _equal(f"the net amount of line {line.id} (BT-131)", line.net_amount, net)


def _taxed(document: Document) -> Iterator[tuple[Line | AllowanceCharge, Decimal]]:
    """Give everything VAT is computed on, with what it adds to the base of its category and rate."""
    yield from ((line, line.net_amount) for line in document.lines)
    yield from ((each, -each.amount) for each in document.allowances)
    yield from ((each, each.amount) for each in document.charges)


def _adjustments(document: Document) -> Iterator[Reason]:
    """Every allowance and charge is positive, says why (BR-33, 38, 42, 44), and is its share of its base (R040)."""
    named = [("the document", each) for each in (*document.allowances, *document.charges)]
    named += [(f"line {line.id}", each) for line in document.lines for each in (*line.allowances, *line.charges)]
    for where, each in named:
        if each.amount < 0:
            yield _wrong(f"An allowance or charge of {where} is negative; use the other kind.")
        if not (each.reason or each.reason_code):
            yield _bad(f"An allowance or charge of {where} gives no reason (BR-33, BR-38, BR-42, BR-44).", "reason")
        if each.percent is not None and each.base_amount is not None:
            share = _rounded(each.base_amount * each.percent / _HUNDRED, document)
            yield from _equal(f"the allowance or charge of {where}", each.amount, share)


def _cent(document: Document) -> Decimal:
    return Decimal(1).scaleb(-document.exponent)


def _rounded(value: Decimal, document: Document) -> Decimal:
    return value.quantize(_cent(document), rounding=ROUND_HALF_UP)


def _sum(amounts: Iterator[Decimal]) -> Decimal:
    return sum(amounts, Decimal())


def _equal(name: str, stated: Decimal, computed: Decimal) -> Iterator[Reason]:
    if stated != computed:
        yield _wrong(f"{name[0].upper()}{name[1:]} is {stated}, but it comes to {computed}.")


def _wrong(message: str) -> Reason:
    return Reason("totals_invalid", message)


def _coherence(document: Document) -> Iterator[Reason]:
    lines = [tax.TaxableLine(0, line.category, line.rate) for line in document.lines]
    grounds = tax.Grounds(
        decided_category="",
        seller_vat_number=document.seller.vat_number,
        buyer_vat_number=document.buyer.vat_number,
        reasons={group.category: group.exemption_reason for group in document.vat},
        manual=True,
    )
    yield from tax.check_coherence(lines, grounds)
    seller = document.seller
    if not (seller.vat_number or seller.tax_number) and not document.outside_scope:
        yield Reason("seller_incomplete", "The seller has no VAT number (BR-S-02).", "seller.vat_number")
    if document.outside_scope and not (seller.registration_number or seller.vat_number or seller.identifier):
        yield Reason(
            "seller_incomplete", "The seller has neither a registration nor a VAT number (BR-CO-26).",
            "seller.registration_number",
        )  # fmt: skip
    whole = document.period
    for line in document.lines:
        if whole and line.period and not (whole.start <= line.period.start and line.period.end <= whole.end):
            yield _bad(f"The period of line {line.id} leaves the period of the document (R110, R111).", "period_start")


def _nothing_more(_: Document) -> Iterator[Reason]:
    yield from ()


def _peppol(document: Document) -> Iterator[Reason]:
    """Demand what Peppol BIS Billing 3.0 adds."""
    for who, endpoint, rule in (
        ("buyer", document.buyer.endpoint, "R010"),
        ("seller", document.seller.endpoint, "R020"),
    ):
        if not _is_participant(endpoint):
            yield _bad(
                f"The {who} has no Peppol id with a four-digit scheme (PEPPOL-EN16931-{rule}).", f"{who}.peppol_id"
            )
    if not (document.buyer_reference or document.purchase_order_ref):
        yield _bad("Peppol needs a buyer reference or an order reference (PEPPOL-EN16931-R003).", "buyer_reference")


def _is_participant(endpoint: Endpoint | None) -> bool:
    return endpoint is not None and bool(_EAS.fullmatch(endpoint.scheme))


def _xrechnung(document: Document) -> Iterator[Reason]:
    """Demand what the German CIUS adds (BR-DE rules of XRechnung 3.0)."""
    if not document.buyer_reference:
        yield _bad("XRechnung needs a Leitweg-ID or another buyer reference (BR-DE-15).", "buyer_reference")
    seller = document.seller
    contact = {"contact name": (seller.contact_name, 5), "phone": (seller.phone, 6), "e-mail": (seller.email, 7)}
    for label, (value, rule) in contact.items():
        if not value:
            yield _bad(f"XRechnung needs the seller's {label} (BR-DE-{rule}).", f"seller.{label.replace(' ', '_')}")
    if seller.phone and sum(map(str.isdigit, seller.phone)) < _PHONE_DIGITS:
        yield _bad(f"The seller's phone '{seller.phone}' needs at least three digits (BR-DE-27).", "seller.phone")
    if seller.email and not _EMAIL.fullmatch(seller.email):
        yield _bad(f"The seller's e-mail '{seller.email}' is not an address (BR-DE-28).", "seller.email")
    yield from _xrechnung_payment(document.payment)
    for who, endpoint in (("seller", seller.endpoint), ("buyer", document.buyer.endpoint)):
        if endpoint is None:
            yield _bad(
                f"XRechnung needs an electronic address of the {who}: a Peppol id or an e-mail address.", f"{who}.email"
            )


def _xrechnung_payment(payment: Payment) -> Iterator[Reason]:
    """Demand the group that belongs to the way of paying, whole."""
    if payment.is_direct_debit:
        needed = {
            "mandate reference": (payment.mandate_reference, "BT-89, BR-DE-25-a"),
            "creditor identifier": (payment.creditor_id, "BT-90, BR-DE-30"),
            "account of the payer": (payment.debtor_iban, "BT-91, BR-DE-31"),
        }
        for label, (value, rule) in needed.items():
            if not value:
                yield _bad(f"XRechnung needs the {label} of a direct debit ({rule}).", "payment_means")
    elif payment.is_card:
        if not payment.card_last4:
            yield _bad("XRechnung needs the last digits of the card (BR-DE-24-a).", "payment_means")
    elif not payment.iban:
        yield _bad("XRechnung needs the seller's payment account (BR-DE-1, BR-DE-23-a).", "seller.iban")


_BY_FORMAT: dict[Format, Callable[[Document], Iterator[Reason]]] = {
    Format.ubl: _peppol,
    Format.xrechnung: _xrechnung,
    Format.cii: _nothing_more,
    Format.zugferd: _nothing_more,
    Format.facturx: _nothing_more,
}
