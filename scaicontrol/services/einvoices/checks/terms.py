"""The terms every document has, whatever its format: EN 16931's mandatory ones, its codes, and what the law adds."""

from collections.abc import Iterator

from stdnum import iban
from stdnum.exceptions import ValidationError

from scaicontrol.core.errors import Reason
from scaicontrol.core.money import INVOICED_DIGITS, is_currency
from scaicontrol.core.postal_addresses import required_parts
from scaicontrol.services.tax import numbers, places

from ..document import CARD, CREDIT_TRANSFER, DIRECT_DEBIT, AllowanceCharge, Document, Line, Party
from . import codes
from .reasons import broken, lacks


def check(document: Document) -> Iterator[Reason]:
    yield from _head(document)
    yield from _party(document.seller, "seller")
    yield from _party(document.buyer, "buyer")
    for line in document.lines:
        yield from _line(line)
    for kind, (rule, each) in _reductions(document):
        if not (each.reason or each.reason_code):
            yield broken(rule, f"The {kind} of {each.amount} gives no reason (BT-97, BT-104, BT-139, BT-144).", "lines")
    yield from _payment(document)
    yield from _periods(document)


def _head(document: Document) -> Iterator[Reason]:
    if not document.number:
        yield broken("BR-02", "The document has no number (BT-1).", "number")
    if not document.lines:
        yield broken("BR-16", "The document has no lines; add at least one (BG-25).", "lines", code="no_lines")
    if not is_currency(document.currency, document.currency_day):
        yield broken("BR-CL-04", f"'{document.currency}' is no ISO 4217 currency code (BT-5).", "currency")
    elif document.exponent > INVOICED_DIGITS:
        message = f"{document.currency} has {document.exponent} decimals; e-invoices carry at most {INVOICED_DIGITS}."
        yield broken("BR-DEC", message, "currency", "Invoice this buyer in another currency.")
    if document.is_credit_note and not (document.preceding and document.preceding.issue_date):
        message = "A credit note names the number and the date of the invoice it corrects (BT-25, BT-26)."
        # Art. 219 of Directive 2006/112/EC; no official rule set asks for it.
        yield broken("SC-CREDIT", message, "referenced_invoice_id", "Credit the invoice from its own page.")
    if document.due_date and document.due_date < document.issue_date and not document.is_credit_note:
        message = f"The document is due on {document.due_date}, before it is issued on {document.issue_date}."
        yield broken("SC-DUE", message, "due_date")
    if not (document.is_credit_note or document.totals.due <= 0 or document.due_date or document.payment.terms):
        # BR-CO-25 asked for it until EN 16931 rules 1.3.16 dropped it; a buyer must still know when to pay.
        yield broken("SC-TERMS", "The document has neither a due date (BT-9) nor payment terms (BT-20).", "due_date")


def _party(party: Party, who: str) -> Iterator[Reason]:
    seller = who == "seller"
    if not party.name:
        yield lacks("BR-06" if seller else "BR-07", who, "name", f"{who}.name")
    # Art. 226(5) of Directive 2006/112/EC: the full address of both, as far as their countries have one; EN 16931 is
    # content with the country.
    parts = required_parts(party.country_code)
    for name, label in (("address_line1", "address line 1"), ("postal_code", "postal code"), ("city", "city")):
        if name in parts and not getattr(party, name):
            yield lacks("SC-ADDRESS", who, label, f"{who}.{label.replace(' ', '_')}")
    if not party.country_code:
        yield lacks("BR-09" if seller else "BR-11", who, "country", f"{who}.country")
    elif not places.is_country(party.country_code):
        yield broken(
            "BR-CL-14", f"'{party.country_code}' is no ISO 3166-1 country (BT-40, BT-55).", f"{who}.country_code"
        )
    if party.vat_number and not party.vat_number[:2].isalpha():
        message = f"The VAT number {party.vat_number} of the {who} does not begin with the letters of its country."
        yield broken("BR-CO-09", message, f"{who}.vat_number")
    elif is_foreign(party):
        message = f"The VAT number {party.vat_number} of the {who} belongs to another country than its address."
        yield broken("SC-VATID", message, f"{who}.vat_number")
    elif seller and (problem := numbers.problem(party.vat_number, party.country_code)):
        yield broken("SC-VATID", problem, f"{who}.vat_number")
    if party.endpoint and party.endpoint.scheme not in codes.EAS:
        message = f"'{party.endpoint.scheme}' is no scheme of electronic addresses (BT-{'34' if seller else '49'}-1)."
        yield broken("BR-CL-25", message, f"{who}.peppol_scheme")


def is_foreign(party: Party) -> bool:
    """Tell whether a VAT number of an EU state stands with an address elsewhere: the tax was decided by the address."""
    prefix = party.vat_number[:2]
    is_european = prefix == "EL" or prefix in places.EU_MEMBER_STATES
    return is_european and prefix != numbers.vat_prefix(party.country_code)


def _line(line: Line) -> Iterator[Reason]:
    where = f"lines[{line.id}]"
    if not line.name:
        yield broken("BR-25", f"Line {line.id} has no description (BT-153).", f"{where}.description")
    if line.unit_price < 0:
        message = f"The price of line {line.id} is negative; a reduction has a negative quantity or is an allowance."
        yield broken("BR-27", message, f"{where}.unit_price", code="totals_invalid")
    if not codes.UNIT.fullmatch(line.unit_code):
        yield broken(
            "BR-CL-23", f"'{line.unit_code}' of line {line.id} is no unit of measure (BT-130).", f"{where}.unit_label"
        )


def _reductions(document: Document) -> Iterator[tuple[str, tuple[str, AllowanceCharge]]]:
    yield from (("discount", ("BR-33", each)) for each in document.allowances)
    yield from (("surcharge", ("BR-38", each)) for each in document.charges)
    for line in document.lines:
        yield from ((f"discount on line {line.id}", ("BR-42", each)) for each in line.allowances)
        yield from ((f"surcharge on line {line.id}", ("BR-44", each)) for each in line.charges)


def _payment(document: Document) -> Iterator[Reason]:
    payment = document.payment
    if payment.means_code not in codes.PAYMENT_MEANS:
        yield broken("BR-CL-16", f"'{payment.means_code}' is no code of a means of payment (BT-81).", "payment_means")
    if payment.means_code in CREDIT_TRANSFER and not payment.iban:
        message = "A credit transfer (30, 58) names the seller's account (BT-84)."
        yield broken("BR-61", message, "seller.iban")
    if payment.means_code in CARD and not payment.card_last4:
        yield broken("BR-51", "A card payment (48, 54, 55) shows the last digits of the card (BT-87).", "payment")
    elif payment.card_last4 and not (payment.card_last4.isdigit() and len(payment.card_last4) <= 4):
        message = "Of a card a document shows the last four digits, never more (BT-87)."
        yield broken("BR-51", message, "payment", "Store the last four digits of the card only.")
    if payment.means_code in DIRECT_DEBIT and not payment.mandate_reference:
        yield broken("SC-MANDATE", "A direct debit (49, 59) names the buyer's mandate (BT-89).", "payment")
    for number, who, term in ((payment.iban, "seller", "BT-84"), (payment.debtor_iban, "buyer", "BT-91")):
        if number and not _is_iban(number):
            yield broken(
                "SC-IBAN", f"The {who}'s IBAN {number} is not valid ({term}); check its digits.", f"{who}.iban"
            )


def _is_iban(number: str) -> bool:
    """Hold an account against its country's form and its check digits; no list knows every bank."""
    try:
        iban.validate(number, check_country=False)
    except ValidationError:
        return False
    return True


def _periods(document: Document) -> Iterator[Reason]:
    whole = document.period
    if whole and whole.end < whole.start:
        yield broken("BR-29", f"The period ends on {whole.end}, before it begins on {whole.start}.", "period_end")
    for line in document.lines:
        own, where = line.period, f"lines[{line.id}]"
        if own is None:
            continue
        if own.end < own.start:
            yield broken("BR-30", f"The period of line {line.id} ends before it begins.", f"{where}.period_end")
        if whole and own.start < whole.start:
            message = f"Line {line.id} begins on {own.start}, before the period of the document ({whole.start})."
            yield broken("PEPPOL-EN16931-R110", message, f"{where}.period_start")
        if whole and own.end > whole.end:
            message = f"Line {line.id} ends on {own.end}, after the period of the document ({whole.end})."
            yield broken("PEPPOL-EN16931-R111", message, f"{where}.period_end")
