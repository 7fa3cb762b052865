"""The German CIUS: the same demands are BR-DE-… in XRechnung and DE-R-0… in Peppol between German parties."""

import re
from collections.abc import Iterator

from scaicontrol.core.errors import Reason

from ..document import CARD, CREDIT_TRANSFER, Document, Party, PaymentInstructions
from .reasons import broken

_EMAIL = re.compile(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+")
_CASH_DISCOUNT = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#")
_PHONE_DIGITS = 3
XRECHNUNG, PEPPOL = "BR-DE-", "DE-R-"


def check(document: Document, rules: str) -> Iterator[Reason]:
    """Demand what German invoices need; `rules` is how the caller's rule set begins its ids."""
    seller, buyer = document.seller, document.buyer
    if not document.buyer_reference:
        message = "The document has no buyer reference: a Leitweg-ID, or what the buyer asks for (BT-10)."
        fix = "Fill it in on the draft or in the tenant's billing profile."
        yield broken(_id(rules, 15), message, "buyer_reference", fix)
    for who, party, city, code in (("seller", seller, 3, 4), ("buyer", buyer, 8, 9)):
        if not party.city:
            yield broken(_id(rules, city), f"The {who} has no city.", f"{who}.city")
        if not party.postal_code:
            yield broken(_id(rules, code), f"The {who} has no postal code.", f"{who}.postal_code")
    yield from _contact(seller, rules)
    yield from _payment(document.payment, rules)
    yield from _cash_discount(document.payment.terms, rules)


def _id(rules: str, number: int, part: int = 0) -> str:
    """Name a rule: what is BR-DE-23-a in XRechnung is DE-R-023-1 in Peppol."""
    if rules == PEPPOL:
        return f"{rules}{number:03}" + (f"-{part}" if part else "")
    return f"{rules}{number}" + (f"-{' ab'[part]}" if part else "")


def _contact(seller: Party, rules: str) -> Iterator[Reason]:
    if not (seller.phone or seller.email):
        yield broken(
            _id(rules, 2), "The seller has no contact: a name, a phone number and an e-mail address.", "seller.phone"
        )
    contact = {
        "contact name": (seller.contact_name, 5, 41),
        "phone": (seller.phone, 6, 42),
        "email": (seller.email, 7, 43),
    }
    for label, (value, number, term) in contact.items():
        if not value:
            what = "e-mail address" if label == "email" else label
            yield broken(
                _id(rules, number), f"The seller has no {what} (BT-{term}).", f"seller.{label.replace(' ', '_')}"
            )
    if seller.phone and sum(map(str.isdigit, seller.phone)) < _PHONE_DIGITS:
        message = f"The seller's phone '{seller.phone}' has fewer than three digits (BT-42)."
        yield broken(_id(rules, 27), message, "seller.phone")
    if seller.email and not _EMAIL.fullmatch(seller.email):
        yield broken(_id(rules, 28), f"The seller's e-mail '{seller.email}' is not an address (BT-43).", "seller.email")


def _payment(payment: PaymentInstructions, rules: str) -> Iterator[Reason]:
    """Allow exactly the group that the means of payment asks for."""
    groups = {
        "account": (bool(payment.iban), "the seller's account (BG-17)"),
        "card": (bool(payment.card_last4), "a card (BG-18)"),
        "mandate": (bool(payment.mandate_reference), "a direct debit (BG-19)"),
    }
    for own, number, codes in (("account", 23, CREDIT_TRANSFER), ("card", 24, CARD), ("mandate", 25, {"59"})):
        if payment.means_code not in codes:
            continue
        if not groups[own][0]:
            message = f"The means of payment {payment.means_code} needs {groups[own][1]}."
            yield broken(_id(rules, number, 1), message, "seller.iban" if own == "account" else "payment")
        for other, (is_there, name) in groups.items():
            if other != own and is_there:
                message = f"The means of payment {payment.means_code} excludes {name}."
                yield broken(_id(rules, number, 2), message, "payment", "Keep one way to pay.")
    if payment.mandate_reference:
        if not payment.creditor_id:
            yield broken(
                _id(rules, 30), "A direct debit names the seller's creditor identifier (BT-90).", "seller.creditor_id"
            )
        if not payment.debtor_iban:
            yield broken(_id(rules, 31), "A direct debit names the buyer's account (BT-91).", "payment")


def _cash_discount(terms: str, rules: str) -> Iterator[Reason]:
    lines = terms.splitlines(keepends=True)
    wrong = [line for line in lines if line.strip().startswith("#") and not _CASH_DISCOUNT.fullmatch(line.strip())]
    if not wrong and lines and lines[-1].strip().startswith("#") and not lines[-1].endswith("\n"):
        wrong = lines[-1:]
    for line in wrong:
        yield broken(
            _id(rules, 18),
            f"The payment terms '{line.strip()}' are not a cash discount in the form XRechnung reads (BT-20).",
            "payment_terms",
            "Write #SKONTO#TAGE=14#PROZENT=2.00# on a line of its own, ended by a line break.",
        )
