"""
A second lock: what no law knows, whatever layer built the document.

The rules of VAT decide first (`tax`), the official rules look at each term last; between them stands whether place,
buyer and category go together. Documents sealed before are not asked again: what they say stays as it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from scaicontrol.core.errors import Reason
from scaicontrol.services.tax import exchange, places

from ..document import Document
from .reasons import broken


@dataclass(frozen=True, slots=True)
class PlacesOfSale:
    """Where both are for VAT; `delivered` is where goods go."""

    seller: places.Place
    buyer: places.Place
    delivered: places.Place | None

    @property
    def at_home(self) -> bool:
        return self.seller.country == self.buyer.country and self.seller.in_eu and self.buyer.in_eu


@dataclass(frozen=True, slots=True)
class Impossible:
    """A category that cannot be where `applies` holds, with the article and the way out."""

    category: str
    applies: Callable[[PlacesOfSale], bool]
    why: str
    fix: str


# Country, kind of buyer and category (Directive 2006/112/EC); what is not here is decided elsewhere.
TABLE: Final = (
    Impossible("G", lambda who: who.buyer.in_eu, "goods leave the EU (Art. 146), the buyer is inside", "Use K or S."),
    Impossible("O", lambda who: who.at_home, "a sale within a state is in scope of its VAT (Art. 2)", "Use S or E."),
    Impossible(
        "O", lambda who: who.seller.in_eu and who.buyer.in_eu and not who.at_home,
        "a sale between two states is in the scope of VAT (Art. 44, 45)", "Use AE or S.",
    ),
    Impossible("AE", lambda who: not who.buyer.in_eu, "the buyer owes no VAT of the EU (Art. 196)", "Use O."),
    Impossible(
        "K", lambda who: who.delivered is not None and who.delivered.country == who.seller.country,
        "goods go to another state (Art. 138), and these stay in the seller's", "Use S.",
    ),
    Impossible("K", lambda who: not who.seller.in_eu, "goods leave a state of the EU (Art. 138)", "Use O or G."),
    Impossible("L", lambda who: who.seller.country != "ES", "IGIC is a tax of the Canary Islands", "Use S."),
    Impossible("M", lambda who: who.seller.country != "ES", "IPSI is a tax of Ceuta and Melilla", "Use S."),
)  # fmt: skip

# What one euro is worth, roughly, in autumn 2026: it tells a sum that is off by ten from one that is not.
_PER_EURO: Final = {
    "EUR": "1", "USD": "1.16", "GBP": "0.87", "CHF": "0.93", "NOK": "11.7", "SEK": "11", "DKK": "7.46", "PLN": "4.25",
    "CZK": "24.4", "HUF": "385", "RON": "5.1", "BGN": "1.956", "HRK": "7.53", "JPY": "178", "CAD": "1.62",
    "AUD": "1.77",
}  # fmt: skip
_FAR: Final = 3  # times; no rate above moved so much in ten years


def check(document: Document) -> Iterator[Reason]:
    yield from _combinations(document)
    yield from _second_currency(document)
    yield from _references(document)


def _combinations(document: Document) -> Iterator[Reason]:
    seller, buyer = document.seller, document.buyer
    goods = document.deliver_to_country
    who = PlacesOfSale(
        places.place(seller.country_code, seller.postal_code),
        places.place(buyer.country_code, buyer.postal_code),
        places.place(goods, buyer.postal_code if goods == buyer.country_code else None) if goods else None,
    )
    stated = {line.category for line in document.lines}
    for each in TABLE:
        if each.category in stated and each.applies(who):
            message = f"VAT category {each.category} cannot be here: {each.why}."
            yield broken("SC-LAW", message, "lines.tax_category", each.fix, "tax_category_mismatch")


def _second_currency(document: Document) -> Iterator[Reason]:
    """VAT is stated in the currency of the seller's state, too (Art. 230), and is the same VAT."""
    totals = document.totals
    wanted = exchange.vat_currency(document.seller.country_code, document.issue_date)
    if totals.tax and wanted and document.currency != wanted and not document.tax_currency:
        message = f"A seller there states VAT in {wanted}, too (BT-6, BT-111; Art. 230 of Directive 2006/112/EC)."
        yield broken("SC-VATCURRENCY", message, "tax_currency", "Add the exchange rate of the tax point.")
    here, there = _PER_EURO.get(document.currency), _PER_EURO.get(document.tax_currency)
    if here and there and totals.tax and totals.tax_in_tax_currency:
        expected = abs(totals.tax) * Decimal(there) / Decimal(here)
        if expected >= 1 and not expected / _FAR <= abs(totals.tax_in_tax_currency) <= expected * _FAR:
            own = f"{totals.tax_in_tax_currency} {document.tax_currency}"
            message = f"The VAT is {totals.tax} {document.currency}, but {own}: no rate lies between (BT-110, BT-111)."
            yield broken("SC-VATCURRENCY", message, "totals.tax", "Correct the exchange rate.", "totals_invalid")


def _references(document: Document) -> Iterator[Reason]:
    before = document.preceding
    if before and before.number == document.number:
        yield broken("SC-CREDIT", "The credit note corrects itself (BT-25).", "referenced_invoice_id")
    if before and before.issue_date and before.issue_date > document.issue_date:
        message = f"The credit note of {document.issue_date} corrects an invoice of {before.issue_date}, a later day."
        yield broken("SC-CREDIT", message, "referenced_invoice_id")
    seen: set[str] = set()
    for line in document.lines:
        if line.id in seen:
            message = f"Two lines have the number {line.id} (BT-126)."
            yield broken("SC-LINEID", message, "lines", "Save the draft again, which numbers its lines.")
        seen.add(line.id)
