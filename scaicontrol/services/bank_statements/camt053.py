"""
Reading camt.053 (ISO 20022), versions 02 to 14: what an account held, what moved, and that the two agree.

Nothing is fetched, no entity is expanded, and a file is believed as a whole or not at all: every sum is held against
the opening and closing balance of its currency.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from lxml import etree

from scaicontrol.core.errors import Invalid

from .camt053_entries import lines_of, signed_cents, text_at
from .parsed import ReadBalance, ReadLine, ReadStatement, day_of, hold, tidy

_MESSAGE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.\d{3}\.\d{3}\.\d{2})")
_VERSIONS: Final = frozenset(f"camt.053.001.{number:02}" for number in range(2, 15))
_OPENING: Final = ("OPBD", "PRCD")  # opening booked; of some banks only what was closed before
_CLOSING: Final = ("CLBD",)
_INTERIM: Final = "ITBD"  # between the pages of one statement
BOOKED: Final = "BOOK"


def read(body: bytes) -> list[ReadStatement]:
    """
    Give every statement of a file whose sums hold.

    Raises Invalid, in a sentence that names what and where: for what is no camt.053, for a statement without account,
    balance or day, for an amount that its currency does not have, and for sums that do not agree.
    """
    root, message = _document(body)
    return [_statement(each, message, number) for number, each in enumerate(_statements(root), 1)]


def _document(body: bytes) -> tuple[etree._Element, str]:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        where = f"line {error.lineno}" if error.lineno else "its beginning"
        raise Invalid(f"The file is not XML that can be read from {where} on; download it once more.") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # its stub knows less than the library
        raise Invalid("The file declares a document type; a bank's statement has none.")
    name = etree.QName(root)
    found = _MESSAGE.fullmatch(name.namespace or "")
    if found is None or name.localname != "Document":
        raise Invalid("The file is no ISO 20022 document; ask the bank for camt.053.")
    if found[1] not in _VERSIONS:
        raise Invalid(f"The file is {found[1]}; statements are read as camt.053.001.02 to camt.053.001.14.")
    return root, found[1]


def _statements(root: etree._Element) -> Iterator[etree._Element]:
    return root.iterfind("{*}BkToCstmrStmt/{*}Stmt")


def _statement(found: etree._Element, message: str, number: int) -> ReadStatement:
    reference = tidy(text_at(found, "Id"), 80) or ""
    where = f"Statement {reference}" if reference else f"Statement number {number} of the file"
    if not reference:
        raise Invalid(f"{where} has no identification.")
    page = tidy(text_at(found, "StmtPgntn/PgNb"), 10)
    if page and (page != "1" or text_at(found, "StmtPgntn/LastPgInd") in {"false", "0"}):
        reference, where = f"{reference[: 79 - len(page)]}/{page}", f"{where}, page {page}"
    iban = tidy(text_at(found, "Acct/Id/IBAN"), 60)
    if not iban:
        raise Invalid(f"{where} names no IBAN; the account of a seller is known by its IBAN.")
    to_on = _last_day(found, where)
    lines, pending = _lines(found, where, to_on)
    balances = _balances(found, where)
    hold(lines, balances, where)
    from_on = text_at(found, "FrToDt/FrDtTm")
    return ReadStatement(
        message=message,
        iban=iban.replace(" ", "").upper(),
        reference=reference,
        from_on=day_of(from_on, where) if from_on else None,
        to_on=to_on,
        balances=[balances[currency] for currency in sorted(balances)],
        lines=lines,
        pending=pending,
    )


def _last_day(found: etree._Element, where: str) -> date:
    """Give the last day a statement tells of; the day it was written comes last, since a second issue has another."""
    if to_on := text_at(found, "FrToDt/ToDtTm"):
        return day_of(to_on, where)
    told = [
        (code == _INTERIM, day_of(day, f"{where}, balance {code}"))
        for balance in found.iterfind("{*}Bal")
        if (code := text_at(balance, "Tp/CdOrPrtry/Cd")) in {*_CLOSING, _INTERIM}
        and (day := text_at(balance, "Dt/Dt", "Dt/DtTm"))
    ]
    closing = [day for is_interim, day in told if not is_interim] or [day for _, day in told]
    return max(closing) if closing else day_of(text_at(found, "CreDtTm") or "", where)


def _lines(found: etree._Element, where: str, default: date) -> tuple[list[ReadLine], int]:
    lines: list[ReadLine] = []
    pending = 0
    for number, entry in enumerate(found.iterfind("{*}Ntry"), 1):
        status = text_at(entry, "Sts/Cd") or text_at(entry, "Sts/Prtry") or text_at(entry, "Sts")
        if status != BOOKED:  # pending, expected or informed of: no money has moved
            pending += 1
            continue
        lines += lines_of(entry, f"{where}, entry {number}", number, default)
    return lines, pending


def _balances(found: etree._Element, where: str) -> Mapping[str, ReadBalance]:
    told: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for balance in found.iterfind("{*}Bal"):
        code = text_at(balance, "Tp/CdOrPrtry/Cd")
        if code in {*_OPENING, *_CLOSING, _INTERIM}:
            cents, currency = signed_cents(balance, f"{where}, balance {code}")
            told[currency].append((code, cents))
    return {currency: _balance(currency, codes, where) for currency, codes in told.items()}


def _balance(currency: str, codes: list[tuple[str, int]], where: str) -> ReadBalance:
    interim = [cents for code, cents in codes if code == _INTERIM]
    opening = _one(codes, _OPENING, currency, where)
    closing = _one(codes, _CLOSING, currency, where)
    if opening is None and interim:  # a page that goes on
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim.pop()
    if opening is None or closing is None:
        lacks = "opening" if opening is None else "closing"
        raise Invalid(f"{where} has no {lacks} balance in {currency}, so that its sums cannot be held against it.")
    return ReadBalance(currency, opening, closing)


def _one(codes: list[tuple[str, int]], wanted: Sequence[str], currency: str, where: str) -> int | None:
    for each in wanted:
        amounts = {cents for code, cents in codes if code == each}
        if len(amounts) > 1:
            raise Invalid(f"{where} has several balances {each} in {currency} that differ.")
        if amounts:
            return amounts.pop()
    return None
