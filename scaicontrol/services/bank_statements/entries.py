"""One entry of a camt.053 statement as lines: what moved, with its sign, whose it was, and what it was for."""

import re
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Final

from lxml import etree

from scaicontrol.core import moments, text
from scaicontrol.core.errors import ControlError, Invalid
from scaicontrol.core.money import CENTS_MAX, exponent

from .lifecycle import LineKind

_AMOUNT: Final = re.compile(r"\+?(?=\.?\d)(\d{0,18})(?:\.(\d{0,17}))?")
_NO_REFERENCE: Final = frozenset({"NOTPROVIDED", "NONREF", "NOT PROVIDED", "N/A", "-"})
_CHARGES: Final = frozenset({"CHRG", "FEES", "COMM"})  # sub-families of bank transaction codes
_RETURNS: Final = frozenset({"UPDD", "PRDD", "RCDD", "RRTN", "RPCR"})
_TEXT_MAX: Final = 4000
_REFERENCE_MAX: Final = 140


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One movement of money on an account, in minor units; less than nothing left it."""

    position: int  # of its entry in the statement
    part: int  # within the entry, where a batch is taken apart
    kind: LineKind
    amount_cents: int
    currency: str
    booked_on: date
    value_on: date | None = None
    bank_reference: str | None = None
    end_to_end_id: str | None = None
    structured_reference: str | None = None
    remittance: str | None = None
    counterparty_name: str | None = None
    counterparty_iban: str | None = None
    bank_code: str | None = None
    note: str | None = None  # what a person should know who looks at it

    @property
    def fingerprint(self) -> str:
        """The same for the same movement in whichever statement it stands."""
        said = (
            self.bank_reference, self.booked_on, self.amount_cents, self.currency, self.end_to_end_id,
            self.structured_reference, self.remittance, self.counterparty_iban, self.kind,
        )  # fmt: skip
        return sha256("\x1f".join("" if each is None else str(each) for each in said).encode()).hexdigest()


def lines_of(entry: etree._Element, where: str, position: int, default_day: date) -> list[ReadLine]:
    """
    Give an entry as lines: one for each transaction of a batch where their amounts make up the entry.

    Charges that are included come off as a line of their own. Where they do not add up the entry stays whole.
    """
    cents, currency = signed_cents(entry, where)
    booked = text_at(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    value = text_at(entry, "ValDt/Dt", "ValDt/DtTm")
    whole = ReadLine(
        position=position,
        part=1,
        kind=LineKind.incoming,
        amount_cents=cents,
        currency=currency,
        booked_on=day_of(booked, where) if booked else default_day,
        value_on=day_of(value, where) if value else None,
        bank_reference=_reference(text_at(entry, "AcctSvcrRef")),
        remittance=tidy(text_at(entry, "AddtlNtryInf")),
    )
    details = list(entry.iterfind("{*}NtryDtls/{*}TxDtls"))
    if len(details) < 2:
        batched = (text_at(entry, "NtryDtls/Btch/NbOfTxs") or "1") not in {"0", "1"}
        note = "A batch of which the bank tells no single payments." if batched else None
        return [replace(_described(whole, entry, details[0] if details else None), note=note)]
    parts = [_part(whole, entry, detail, f"{where}, transaction {n}", n) for n, detail in enumerate(details, 1)]
    told = [part for part in parts if part is not None]
    charges = _included_charges(entry, details, where)
    moved = sum(part.amount_cents for part in told)
    if len(told) == len(details) and moved == cents:
        return told
    if len(told) == len(details) and charges and moved - charges == cents:
        fee = replace(
            whole, part=len(told) + 1, kind=LineKind.charge, amount_cents=-charges, remittance="Charges of the batch."
        )
        return [*told, fee]
    note = f"A batch of {len(details)} payments whose amounts do not make up the entry."
    return [replace(_described(whole, entry, None), note=note)]


def _part(whole: ReadLine, entry: etree._Element, detail: etree._Element, where: str, number: int) -> ReadLine | None:
    """Give one transaction of a batch; None where it tells no amount in the currency of the entry."""
    amount = next(
        (found for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt") if (found := detail.find(path)) is not None), None
    )
    if amount is None or amount.get("Ccy") != whole.currency:
        return None
    cents = cents_of(amount, where)
    side = text_at(detail, "CdtDbtInd")
    is_out = side == "DBIT" if side else whole.amount_cents < 0
    part = replace(whole, part=number, amount_cents=-cents if is_out else cents)
    return _described(part, entry, detail)


def _described(line: ReadLine, entry: etree._Element, detail: etree._Element | None) -> ReadLine:
    """Say whose the money was, what it was for and what kind of movement it is."""
    code = _bank_code(detail) or _bank_code(entry)
    is_reversal = text_at(entry, "RvslInd") in {"true", "1"}
    is_return = detail is not None and detail.find("{*}RtrInf") is not None
    kind = _kind(line.amount_cents, code or "", is_reversal=is_reversal, is_return=is_return)
    if detail is None:
        return replace(line, kind=kind, bank_code=code)
    # Of money that came back the payer is named as in the entry that it undoes.
    of_payer = line.amount_cents > 0 or kind in {LineKind.reversal, LineKind.returned}
    sides = ("Dbtr", "Cdtr") if of_payer else ("Cdtr", "Dbtr")
    names = [f"RltdPties/{side}{inner}/Nm" for side in sides for inner in ("/Pty", "")]
    accounts = [f"RltdPties/{side}Acct/Id/IBAN" for side in sides]
    free = [*_all(detail, "RmtInf/Ustrd"), *_all(detail, "RmtInf/Strd/AddtlRmtInf")]
    structured = [*_all(detail, "RmtInf/Strd/CdtrRefInf/Ref"), *_all(detail, "RmtInf/Strd/RfrdDocInf/Nb")]
    reason = text_at(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
    own = _reference(text_at(detail, "Refs/AcctSvcrRef"))
    iban = text_at(detail, *accounts)
    return replace(
        line,
        kind=kind,
        bank_code=tidy(" ".join(filter(None, [code, reason])), _REFERENCE_MAX),
        bank_reference="/".join(dict.fromkeys(filter(None, [line.bank_reference, own]))) or None,
        end_to_end_id=_reference(text_at(detail, "Refs/EndToEndId")),
        structured_reference=tidy(" ".join(structured)),
        remittance=tidy(" ".join(free) or text_at(detail, "AddtlTxInf")) or line.remittance,
        counterparty_name=tidy(text_at(detail, *names), 200),
        counterparty_iban=tidy(iban.replace(" ", "").upper(), 34) if iban else None,
    )


def _kind(cents: int, code: str, *, is_reversal: bool, is_return: bool) -> LineKind:
    family = code.rpartition("-")[2]
    if is_reversal:
        return LineKind.reversal
    if is_return or family in _RETURNS:
        return LineKind.returned
    if cents > 0:
        return LineKind.incoming
    return LineKind.charge if family in _CHARGES else LineKind.outgoing


def _bank_code(found: etree._Element | None) -> str | None:
    if found is None:
        return None
    domain = [text_at(found, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    if all(domain):
        return tidy("-".join(filter(None, domain)), 60)
    return tidy(text_at(found, "BkTxCd/Prtry/Cd"), 60)


def _included_charges(entry: etree._Element, details: list[etree._Element], where: str) -> int:
    """Sum what the bank has kept of an entry for itself: said once of the entry, or of each of its transactions."""
    found = list(entry.iterfind("{*}Chrgs")) or [each for detail in details for each in detail.iterfind("{*}Chrgs")]
    records = [record for each in found for record in ([*each.iterfind("{*}Rcrd")] or [each])]
    total = 0
    for record in records:
        amount = record.find("{*}Amt")
        if amount is not None and text_at(record, "ChrgInclInd") in {"true", "1"}:
            cents = cents_of(amount, f"{where}, charges")
            total += -cents if text_at(record, "CdtDbtInd") == "CRDT" else cents
    return total


def signed_cents(found: etree._Element, where: str) -> tuple[int, str]:
    """Read an amount with its side; Invalid names where."""
    amount, side = found.find("{*}Amt"), text_at(found, "CdtDbtInd")
    if amount is None:
        raise Invalid(f"{where} has no amount.")
    if side not in {"CRDT", "DBIT"}:
        raise Invalid(f"{where} says neither credit (CRDT) nor debit (DBIT).")
    cents = cents_of(amount, where)
    return (-cents if side == "DBIT" else cents), str(amount.get("Ccy"))


def cents_of(amount: etree._Element, where: str) -> int:
    """Read an amount in minor units; one with more decimals than its currency has is Invalid, never rounded."""
    currency, written = amount.get("Ccy") or "", (amount.text or "").strip()
    found = _AMOUNT.fullmatch(written)
    if found is None:
        raise Invalid(f"{where}: '{written[:40]}' is not an amount.")
    try:
        digits = exponent(currency)
    except ControlError as error:
        raise Invalid(f"{where}: '{currency[:10]}' is not an ISO 4217 currency.") from error
    part = (found[2] or "").rstrip("0")
    if len(part) > digits:
        raise Invalid(f"{where}: {written[:40]} {currency} has more decimals than the {digits} of {currency}.")
    cents = int((found[1] or "0") + part.ljust(digits, "0"))
    if cents > CENTS_MAX:
        raise Invalid(f"{where}: {written[:40]} {currency} is more than can be booked.")
    return cents


def day_of(written: str, where: str) -> date:
    """Read the civil day of a date or a moment; one that no moment of the books can have is Invalid."""
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        raise Invalid(f"{where} has no day that can be read ('{written[:40]}').") from None
    try:
        return moments.read_day(day)
    except ValueError as error:
        raise Invalid(f"{where} says {day}, and {error}.") from None


def text_at(found: etree._Element, *paths: str) -> str | None:
    """Give the text at the first of these paths that has any."""
    for path in paths:
        said = (found.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or "").strip()
        if said:
            return said
    return None


def _all(found: etree._Element, path: str) -> list[str]:
    elements = found.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))
    return [each.text.strip() for each in elements if each.text and each.text.strip()]


def _reference(said: str | None) -> str | None:
    """Give a reference that refers to something."""
    if said is None or said.upper() in _NO_REFERENCE or not said.strip("0 "):
        return None
    return tidy(said, _REFERENCE_MAX)


def tidy(said: str | None, longest: int = _TEXT_MAX) -> str | None:
    """Give what a payer typed without what no page can show."""
    return text.one_line(text.tolerated(said)).strip()[:longest] or None if said else None
