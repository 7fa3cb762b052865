"""Reading the files in which the European Central Bank publishes its reference rates: XML, or CSV as unzipped."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from lxml import etree

from scaicontrol.core.errors import Invalid

from .exchange import ReferenceRate

_NOT_QUOTED = frozenset({"", "N/A"})


def read(content: bytes) -> list[ReferenceRate]:
    """Give every rate of `eurofxref*.xml` or `eurofxref*.csv`, or raise Invalid naming what is wrong with the file."""
    rates = list(_from_xml(content) if content.lstrip().startswith(b"<") else _from_csv(content))
    if not rates:
        raise Invalid("The file holds no exchange rates; take eurofxref-hist-90d.xml or eurofxref.csv of the ECB.")
    return rates


def _from_xml(content: bytes) -> Iterator[ReferenceRate]:
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Invalid(f"The file is not XML that can be read: {error}.") from error
    for day in root.iterfind(".//{*}Cube[@time]"):
        valid_on = _day(str(day.get("time")))
        for quote in day.iterfind("{*}Cube[@currency]"):
            yield _rate(str(quote.get("currency")), str(quote.get("rate")), valid_on)


def _from_csv(content: bytes) -> Iterator[ReferenceRate]:
    try:
        rows = list(csv.reader(content.decode("utf-8-sig").splitlines(), skipinitialspace=True))
    except UnicodeDecodeError as error:
        raise Invalid("The file is neither XML nor text in UTF-8.") from error
    if not rows or not rows[0] or rows[0][0].strip().lower() != "date":
        raise Invalid("The first line of the file must name its columns: Date, then currencies.")
    currencies = [name.strip() for name in rows[0][1:]]
    for row in rows[1:]:
        if not row:
            continue
        valid_on = _day(row[0].strip())
        for currency, value in zip(currencies, row[1:], strict=False):
            if currency and value.strip() not in _NOT_QUOTED:
                yield _rate(currency, value.strip(), valid_on)


def _day(text: str) -> date:
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a civil day has no zone
        except ValueError:
            continue
    raise Invalid(f"'{text}' is not a day such as 2026-01-15.")


def _rate(currency: str, value: str, valid_on: date) -> ReferenceRate:
    try:
        return ReferenceRate(currency, Decimal(value), valid_on)
    except InvalidOperation as error:
        raise Invalid(f"'{value}' is not the rate of {currency} on {valid_on}.") from error
