"""
A second lock: what no law knows, whatever layer built the document.

The rules of VAT decide first (`tax`), the official rules look at each term last; between them stands whether place,
buyer and category go together. Documents sealed before are not asked again: what they say stays as it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

from scaicontrol.core.errors import Reason
from scaicontrol.services.tax import exchange, places

from ..document import Document
from .reasons import broken

NORTHERN_IRELAND: Final = "XI"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A place, and whether goods there are in the EU: those of Northern Ireland are (Windsor Framework, Art. 8)."""

    place: places.Place
    goods_in_eu: bool

    @classmethod
    def of(cls, country_code: str, postal_code: str | None = None, vat_number: str = "") -> Self:
        place = places.place(country_code, postal_code)
        northern_irish = country_code == NORTHERN_IRELAND or vat_number.startswith(NORTHERN_IRELAND)
        return cls(place, place.in_eu or (northern_irish and place.country == "GB"))


@dataclass(frozen=True, slots=True)
class PlacesOfSale:
    """Where both are for VAT; goods go to `delivered`, or where nobody says so to the buyer."""

    seller: Whereabouts
    buyer: Whereabouts
    delivered: Whereabouts | None

    @property
    def goods_stay_in_eu(self) -> bool:
        return self.seller.goods_in_eu and (self.delivered or self.buyer).goods_in_eu

    @property
    def goods_stay_at_home(self) -> bool:
        return self.delivered is not None and self.delivered.place.country == self.seller.place.country


@dataclass(frozen=True, slots=True)
class Impossible:
    """A category that cannot be where `applies` holds, with the article and the way out."""

    category: str
    applies: Callable[[PlacesOfSale], bool]
    why: str
    fix: str


# States that tax sales by no VAT or GST, in which nobody can owe it in place of the seller.
WITHOUT_VAT: Final = frozenset({"US", "HK", "MO", "KW", "QA", "BN", "BM", "KY", "TC", "VG"})

# What no law knows (Directive 2006/112/EC). Reverse charge within a state or from outside the EU is known to many, and
# outside the scope (O) are damages and disbursements of anyone: neither is refused for where the parties are.
TABLE: Final = (
    Impossible(
        "G", lambda who: who.goods_stay_in_eu, "goods leave the EU (Art. 146), and these stay inside", "Use K or S."
    ),
    Impossible(
        "AE", lambda who: {who.seller.place.country, who.buyer.place.country} <= WITHOUT_VAT,
        "neither state has a VAT that the buyer could owe (Art. 194, 196)", "Use O.",
    ),
    Impossible(
        "K", lambda who: who.goods_stay_at_home,
        "goods go to another state (Art. 138), and these stay in the seller's", "Use S.",
    ),
    Impossible("K", lambda who: not who.seller.goods_in_eu, "goods leave a state of the EU (Art. 138)", "Use O or G."),
    Impossible("L", lambda who: who.seller.place.country != "ES", "IGIC is a tax of the Canary Islands", "Use S."),
    Impossible("M", lambda who: who.seller.place.country != "ES", "IPSI is a tax of Ceuta and Melilla", "Use S."),
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
    seller, buyer, goods = document.seller, document.buyer, document.deliver_to_country
    who = PlacesOfSale(
        Whereabouts.of(seller.country_code, seller.postal_code, seller.vat_number),
        Whereabouts.of(buyer.country_code, buyer.postal_code),
        Whereabouts.of(goods, buyer.postal_code if goods == buyer.country_code else None) if goods else None,
    )
    stated = {line.category for line in document.lines}
    for each in TABLE:
        if each.category in stated and each.applies(who):
            message = f"VAT category {each.category} cannot be here: {each.why}."
            yield broken("SC-LAW", message, "lines.tax_category", each.fix, "tax_category_mismatch")


def _second_currency(document: Document) -> Iterator[Reason]:
    """VAT is stated in the currency of the seller's state, too (Art. 230), and is the same VAT."""
    totals = document.totals
    wanted = exchange.vat_currency(document.seller.country_code, document.currency_day)
    if totals.tax and wanted and document.currency != wanted and not document.tax_currency:
        message = f"A seller there states VAT in {wanted}, too (BT-6, BT-111; Art. 230 of Directive 2006/112/EC)."
        fix = "Add the exchange rate of the tax point."
        yield broken("SC-VATCURRENCY", message, "tax_currency", fix, "exchange_rate_missing")
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
