"""One entry of a camt.053 statement as lines: what moved, with its sign, whose it was, and what it was for."""

from dataclasses import replace
from datetime import date
from typing import Final

from lxml import etree

from scaicontrol.core.errors import Invalid

from .lifecycle import LineKind
from .parsed import REFERENCE_MAX, ReadLine, day_of, minor_units, reference, tidy

_CHARGES: Final = frozenset({"CHRG", "FEES", "COMM"})  # sub-families of bank transaction codes
_RETURNS: Final = frozenset({"UPDD", "PRDD", "RCDD", "RRTN", "RPCR"})


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
        bank_reference=reference(text_at(entry, "AcctSvcrRef")),
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
    own = reference(text_at(detail, "Refs/AcctSvcrRef"))
    iban = text_at(detail, *accounts)
    return replace(
        line,
        kind=kind,
        bank_code=tidy(" ".join(filter(None, [code, reason])), REFERENCE_MAX),
        bank_reference="/".join(dict.fromkeys(filter(None, [line.bank_reference, own]))) or None,
        end_to_end_id=reference(text_at(detail, "Refs/EndToEndId")),
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
    """Read an amount in minor units; Invalid names where."""
    return minor_units((amount.text or "").strip(), amount.get("Ccy") or "", where)


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
