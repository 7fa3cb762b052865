"""
Reading MT940, SWIFT's customer statement, as banks still give it beside camt.053.

`mt-940` takes the tags apart; what it reads more kindly than money allows is held against the text: every amount is
whole, each `:61:` became one line, and what a statement says of itself behind its balance belongs to no payment.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Final

import mt940
from stdnum import iban as stdnum_iban

from scaicontrol.core import moments
from scaicontrol.core.errors import Invalid

from .lifecycle import LineKind
from .parsed import ReadBalance, ReadLine, ReadStatement, hold, minor_units, reference, tidy

MESSAGE: Final = "MT940"
_TAG: Final = re.compile(r"^:(\d{2}[A-Z]?):", re.MULTILINE)
_BEGIN: Final = re.compile(r"^(?=:20:)", re.MULTILINE)
# A currency's amount is digits, one comma, and its decimals: `1.234,50` and `12.50` are somebody else's format.
_BALANCE: Final = re.compile(r"[CD]\d{6}[A-Z]{3}(\d{1,14},\d{0,3})\s*")
_ENTRY: Final = re.compile(r"\d{6}(?:\d{4})?R?[CD][A-Z]?(\d{1,14},\d{0,3})[A-Z]")
_ACCOUNT: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_GERMAN_ACCOUNT: Final = re.compile(r"(\d{8})/(\d{1,10})(?:[A-Z]{3})?")  # bank code and account number
_REVERSED: Final = frozenset({"RC", "RD"})
_RETURNED_TYPES: Final = frozenset({"RTI", "RTN"})
_RETURNED_GERMAN: Final = frozenset({"108", "109"})  # direct debits given back, Geschäftsvorfallcodes of the DK
_CHARGES: Final = frozenset({"CHG", "COM", "CHA"})
# The code words of banks that write `/EREF/…/REMI/…`; a word that is none of them is text.
_WORDS: Final = re.compile(
    r"/(EREF|REMI|USTD|STRD|CNTP|IBAN|BIC|NAME|ORDP|BENM|MARF|CSID|RTRN|TRTP|TRCD|PREF|ISDT|PURP|ULTC|ULTD|ULTB)(?=/)"
)
_WIDTH: Final = 65  # of a line of `:86:`; what fills it goes on in the next one in the middle of a word


def is_one(body: bytes) -> bool:
    """Tell whether a file starts as MT940 does, also behind the envelope that some banks leave around it."""
    start = _text(body[:2000])
    return _BEGIN.search(start) is not None and re.search(r"^:25:", start, re.MULTILINE) is not None


def read(body: bytes) -> list[ReadStatement]:
    """
    Give every statement of a file whose sums hold; a statement of several pages is one for each page.

    Raises Invalid, in a sentence that names what and where: for a statement without account, number or balance, for
    an amount that is not written as SWIFT does, and for sums that do not agree.
    """
    return [_statement(block, number) for number, block in enumerate(_blocks(_text(body)), 1)]


def _text(body: bytes) -> str:
    """Read what SWIFT's few characters are in any encoding, and the umlauts of banks that write more."""
    try:
        said = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = body.decode("cp1252", errors="replace")
    return said.replace("\r\n", "\n").replace("\r", "\n")


def _blocks(said: str) -> Iterator[str]:
    for block in _BEGIN.split(said):
        if block.startswith(":20:"):
            yield _without_its_own_words(block)


def _without_its_own_words(block: str) -> str:
    """Cut what follows the closing balance: an `:86:` there is about the account and would join the last payment."""
    tags = list(_TAG.finditer(block))
    closing = next((at for at, tag in enumerate(tags) if tag[1] in {"62F", "62M"}), None)
    if closing is None or closing + 1 == len(tags):
        return re.split(r"^-\}?\s*$", block, maxsplit=1, flags=re.MULTILINE)[0]
    return block[: tags[closing + 1].start()]


def _statement(block: str, number: int) -> ReadStatement:
    told = mt940.models.Transactions(options=mt940.Options.all())
    where = f"Statement number {number} of the file"
    try:
        told.parse(block)
    except (RuntimeError, ValueError, TypeError, InvalidOperation) as error:
        raise Invalid(f"{where} is not MT940 that can be read; ask the bank for camt.053.") from error
    name, where = _named(told.data, where)
    _refuse_other_amounts(block, len(told.transactions), where)
    opening = _balance(told.data, "opening", where)
    closing = _balance(told.data, "closing", where)
    currency = str(closing.amount.currency)
    if currency != opening.amount.currency:
        raise Invalid(f"{where} opens in {opening.amount.currency} and closes in {currency}.")
    lines = [_line(each.data, f"{where}, entry {n}", n, currency) for n, each in enumerate(told.transactions, 1)]
    balance = ReadBalance(currency, _signed(opening.amount, where), _signed(closing.amount, where))
    hold(lines, {currency: balance}, where)
    return ReadStatement(
        message=MESSAGE,
        iban=_iban(str(told.data.get("account_identification") or ""), where),
        reference=name,
        from_on=None,  # an opening balance is of the day before, or of the same: banks differ
        to_on=_day(closing.date, f"{where}, closing balance"),
        balances=[balance],
        lines=lines,
        pending=0,
    )


def _named(data: Mapping[str, Any], where: str) -> tuple[str, str]:
    """Give the name of a statement: many banks write the same reference on each, and number them beside it."""
    said = tidy(data.get("transaction_reference"), 40)
    number, page = data.get("statement_number"), data.get("sequence_number")
    if not said or not number:
        raise Invalid(f"{where} has no reference (:20:) or no number (:28C:).")
    name = " ".join([said, f"{number}/{page}" if page else str(number)])
    return name, f"Statement {name}"


def _refuse_other_amounts(block: str, lines: int, where: str) -> None:
    """Refuse amounts that are not written as SWIFT does, of which the library would read the beginning."""
    tags = list(_TAG.finditer(block))
    texts = [
        (tag[1], block[tag.end() : tags[at + 1].start() if at + 1 < len(tags) else len(block)])
        for at, tag in enumerate(tags)
    ]
    entries = [said for tag, said in texts if tag == "61"]
    for number, said in enumerate(entries, 1):
        if _ENTRY.match(said) is None:
            raise Invalid(f"{where}, entry {number}: '{(tidy(said) or '')[:40]}' is not written as MT940 has it.")
    for said in (said for tag, said in texts if tag in {"60F", "60M", "62F", "62M"}):
        if _BALANCE.fullmatch(said) is None:
            raise Invalid(f"{where}, balance: '{(tidy(said) or '')[:40]}' is not written as MT940 has it.")
    if len(entries) != lines:
        raise Invalid(f"{where} has {len(entries)} entries, of which {lines} can be read.")


def _balance(data: Mapping[str, Any], which: str, where: str) -> Any:
    found = data.get(f"final_{which}_balance") or data.get(f"intermediate_{which}_balance")
    if found is None:
        raise Invalid(f"{where} has no {which} balance, so that its sums cannot be held against it.")
    return found


def _signed(amount: Any, where: str) -> int:
    said: Decimal = amount.amount
    cents = minor_units(format(abs(said), "f"), str(amount.currency), where)
    return -cents if said < 0 else cents


def _day(said: date | None, where: str) -> date:
    if said is None:
        raise Invalid(f"{where} has no day.")
    try:
        return moments.read_day(date(said.year, said.month, said.day))
    except ValueError as error:
        raise Invalid(f"{where} says {said}, and {error}.") from None


def _iban(account: str, where: str) -> str:
    """Give the IBAN of an account, which German banks write as bank code and number, and others with its currency."""
    said = account.replace(" ", "").upper()
    if german := _GERMAN_ACCOUNT.fullmatch(said):
        bban = german[1] + german[2].zfill(10)
        return f"DE{stdnum_iban.calc_check_digits('DE00' + bban)}{bban}"
    for found in _ACCOUNT.findall(said):
        for iban in (found, found[:-3]):
            if stdnum_iban.is_valid(iban, check_country=False):
                return str(iban)
    raise Invalid(f"{where} names the account '{said[:40]}', which is no IBAN; ask the bank for MT940 with IBAN.")


def _line(data: Mapping[str, Any], where: str, position: int, currency: str) -> ReadLine:
    cents = _signed(data["amount"], where)
    if str(data["amount"].currency) != currency:
        raise Invalid(f"{where} is in another currency than the balance.")
    words = _words(data.get("transaction_details") or "")
    value = _day(data["date"], where)
    entry = data.get("entry_date")
    iban = words.get("IBAN") or data.get("applicant_iban") or data.get("gvc_applicant_iban")
    return ReadLine(
        position=position,
        part=1,
        kind=_kind(data, words, cents),
        amount_cents=cents,
        currency=currency,
        booked_on=_day(entry, where) if entry else value,
        value_on=value,
        bank_reference=reference(data.get("bank_reference")),
        end_to_end_id=reference(
            words.get("EREF") or data.get("end_to_end_reference") or data.get("customer_reference")
        ),
        structured_reference=tidy(words.get("STRD")),
        remittance=tidy(_remittance(data, words)),
        counterparty_name=tidy(words.get("NAME") or data.get("applicant_name"), 200),
        counterparty_iban=tidy(iban.replace(" ", "").upper(), 34) if iban else None,
        bank_code=tidy(" ".join(filter(None, [data.get("id"), data.get("transaction_code"), words.get("RTRN")])), 60),
    )


def _kind(data: Mapping[str, Any], words: Mapping[str, str], cents: int) -> LineKind:
    code = str(data.get("id") or "")[1:]
    if data.get("status") in _REVERSED:
        return LineKind.reversal
    if code in _RETURNED_TYPES or "RTRN" in words or data.get("transaction_code") in _RETURNED_GERMAN:
        return LineKind.returned
    if cents > 0:
        return LineKind.incoming
    return LineKind.charge if code in _CHARGES else LineKind.outgoing


def _remittance(data: Mapping[str, Any], words: Mapping[str, str]) -> str | None:
    if words:
        return words.get("USTD") or words.get("REMI") or words.get("TEXT")
    if said := data.get("purpose"):
        return " ".join(filter(None, [said, data.get("additional_purpose")]))
    return _unwrapped(data.get("transaction_details") or "", " ") or data.get("extra_details")


def _words(said: str) -> dict[str, str]:
    """Give what stands behind each code word; nothing where a bank writes plain text."""
    parts = _WORDS.split(_unwrapped(said, ""))
    if len(parts) < 3:
        return {}
    words: dict[str, str] = {"TEXT": parts[0].strip("/ ")} if parts[0].strip("/ ") else {}
    for word, text in zip(parts[1::2], parts[2::2], strict=True):
        if word == "CNTP":
            _take_party(words, text)
        elif text.strip("/ "):
            words.setdefault(word, text.strip("/ "))
    if structured := words.get("STRD"):  # CUR/9001…, ISO/RF18…: who issued the reference stands before it
        words["STRD"] = structured.rpartition("/")[2]
    return words


def _take_party(words: dict[str, str], said: str) -> None:
    """Read `/account/BIC/name/city/`, of which each may be missing."""
    account, _, name = [*said.split("/")[1:4], "", "", ""][:3]
    words.setdefault("IBAN", account.strip())
    words.setdefault("NAME", name.strip())


def _unwrapped(said: str, between: str) -> str:
    """Join the lines of a text: what fills a line goes on in the next without a space."""
    lines = said.split("\n")
    joined = lines[0]
    for before, line in pairwise(lines):
        joined += ("" if len(before) >= _WIDTH else between) + line
    return joined
