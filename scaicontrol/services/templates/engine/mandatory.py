"""
What the law wants to see on a document, looked for in the text a reader sees.

Art. 226 of Directive 2006/112/EC lists the contents of an invoice, Art. 219 makes a credit note name its invoice. The
page number is printed by our own frame.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, Final

from scaicontrol.core.errors import Invalid, Reason

from .. import filters

_OUTSIDE_SCOPE: Final = "O"
_BUYER_PAYS_VAT: Final = frozenset({"AE", "K"})
_DAY_FORMS: Final = ("full", "long", "medium", "short")
_DIGITS: Final = re.compile(r"\d(?:[\d.,'’\s]*\d)?")


@dataclass(frozen=True, slots=True)
class MandatoryContent:
    """One content a document must show: any of `forms`; `words` must not run into other digits when it is a number."""

    field: str
    what: str
    source: str
    forms: tuple[str, ...]
    is_number: bool = False


def absent(variables: Mapping[str, Any], text: str, language: str) -> list[Reason]:
    """Name every mandatory content that `text` does not show; `variables` are those the document was rendered with."""
    seen = _ReadText(text)
    return [
        Reason(
            "template_error",
            f"The template does not show {content.what} ({content.source}): '{content.forms[0]}'.",
            content.field,
        )
        for content in dict.fromkeys(_contents(variables, language))
        if not seen.shows(content)
    ]


def refused(reasons: list[Reason]) -> Invalid:
    """Say everything that is missing at once."""
    more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return Invalid(f"{reasons[0].message}{more}", reasons=reasons)


def text_of_html(html: str) -> str:
    """Give the text of a page, element by element."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return " ".join(reader.parts)


class _ReadText:
    """Text without what typesetting changes: line breaks, kinds of spaces, capitals, hyphens at line ends."""

    def __init__(self, text: str) -> None:
        self.words = _words(text)
        self.letters = self.words.replace(" ", "")

    def shows(self, content: MandatoryContent) -> bool:
        return any(self._shows(_words(form), is_number=content.is_number) for form in content.forms)

    def _shows(self, form: str, *, is_number: bool) -> bool:
        if not is_number:
            return form.replace(" ", "") in self.letters
        return re.search(rf"(?<!\d)(?<!\d[.,]){re.escape(form)}(?![.,]?\d)", self.words) is not None


def _words(text: str) -> str:
    # pdfium writes a hyphen at a line's end as U+0002.
    plain = text.replace("\x02", "-").replace("\u00ad", "").replace("\u200b", "")
    return " ".join(plain.split()).replace(" %", "%").casefold()


def _contents(variables: Mapping[str, Any], language: str) -> Iterator[MandatoryContent]:
    invoice, tax = variables["invoice"], variables["tax"]
    yield _text("invoice.number", "its number", "Art. 226(2)", invoice["number"])
    yield _day("invoice.issue_date", "the date of issue", "Art. 226(1)", [invoice["issue_date"]], language)
    if invoice["period_end"]:
        yield _supply(variables, language)
    if invoice["referenced_number"]:
        yield _text("invoice.referenced_number", "the invoice it corrects", "Art. 219", invoice["referenced_number"])
    yield from _parties(variables)
    for line in variables["lines"]:
        yield from _line(line, invoice["currency"], language)
    yield from _sums(variables, language)
    if tax["legal_note"]:
        yield _text("tax.legal_note", "the note the law asks for", "Art. 226(11) and (11a)", tax["legal_note"])


def _parties(variables: Mapping[str, Any]) -> Iterator[MandatoryContent]:
    seller, buyer = variables["seller"], variables["buyer"]
    categories = {group["category"] for group in variables["totals"]["groups"]}
    yield _text("seller.legal_name", "the seller's name", "Art. 226(5)", seller["legal_name"])
    yield from _address("seller", "seller_", seller)
    if seller["seller_vat_number"] and _OUTSIDE_SCOPE not in categories:
        what = "the seller's VAT number"
        yield _text("seller.seller_vat_number", what, "Art. 226(3)", seller["seller_vat_number"])
    yield _text("buyer.company_name", "the buyer's name", "Art. 226(5)", buyer["company_name"])
    yield from _address("buyer", "", buyer)
    if buyer["vat_number"] and categories & _BUYER_PAYS_VAT:
        yield _text("buyer.vat_number", "the buyer's VAT number", "Art. 226(4)", buyer["vat_number"])


def _address(party: str, prefix: str, fields: Mapping[str, Any]) -> Iterator[MandatoryContent]:
    for name, what in (("address_line1", "street"), ("postal_code", "postal code"), ("city", "city")):
        if value := fields[prefix + name]:
            yield _text(f"{party}.{prefix}{name}", f"the {party}'s {what}", "Art. 226(5)", value)


def _line(line: Mapping[str, Any], currency: str, language: str) -> Iterator[MandatoryContent]:
    named = f"of '{line['description'][:40]}'"
    yield _text("lines.description", f"the line {named}", "Art. 226(6)", line["description"])
    yield _number("lines.quantity", f"the quantity {named}", "Art. 226(6)", filters.number(line["quantity"], language))
    price = filters.money(abs(line["unit_price"]), currency, language)
    yield _number("lines.unit_price", f"the unit price {named}", "Art. 226(8)", price)
    yield _number(
        "lines.amount", f"the amount {named}", "Art. 226(8)", filters.money(abs(line["amount"]), currency, language)
    )


def _sums(variables: Mapping[str, Any], language: str) -> Iterator[MandatoryContent]:
    currency, totals = variables["invoice"]["currency"], variables["totals"]

    def money(amount: Decimal) -> str:
        return filters.money(abs(amount), currency, language)

    for group in totals["groups"]:
        yield _number("totals.groups.base", "the taxable amount", "Art. 226(8)", money(group["base"]))
        yield _number("totals.groups.tax", "the VAT amount", "Art. 226(10)", money(group["tax"]))
        if group["category"] != _OUTSIDE_SCOPE:
            rate = filters.percent(group["rate"], language)
            yield MandatoryContent("totals.groups.rate", "the VAT rate", "Art. 226(9)", (rate,), is_number=True)
    yield _number("totals.total", "the total", "EN 16931 BT-112", money(totals["total"]))
    if totals["paid"]:
        yield _number("totals.due", "the amount due", "EN 16931 BT-115", money(totals["due"]))


def _supply(variables: Mapping[str, Any], language: str) -> MandatoryContent:
    """Let the period of the document or of any line tell when the supply was."""
    spans = [
        (each["period_start"], each["period_end"])
        for each in (variables["invoice"], *variables["lines"])
        if each["period_end"]
    ]
    shown = _day(
        "invoice.period_end", "when the supply was completed", "Art. 226(7)", [end for _, end in spans], language
    )
    intervals = tuple(filters.interval(start, end, language) for start, end in spans)
    return MandatoryContent(shown.field, shown.what, shown.source, intervals + shown.forms)


def _text(field: str, what: str, source: str, value: str) -> MandatoryContent:
    return MandatoryContent(field, what, source, (value,))


def _day(field: str, what: str, source: str, days: Iterable[date], language: str) -> MandatoryContent:
    forms = [filters.day(day, language, form) for day in days for form in _DAY_FORMS[1:] + _DAY_FORMS[:1]]
    return MandatoryContent(field, what, source, (*forms, *(day.isoformat() for day in days)))


def _number(field: str, what: str, source: str, written: str) -> MandatoryContent:
    """Look for the digits: a template may print its own sign and currency."""
    digits = _DIGITS.search(written)
    return MandatoryContent(field, what, source, (digits[0] if digits else written,), is_number=True)


class _Text(HTMLParser):
    _SILENT: Final = frozenset({"head", "style", "script", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self._SILENT

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self._SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)
