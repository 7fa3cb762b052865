"""
What must be seen on a document, looked for in the text a reader sees: of the HTML at the gate, then of the PDF.

Art. 226 of Directive 2006/112/EC lists the contents of an invoice, Art. 219 makes a credit note name its invoice. The
page number is printed by our own frame.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, Final

from scaicontrol.core.errors import Invalid, Reason
from scaicontrol.core.ports import PageContent
from scaicontrol.media import page_text

from .. import filters
from ..kinds import LEGAL_DOCUMENTS, TemplateType

Variables = Mapping[str, Any]  # what a template sees (contract §19.2)

_OUTSIDE_SCOPE: Final = "O"
_BUYER_PAYS_VAT: Final = frozenset({"AE", "K"})
_DAY_FORMS: Final = ("full", "long", "medium", "short")
_DIGITS: Final = re.compile(r"\d(?:[\d.,'’\s]*\d)?")
_ASKED, _BOOKED = "whoever gets it must know", "what the account was charged and credited with"
# What stands once for each line, and is looked for as often.
_EACH: Final = frozenset({
    "lines.description", "lines.quantity", "lines.unit_price", "lines.amount", "statement.entries",
    "statement.entries.amount",
})  # fmt: skip


def must_show(variables: Variables, language: str) -> list[PageContent]:
    """
    List what a document of these variables must show, each line of it as often as it stands there.

    Invoices and credit notes show what the law wants, a reminder what is to be paid, a statement its entries.
    """
    if "reminder" in variables:
        found = _reminder(variables, language)
    elif "statement" in variables:
        found = _statement(variables, language)
    else:
        found = _document(variables, language)
    counted: dict[tuple[str, ...], PageContent] = {}
    for content in found:
        key = (content.field, *content.forms)
        known = counted.get(key)
        counted[key] = replace(known, times=known.times + 1) if known and content.field in _EACH else known or content
    return sorted(counted.values(), key=lambda content: content.times)  # what is lost is named by what stands once


def meant(kind: TemplateType, variables: Variables, html: str, language: str) -> list[PageContent]:
    """
    List what the PDF of a page must show: of a document what the law wants, of any other what its HTML shows.

    Whoever writes a reminder or a statement decides what is on it, and layout decides nothing.
    """
    contents = must_show(variables, language)
    if kind in LEGAL_DOCUMENTS:
        return contents
    seen = page_text.ReadText(text_of_html(html))
    return [content for content in contents if seen.shows(content)]


def absent(variables: Variables, text: str, language: str) -> list[Reason]:
    """Name every mandatory content that `text` does not show; `variables` are those the document was rendered with."""
    seen = page_text.ReadText(text)
    contents = must_show(variables, language)
    return [page_text.reason_for("The template does", content) for content in contents if not seen.shows(content)]


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


def _document(variables: Variables, language: str) -> Iterator[PageContent]:
    invoice, tax = variables["invoice"], variables["tax"]
    yield _text("invoice.number", "its number", "Art. 226(2)", invoice["number"])
    yield _day("invoice.issue_date", "the date of issue", "Art. 226(1)", [invoice["issue_date"]], language)
    if invoice["period_end"]:
        yield _supply(variables, language)
    if invoice["delivery_date"]:
        yield _day("invoice.delivery_date", "the day of delivery", "Art. 226(7)", [invoice["delivery_date"]], language)
    if invoice["referenced_number"]:
        yield _text("invoice.referenced_number", "the invoice it corrects", "Art. 219", invoice["referenced_number"])
    yield from _parties(variables)
    for line in variables["lines"]:
        yield from _line(line, invoice["currency"], language)
    yield from _sums(variables, language)
    for note in tax["notes"]:
        yield _text("tax.legal_note", "the note the law asks for", "Art. 226(11) and (11a)", note["text"])


def _parties(variables: Variables) -> Iterator[PageContent]:
    seller, buyer = variables["seller"], variables["buyer"]
    categories = {group["category"] for group in variables["totals"]["groups"]}
    yield _text("seller.legal_name", "the seller's name", "Art. 226(5)", seller["legal_name"])
    yield from _address("seller", "seller_", seller)
    if seller["seller_vat_number"] and _OUTSIDE_SCOPE not in categories:
        what = "the seller's VAT number"
        yield _text("seller.seller_vat_number", what, "Art. 226(3)", seller["seller_vat_number"])
    elif seller["seller_tax_number"]:
        what = "the seller's tax number"
        yield _text("seller.seller_tax_number", what, "EN 16931 BT-32", seller["seller_tax_number"])
    yield _text("buyer.company_name", "the buyer's name", "Art. 226(5)", buyer["company_name"])
    yield from _address("buyer", "", buyer)
    if buyer["vat_number"] and categories & _BUYER_PAYS_VAT:
        yield _text("buyer.vat_number", "the buyer's VAT number", "Art. 226(4)", buyer["vat_number"])


def _address(party: str, prefix: str, fields: Variables) -> Iterator[PageContent]:
    for name, what in (("address_line1", "street"), ("postal_code", "postal code"), ("city", "city")):
        if value := fields[prefix + name]:
            yield _text(f"{party}.{prefix}{name}", f"the {party}'s {what}", "Art. 226(5)", value)


def _line(line: Variables, currency: str, language: str) -> Iterator[PageContent]:
    named = f"of '{line['description'][:40]}'"
    yield _text("lines.description", f"the line {named}", "Art. 226(6)", line["description"])
    yield _number("lines.quantity", f"the quantity {named}", "Art. 226(6)", filters.number(line["quantity"], language))
    price = filters.money(abs(line["unit_price"]), currency, language)
    yield _number("lines.unit_price", f"the unit price {named}", "Art. 226(8)", price)
    yield _number(
        "lines.amount", f"the amount {named}", "Art. 226(8)", filters.money(abs(line["amount"]), currency, language)
    )


def _sums(variables: Variables, language: str) -> Iterator[PageContent]:
    currency, totals = variables["invoice"]["currency"], variables["totals"]

    def money(amount: Decimal) -> str:
        return filters.money(abs(amount), currency, language)

    for group in totals["groups"]:
        yield _number("totals.groups.base", "the taxable amount", "Art. 226(8)", money(group["base"]))
        yield _number("totals.groups.tax", "the VAT amount", "Art. 226(10)", money(group["tax"]))
        if group["category"] != _OUTSIDE_SCOPE:
            rate = filters.percent(group["rate"], language)
            yield PageContent("totals.groups.rate", "the VAT rate", "Art. 226(9)", (rate,), is_number=True)
    if len(totals["groups"]) > 1:
        yield _number("totals.tax", "the total VAT", "Art. 226(10), EN 16931 BT-110", money(totals["tax"]))
    if totals["tax_currency"]:
        own = filters.money(abs(totals["tax_in_tax_currency"]), totals["tax_currency"], language)
        what = f"the VAT in {totals['tax_currency']}"
        yield _number("totals.tax_in_tax_currency", what, "Art. 230, EN 16931 BT-111", own)
    yield _number("totals.total", "the total", "EN 16931 BT-112", money(totals["total"]))
    if totals["paid"]:
        yield _number("totals.due", "the amount due", "EN 16931 BT-115", money(totals["due"]))


def _reminder(variables: Variables, language: str) -> Iterator[PageContent]:
    yield _addressee(variables)
    yield _text("invoice.number", "the number of the invoice", _ASKED, variables["invoice"]["number"])
    owed = filters.money(abs(variables["reminder"]["amount_due"]), variables["invoice"]["currency"], language)
    yield _number("reminder.amount_due", "the amount to pay", _ASKED, owed)


def _statement(variables: Variables, language: str) -> Iterator[PageContent]:
    yield _addressee(variables)
    said = variables["statement"]
    for entry in said["entries"]:
        named = entry["document"] or entry["text"]
        yield _text("statement.entries", f"the entry '{named[:40]}'", _BOOKED, named)
        amount = filters.money(abs(entry["debit"] or entry["credit"] or Decimal(0)), said["currency"], language)
        yield _number("statement.entries.amount", f"the amount of the entry '{named[:40]}'", _BOOKED, amount)
    for name in ("opening", "closing"):
        balance = filters.money(abs(said[name]), said["currency"], language)
        yield _number(f"statement.{name}", f"the {name} balance", _BOOKED, balance)


def _addressee(variables: Variables) -> PageContent:
    return _text("buyer.company_name", "the buyer's name", _ASKED, variables["buyer"]["company_name"])


def _supply(variables: Variables, language: str) -> PageContent:
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
    return PageContent(shown.field, shown.what, shown.source, intervals + shown.forms)


def _text(field: str, what: str, source: str, value: str) -> PageContent:
    return PageContent(field, what, source, (value,))


def _day(field: str, what: str, source: str, days: Iterable[date], language: str) -> PageContent:
    forms = [filters.day(day, language, form) for day in days for form in _DAY_FORMS[1:] + _DAY_FORMS[:1]]
    return PageContent(field, what, source, (*forms, *(day.isoformat() for day in days)))


def _number(field: str, what: str, source: str, written: str) -> PageContent:
    """Look for the digits: a template may print its own sign and currency."""
    digits = _DIGITS.search(written)
    return PageContent(field, what, source, (digits[0] if digits else written,), is_number=True)


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
