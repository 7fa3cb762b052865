"""What Peppol BIS Billing 3.0 adds to EN 16931 (PEPPOL-EN16931-R…, P…, CL…, and the rules of countries)."""

import re
from collections.abc import Iterator

from scaicontrol.core.errors import Reason

from ..document import Document, Endpoint
from ..writers.xml import register_scheme
from . import addresses, codes, germany
from .reasons import broken

_ITALIAN = re.compile(r"[A-Z0-9]{11,16}")
_NORWEGIAN = re.compile(r"NO\d{9}MVA")
_DANISH_MEANS = frozenset({"1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97"})
_DUTCH_MEANS = frozenset({"30", "48", "49", "57", "58", "59"})


def check(document: Document) -> Iterator[Reason]:
    yield from _address(document.buyer.endpoint, "buyer", "R010")
    yield from _address(document.seller.endpoint, "seller", "R020")
    if not (document.buyer_reference or document.purchase_order_ref):
        message = "Peppol needs a buyer reference (BT-10) or an order reference (BT-13)."
        yield broken("PEPPOL-EN16931-R003", message, "buyer_reference", "Ask the buyer for one and fill it in.")
    if document.payment.means_code == "49" and not document.payment.mandate_reference:
        yield broken("PEPPOL-EN16931-R061", "A direct debit names the buyer's mandate (BT-89).", "payment")
    for each in (*document.allowances, *(one for line in document.lines for one in line.allowances)):
        if each.reason_code and each.reason_code not in codes.DISCOUNTS:
            message = f"'{each.reason_code}' is no reason for a discount in UNCL 5189 (BT-98, BT-140)."
            yield broken("PEPPOL-EN16931-CL002", message, "allowances")
    if {document.seller.country_code, document.buyer.country_code} == {"DE"}:
        yield from germany.check(document, germany.PEPPOL)
    yield from _country(document)


def _address(endpoint: Endpoint | None, who: str, rule: str) -> Iterator[Reason]:
    if endpoint is None:
        message = f"The {who} has no electronic address; Peppol delivers to a Peppol id with a four-digit scheme."
        yield broken(f"PEPPOL-EN16931-{rule}", message, f"{who}.peppol_id")
    elif endpoint.scheme not in codes.PEPPOL_EAS:
        message = (
            f"The {who}'s electronic address has the scheme '{endpoint.scheme}', which Peppol does not deliver to"
            f" ({codes.PEPPOL_EAS})."
        )
        fix = f"Give the {who} a Peppol id with a four-digit scheme, such as 0106 or 9930."
        yield broken("PEPPOL-EN16931-CL008", message, f"{who}.peppol_id", fix)
    else:
        yield from addresses.check(endpoint, who)


def _country(document: Document) -> Iterator[Reason]:
    seller, buyer = document.seller, document.buyer
    match (_country_of(seller.vat_number, seller.country_code), _country_of(buyer.vat_number, buyer.country_code)):
        case ("DK", _):
            yield from _danish(document)
        case ("NL", buyer_country):
            yield from _dutch(document, is_domestic=buyer_country == "NL")
        case ("SE", _):
            yield from _swedish(document)
        case ("EL" | "GR", _):
            message = "A Greek seller cannot send over Peppol yet: that asks for numbers of six parts and a MARK (GR-R)"
            yield broken("GR-R-001-1", f"{message}.", "seller.country", "Send this buyer another format.")
        case ("IS", buyer_country):
            yield from _icelandic(document, is_domestic=buyer_country == "IS")
        case ("IT", _) if document.seller.tax_number and not _ITALIAN.fullmatch(document.seller.tax_number):
            message = f"'{document.seller.tax_number}' is no Italian tax number: 11 to 16 letters and digits (BT-32)."
            yield broken("IT-R-001", message, "seller.tax_number")
        case ("NO", _) if not _NORWEGIAN.fullmatch(document.seller.vat_number or "NO000000000MVA"):
            message = f"'{document.seller.vat_number}' is no Norwegian VAT number: NO, nine digits, MVA (BT-31)."
            yield broken("NO-R-001", message, "seller.vat_number")


def _country_of(vat_number: str, country: str) -> str:
    """Give the country as Peppol's rules see it: of the VAT number, else of the address."""
    return vat_number[:2] or country


def _danish(document: Document) -> Iterator[Reason]:
    both = document.seller.country_code == document.buyer.country_code == "DK"
    if both and document.payment.means_code not in _DANISH_MEANS and not document.is_credit_note:
        message = f"Between Danish parties the means of payment {document.payment.means_code} is not used (BT-81)."
        yield broken("DK-R-005", message, "payment_means", "Charge a card or a mandate, or invoice in euros.")
    if not document.seller.registration_number:
        yield broken("DK-R-002", "A Danish seller states its CVR number (BT-30).", "seller.registration_number")
    elif not addresses.is_register_number("0184", document.seller.registration_number):
        message = f"'{document.seller.registration_number}' is no Danish CVR number (BT-30)."
        yield broken("DK-R-014", message, "seller.registration_number")


def _dutch(document: Document, *, is_domestic: bool) -> Iterator[Reason]:
    parties = {"seller": (document.seller, "NL-R-003")}
    if is_domestic:
        parties["buyer"] = (document.buyer, "NL-R-005")
        if document.payment.means_code not in _DUTCH_MEANS:
            message = f"Between Dutch parties the means of payment {document.payment.means_code} is not used (BT-81)."
            yield broken("NL-R-008", message, "seller.iban", "Fill in the seller's IBAN, or charge a card or mandate.")
    for who, (party, rule) in parties.items():
        if party.registration_number and register_scheme(party) not in {"0106", "0190"}:
            message = f"The {who}'s register number '{party.registration_number}' is neither a KvK number nor an OIN."
            yield broken(rule, message, f"{who}.registration_number")


def _icelandic(document: Document, *, is_domestic: bool) -> Iterator[Reason]:
    for who, party, rule in (("seller", document.seller, "IS-R-002"), ("buyer", document.buyer, "IS-R-004")):
        if not party.registration_number and (who == "seller" or is_domestic):
            yield broken(rule, f"The {who} states its kennitala.", f"{who}.registration_number")


def _swedish(document: Document) -> Iterator[Reason]:
    number = document.seller.registration_number
    if number and not addresses.is_register_number("0007", number):
        message = f"'{number}' is no Swedish organisation number: ten digits, the last of which checks (BT-30)."
        yield broken("SE-R-013", message, "seller.registration_number")
    for line in document.lines:
        if line.category == "S" and line.rate not in {6, 12, 25}:
            message = f"Line {line.id} is taxed at {line.rate} %; a Swedish seller has 6, 12 and 25 %."
            yield broken("SE-R-006", message, f"lines[{line.id}].tax_rate")
