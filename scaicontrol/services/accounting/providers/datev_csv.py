"""
A DATEV-style booking batch: header, column heads, one gross row per revenue account and tax key.

cp1252, semicolons, decimal commas, CRLF. A row has no year, so there is one file per calendar year. The header's date
of making is the last day of the batch: the same documents give the same bytes.

A row in another currency than the books has its rate (Kurs: units of it for one of the books'), its amount in theirs
(Basis-Umsatz) and their currency (WKZ Basis-Umsatz), as the interface description of the format asks for fields 4 to 6.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from scaicontrol.core.csv_cells import harmless, in_one_line, money, plain
from scaicontrol.core.errors import Reason
from scaicontrol.core.schemas import In

from .. import journal
from ..journal_input import JournalInput, Kind
from ..schemas import LedgerMapping
from .provider import Artefact, Exported
from .settings import wrong_with

_NUMBER_MAX, _TEXT_MAX = 36, 60  # Belegfeld 1 and Buchungstext
_RATE_BELOW, _RATE_PLACES = 10_000, Decimal("0.000001")  # Kurs has four digits before the comma and six behind it

HEADS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz",
    "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto",
    "Buchungstext",
)  # fmt: skip


class DatevSettings(In):
    consultant: Annotated[int, Field(ge=1001, le=9_999_999, description="Beraternummer.")]
    client: Annotated[int, Field(ge=1, le=99_999, description="Mandantennummer.")]
    account_digits: Annotated[int, Field(ge=4, le=8, description="Sachkontenlänge.")] = 4
    fiscal_year_month: Annotated[int, Field(ge=1, le=12, description="Month in which the fiscal year begins.")] = 1
    label: Annotated[str, StringConstraints(max_length=30)] = "ScaiControl"


class DatevCsv:
    """Debtor accounts are debited (S) and credited (H); DATEV works the VAT out of the tax key (BU-Schlüssel)."""

    slug = "datev_csv"
    display_name = "DATEV booking batch"
    config_schema: Mapping[str, Any] = DatevSettings.model_json_schema()
    kinds = frozenset(Kind)
    needs_files = False

    async def test(self, config: Mapping[str, Any]) -> Sequence[Reason]:
        return wrong_with(DatevSettings, config)

    def problems(self, document: JournalInput, mapping: LedgerMapping) -> Sequence[Reason]:
        found = [each for each in journal.problems(document, mapping) if each.code != "no_vat_account"]
        if found:
            return found
        if document.exponent > 2:
            return [Reason("too_exact", f"DATEV has two decimals; {document.currency} has {document.exponent}.")]
        if document.exchange_rate is not None and not _fits(document.exchange_rate):
            rate = f"that of {document.currency} is {document.exchange_rate:f}"
            text = f"DATEV has four digits and six decimals for a rate; {rate}."
            return [Reason("rate_does_not_fit", text, "currency")]
        rows = journal.gross_bookings(document, mapping)
        accounts = [each for row in rows for each in (row.own, row.account)]
        return [
            Reason(
                "account_not_numeric", f"DATEV accounts are numbers of up to nine digits; {account} is not.", "mapping"
            )
            for account in sorted(set(accounts))
            if not (account.isdecimal() and len(account) <= 9)
        ]

    async def export(
        self,
        documents: Sequence[JournalInput],
        mapping: LedgerMapping,
        config: Mapping[str, Any],
        *,
        complete: bool = False,
    ) -> Exported:
        settings = DatevSettings.model_validate(config)
        by_day = sorted(documents, key=lambda each: (each.booked_on, *each.order))
        artefacts = []
        for year, batch in groupby(by_day, key=lambda each: each.booked_on.year):
            held = list(batch)
            body = written(held, mapping, settings)
            name = f"EXTF_Buchungsstapel_{year}.csv"
            artefacts.append(Artefact(name, "text/csv", body, tuple(each.id for each in held)))
        return Exported(tuple(artefacts))


def written(documents: Sequence[JournalInput], mapping: LedgerMapping, settings: DatevSettings) -> bytes:
    """Write a batch of one calendar year, given in the order of its days."""
    rows = [_header(documents, settings), ";".join(HEADS)]
    for document in documents:
        rows += [_row(document, row) for row in journal.gross_bookings(document, mapping)]
    return "".join(f"{row}\r\n" for row in rows).encode("cp1252")


def _fits(rate: Decimal) -> bool:
    return 0 < rate.quantize(_RATE_PLACES) < _RATE_BELOW


def _row(document: JournalInput, row: journal.GrossBooking) -> str:
    amount = money(document.amount(abs(row.cents)), ",")
    foreign = ["", "", ""]
    if document.is_foreign and document.exchange_rate is not None:
        in_base = document.in_base(document.amount(abs(row.cents)))
        rate = plain(document.exchange_rate.quantize(_RATE_PLACES), ",")
        foreign = [rate, money(in_base, ","), _quoted(document.base_currency)]
    side = "S" if row.cents > 0 else "H"
    number, text = _quoted(document.number, _NUMBER_MAX), _quoted(journal.text_of(document), _TEXT_MAX)
    cells = [amount, _quoted(side), _quoted(document.currency), *foreign, row.own, row.account]
    cells += [_quoted(row.vat_code), f"{document.booked_on:%d%m}", number, "", "", text]
    return ";".join(cells)


def _header(documents: Sequence[JournalInput], settings: DatevSettings) -> str:
    days = [document.booked_on for document in documents]
    first, last = min(days), max(days)
    began = first.year if first.month >= settings.fiscal_year_month else first.year - 1
    currencies = sorted({document.base_currency or document.currency for document in documents})
    currency = currencies[0] if len(currencies) == 1 else ""
    known = ['"EXTF"', "700", "21", '"Buchungsstapel"', "13", f"{last:%Y%m%d}000000000", "", '"SC"', '""', '""']
    about = [str(settings.consultant), str(settings.client), f"{date(began, settings.fiscal_year_month, 1):%Y%m%d}"]
    batch = [str(settings.account_digits), f"{first:%Y%m%d}", f"{last:%Y%m%d}", _quoted(settings.label, 30), '""']
    tail = ["1", "0", "0", _quoted(currency), "", '""', "", "", '""', "", "", '""', '""']
    return ";".join([*known, *about, *batch, *tail])


def _quoted(text: str, longest: int | None = None) -> str:
    plain = _in_cp1252(harmless(in_one_line(text)))[:longest]
    return '"' + plain.replace('"', '""') + '"'


def _in_cp1252(text: str) -> str:
    """Write a name with the letters the format has; what has no likeness there becomes a question mark."""
    return "".join(_likeness(each) for each in unicodedata.normalize("NFC", text))


def _likeness(letter: str) -> str:
    for form in (letter, unicodedata.normalize("NFKD", letter)):
        kept = "".join(each for each in form if not unicodedata.combining(each)) if form != letter else form
        if kept and kept == kept.encode("cp1252", "ignore").decode("cp1252"):
            return kept
    return "?"
