"""What XRechnung 3.0 adds to EN 16931 (BR-DE-…), in either syntax, with the Peppol rules it has taken over."""

from collections.abc import Iterator

from stdnum.de import leitweg
from stdnum.exceptions import ValidationError

from scaicontrol.core.errors import Reason

from ..document import Document
from . import addresses, germany
from .reasons import broken


def check(document: Document) -> Iterator[Reason]:
    if document.payment.means_code == "1" and document.totals.due > 0:
        message = "The document says no way to pay; XRechnung needs the seller's account, a card or a mandate (BG-16)."
        yield broken("BR-DE-1", message, "seller.iban")
    yield from germany.check(document, germany.XRECHNUNG)
    yield from _leitweg_id(document)
    if document.lines and not document.outside_scope and not (document.seller.vat_number or document.seller.tax_number):
        yield broken(
            "BR-DE-16", "The seller has neither a VAT number nor a tax number (BT-31, BT-32).", "seller.vat_number"
        )
    for who, endpoint, rule in (
        ("seller", document.seller.endpoint, "R020"),
        ("buyer", document.buyer.endpoint, "R010"),
    ):
        if endpoint is None:
            message = f"The {who} has no electronic address: a Peppol id or an e-mail address."
            yield broken(f"PEPPOL-EN16931-{rule}", message, f"{who}.email")
        else:
            yield from addresses.check(endpoint, who)


def _leitweg_id(document: Document) -> Iterator[Reason]:
    """Check the digits of what is meant as a Leitweg-ID: by the buyer's scheme, or by the form of the reference."""
    reference = document.buyer_reference
    meant = document.buyer.endpoint is not None and document.buyer.endpoint.scheme == "0204"
    looks = reference.count("-") in {1, 2} and reference.replace("-", "").isalnum() and reference[:2].isdigit()
    if not (meant or (looks and reference.rpartition("-")[2].isdigit() and len(reference.rpartition("-")[2]) == 2)):
        return
    try:
        leitweg.validate(reference)
    except ValidationError:
        message = f"The buyer reference '{reference}' is not a valid Leitweg-ID; check its digits (BT-10)."
        yield broken("SC-LEITWEG", message, "buyer.leitweg_id")
