"""
Reading CSV, which every bank writes in its own way: the mapping of the account says how.

Where a column tells the balance after each row, every row is held against it. A file that names its account is held
against the account it was brought for.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Final

from scaicontrol.core import moments
from scaicontrol.core.errors import Invalid
from scaicontrol.core.money import Money

from .lifecycle import LineKind
from .parsed import ReadBalance, ReadLine, ReadStatement, minor_units, reference, tidy
from .schemas import CsvMappingIn

MESSAGE: Final = "CSV"
_SHOWN: Final = 40
_FORMATS: Final = {
    "YYYY-MM-DD": "%Y-%m-%d", "YYYYMMDD": "%Y%m%d", "DD.MM.YYYY": "%d.%m.%Y", "DD.MM.YY": "%d.%m.%y",
    "DD/MM/YYYY": "%d/%m/%Y", "DD-MM-YYYY": "%d-%m-%Y", "MM/DD/YYYY": "%m/%d/%Y",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row of the file: where it begins there, and its cells by the columns that the mapping names."""

    line: int
    cells: Mapping[str, str]

    def where(self, column: str) -> str:
        return f"Line {self.line}, column '{column}'"

    def of(self, column: str | None) -> str:
        return self.cells[column].strip() if column else ""


def read(body: bytes, iban: str, mapping: CsvMappingIn) -> ReadStatement:
    """
    Give what a file says of an account.

    Raises Invalid, in a sentence that names line and column: for another encoding, for a column that is not there, and
    for an account, day, amount or balance that cannot be believed.
    """
    found = rows(body, mapping)
    for row in found:
        _hold_account(row, iban, mapping)
    lines = [_line(row, position, mapping) for position, row in enumerate(found, 1)]
    if not lines:
        raise Invalid("The file has no rows behind its heading.")
    days = [line.booked_on for line in lines]
    first, last = min(days), max(days)
    digest = sha256("\n".join(line.fingerprint for line in lines).encode()).hexdigest()
    return ReadStatement(
        message=MESSAGE,
        iban=iban,
        reference=f"CSV {first} {last} {digest[:8]}",  # banks number no CSV: the same days may be asked for twice
        from_on=first,
        to_on=last,
        balances=_balances(found, lines, mapping),
        lines=lines,
        pending=0,
    )


def rows(body: bytes, mapping: CsvMappingIn) -> list[CsvRow]:
    """Give the rows behind the heading, as they are written."""
    table = _table(_text(body, mapping.encoding), mapping)
    heading = next(table, None) if mapping.has_heading else None
    if mapping.has_heading and heading is None:
        raise Invalid("The file has no heading.")
    places = _places(mapping, [cell.strip() for cell in heading[1]] if heading else None)
    return [_row(line, cells, places) for line, cells in table]


def _text(body: bytes, encoding: str) -> str:
    if encoding != "utf-8" and not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            raise Invalid(f"The file is in utf-8, and its account's mapping says {encoding}: change the mapping.")
    try:
        return body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise Invalid(
            f"Line {line}, byte {column}: the file is not in {encoding}, which its account's mapping says."
        ) from error


def _table(text: str, mapping: CsvMappingIn) -> Iterator[tuple[int, list[str]]]:
    """Give each row that says something with the line it begins on."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[mapping.skip_lines :]
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=mapping.delimiter, strict=True)
    while True:
        line = mapping.skip_lines + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(f"Line {line} is not CSV that can be read: {error}.") from error
        if any(cell.strip() for cell in cells):
            yield line, cells


def _places(mapping: CsvMappingIn, heading: Sequence[str] | None) -> dict[str, int]:
    """Find where each named column stands: by its heading, or by its number where the file has none."""
    places = {}
    for column in mapping.columns.named():
        if heading is None:
            if not column.isdecimal() or not 0 < int(column) <= 200:
                raise Invalid(f"The file has no heading, and column '{column}' is no number from 1 to 200.")
            places[column] = int(column) - 1
        elif heading.count(column) != 1:
            has = ", ".join(each for each in heading if each) or "nothing"
            how = "has no" if column not in heading else "has more than one"
            raise Invalid(f"The heading {how} column '{column}'; it has {has[:300]}. Is the delimiter right?")
        else:
            places[column] = heading.index(column)
    return places


def _row(line: int, cells: Sequence[str], places: Mapping[str, int]) -> CsvRow:
    short = next((column for column, place in places.items() if place >= len(cells)), None)
    if short is not None:
        raise Invalid(f"Line {line}, column '{short}' is missing: the row has {len(cells)} cells.")
    return CsvRow(line, {column: cells[place] for column, place in places.items()})


def _hold_account(row: CsvRow, iban: str, mapping: CsvMappingIn) -> None:
    column = mapping.columns.account
    if column and (said := row.of(column).replace(" ", "").upper()) != iban:
        raise Invalid(f"{row.where(column)} names the account '{said[:_SHOWN]}', and the file was brought for {iban}.")


def _line(row: CsvRow, position: int, mapping: CsvMappingIn) -> ReadLine:
    columns = mapping.columns
    currency = row.of(columns.currency).upper() or mapping.currency
    cents = _moved(row, currency, mapping)
    text = " ".join(filter(None, (row.of(column) for column in columns.remittance)))
    return ReadLine(
        position=position,
        part=1,
        kind=_kind(row, cents, mapping),
        amount_cents=cents,
        currency=currency,
        booked_on=_day(row, columns.booked_on, mapping),
        value_on=_day(row, columns.value_on, mapping) if row.of(columns.value_on) and columns.value_on else None,
        bank_reference=reference(tidy(row.of(columns.bank_reference), 140)),
        end_to_end_id=reference(tidy(row.of(columns.end_to_end_id), 140)),
        structured_reference=tidy(row.of(columns.structured_reference)),
        remittance=tidy(text),
        counterparty_name=tidy(row.of(columns.counterparty_name), 200),
        counterparty_iban=tidy(row.of(columns.counterparty_iban).replace(" ", "").upper(), 34),
        bank_code=tidy(row.of(columns.code), 60),
    )


def _day(row: CsvRow, column: str, mapping: CsvMappingIn) -> date:
    said = row.of(column)
    try:
        day = datetime.strptime(said, _FORMATS[mapping.date_format]).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        raise Invalid(f"{row.where(column)}: '{said[:_SHOWN]}' is no day written as {mapping.date_format}.") from None
    try:
        return moments.read_day(day)
    except ValueError as error:
        raise Invalid(f"{row.where(column)} says {day}, and {error}.") from None


def _moved(row: CsvRow, currency: str, mapping: CsvMappingIn) -> int:
    """Give what a row moved: of one column with a sign, of one beside a column that says the side, or of two."""
    columns = mapping.columns
    if columns.amount:
        cents = _cents(row, columns.amount, currency, mapping)
        return cents if columns.side is None else _of_side(row, columns.side, cents, mapping)
    came, went = (row.of(column) for column in (columns.credit, columns.debit))
    both = f"columns '{columns.credit}' and '{columns.debit}'"
    amounts = [
        abs(_cents(row, column, currency, mapping)) * sign
        for column, said, sign in ((columns.credit, came, 1), (columns.debit, went, -1))
        if column and said
    ]
    moved = [cents for cents in amounts if cents]
    if not amounts or len(moved) > 1:
        raise Invalid(f"Line {row.line}, {both} {'both have' if amounts else 'have no'} amount.")
    return moved[0] if moved else 0


def _of_side(row: CsvRow, column: str, cents: int, mapping: CsvMappingIn) -> int:
    said = row.of(column)
    if said in mapping.debit_words:
        return -abs(cents)
    if said in mapping.credit_words:
        return abs(cents)
    raise Invalid(f"{row.where(column)}: '{said[:_SHOWN]}' is neither a word for money that came nor for what went.")


def _cents(row: CsvRow, column: str, currency: str, mapping: CsvMappingIn) -> int:
    """Read an amount in the account's own way; what could be read in two ways is refused."""
    said = row.of(column).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    point = re.escape(mapping.decimal)
    grouped = "|".join(rf"\d{{1,3}}(?:{re.escape(each)}\d{{3}})+" for each in "., '" if each != mapping.decimal)
    found = re.fullmatch(rf"([+-]?)\s?({grouped}|\d+)(?:{point}(\d+))?([+-]?)", said)
    if found is None or (found[1] and found[4]):
        raise Invalid(
            f"{row.where(column)}: '{said[:_SHOWN]}' is no amount with '{mapping.decimal}' before its decimals."
        )
    plain = re.sub(r"\D", "", found[2]) + (f".{found[3]}" if found[3] else "")
    cents = minor_units(plain, currency, row.where(column))
    return -cents if "-" in (found[1], found[4]) else cents


def _kind(row: CsvRow, cents: int, mapping: CsvMappingIn) -> LineKind:
    said = row.of(mapping.columns.code)
    for words, kind in (
        (mapping.reversal_words, LineKind.reversal),
        (mapping.returned_words, LineKind.returned),
    ):
        if said in words:
            return kind
    if cents > 0:
        return LineKind.incoming
    return LineKind.charge if said in mapping.charge_words else LineKind.outgoing


def _balances(found: Sequence[CsvRow], lines: Sequence[ReadLine], mapping: CsvMappingIn) -> list[ReadBalance]:
    """Hold every row against the balance behind it, whichever end of the file is the newest; none without a column."""
    column = mapping.columns.balance
    if column is None:
        return []
    held: dict[str, list[_Held]] = {}
    for row, line in zip(found, lines, strict=True):
        after = _cents(row, column, line.currency, mapping)
        held.setdefault(line.currency, []).append(_Held(row.where(column), line.amount_cents, after))
    balances = []
    for currency, chain in held.items():
        broken = _broken(chain)
        if broken is not None and _broken(chain[::-1]) is None:
            chain.reverse()
        elif broken is not None:
            before, here = broken
            reached = Money(before.after + here.moved, currency).amount
            raise Invalid(
                f"{here.where}: the balance is {Money(here.after, currency).amount} {currency}, and what is before and "
                f"what moved make {reached}. Rows are missing, or an amount is read otherwise than it is meant."
            )
        balances.append(ReadBalance(currency, chain[0].after - chain[0].moved, chain[-1].after))
    return balances


@dataclass(frozen=True, slots=True)
class _Held:
    where: str
    moved: int
    after: int


def _broken(chain: Sequence[_Held]) -> tuple[_Held, _Held] | None:
    return next((pair for pair in pairwise(chain) if pair[0].after + pair[1].moved != pair[1].after), None)
