"""
What is taken off (allowances) or added (charges) before VAT: to a line (BG-27, BG-28) or a document (BG-20, BG-21).

A row keeps them as a list of `amount_cents, reason, reason_code`, with `percent` and `base_cents` where the amount is
a share; of a document also `tax_category, tax_rate, tax_cents`, filled in when it is finalized. Amounts are positive
and, like everything else, negated on a credit note.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from scaicontrol.core.money import half_up, spread
from scaicontrol.services.tax.arithmetic import TaxableLine

from .models import Invoice, InvoiceLine
from .schemas import AllowanceIn, ChargeIn, LineAllowanceIn, LineChargeIn

Stored = dict[str, Any]

_HUNDRED = Decimal(100)


def of_line(wanted: Iterable[LineAllowanceIn | LineChargeIn], gross_cents: int) -> list[Stored] | None:
    """Give what a line keeps; a share is one of quantity times price unless it names its base."""
    return [_stored(each, gross_cents if each.base_cents is None else each.base_cents) for each in wanted] or None


def of_document(wanted: Iterable[AllowanceIn | ChargeIn]) -> list[Stored] | None:
    """Give what a draft keeps; a share without a base of its own follows the lines (`follow_lines`)."""
    kept = []
    for each in wanted:
        terms = {"tax_category": each.tax_category, "tax_rate": None if each.tax_rate is None else str(each.tax_rate)}
        follows = {"of_lines": True} if each.percent is not None and each.base_cents is None else {}
        kept.append({**_stored(each, each.base_cents or 0), **terms, **follows})
    return kept or None


def _stored(wanted: LineAllowanceIn | LineChargeIn, base_cents: int) -> Stored:
    said = {"reason": wanted.reason, "reason_code": wanted.reason_code}
    if wanted.percent is None:
        return {"amount_cents": wanted.amount_cents, **said}
    return {**share(wanted.percent, base_cents), **said}


def share(percent: Decimal, base_cents: int) -> Stored:
    """Give a percentage of a base, rounded half up once."""
    amount = half_up(base_cents * percent / _HUNDRED)
    return {"amount_cents": amount, "percent": format(percent, "f"), "base_cents": base_cents}


def follow_lines(invoice: Invoice) -> None:
    """Compute the shares of a draft that follow its lines: of those of the stated category and rate, else of all."""
    invoice.allowances = [_followed(each, invoice.lines) for each in invoice.allowances or ()] or None
    invoice.charges = [_followed(each, invoice.lines) for each in invoice.charges or ()] or None


def _followed(stored: Stored, lines: Sequence[InvoiceLine]) -> Stored:
    if not stored.get("of_lines"):
        return stored
    terms = (stored["tax_category"], _rate(stored["tax_rate"]))
    stated = terms != (None, None)
    base = sum(line.amount_cents for line in lines if not stated or (line.tax_category, _rate(line.tax_rate)) == terms)
    return {**stored, **share(Decimal(stored["percent"]), max(base, 0))}


def over_rates(stored: Iterable[Stored] | None, lines: Sequence[TaxableLine]) -> list[Stored]:
    """
    Give a document's allowances or charges as they are taxed: one for each category and rate (EN 16931, BG-20, BG-21).

    One that states neither is of all lines: over lines of several rates it is split in proportion to their sums, to the
    cent.
    """
    sums: dict[tuple[str, Decimal], int] = {}
    for line in lines:
        sums[line.category, line.rate] = sums.get((line.category, line.rate), 0) + line.amount_cents
    groups = {terms: cents for terms, cents in sums.items() if cents > 0}
    found: list[Stored] = []
    for each in stored or ():
        if len(groups) < 2 or each.get("tax_category") is not None or each.get("tax_rate") is not None:
            found.append(each)
            continue
        parts = spread(int(each["amount_cents"]), list(groups.values()))
        for ((category, rate), base), cents in zip(groups.items(), parts, strict=True):
            if cents:
                terms = {"tax_category": category, "tax_rate": format(rate, "f")}
                found.append({**_part(each, cents, base), **terms})
    return found


def _part(stored: Stored, cents: int, base_cents: int) -> Stored:
    """Say a part as a share of its own base, as long as it is one: a cent that was spread is an amount by itself."""
    exact = "percent" in stored and share(Decimal(stored["percent"]), base_cents)["amount_cents"] == cents
    kept = {name: value for name, value in stored.items() if exact or name not in ("percent", "base_cents")}
    return {**kept, "amount_cents": cents, **({"base_cents": base_cents} if exact else {})}


def _rate(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def net_cents(allowances: Iterable[Mapping[str, Any]] | None, charges: Iterable[Mapping[str, Any]] | None) -> int:
    """Give what a list of allowances and one of charges change a sum by."""
    return _sum(charges, "amount_cents") - _sum(allowances, "amount_cents")


def tax_cents(invoice: Any) -> int:
    """Give the VAT that lies on the allowances and charges of a finalized document; lines carry the rest."""
    return _sum(invoice.charges, "tax_cents") - _sum(invoice.allowances, "tax_cents")


def _sum(stored: Iterable[Mapping[str, Any]] | None, name: str) -> int:
    return sum(int(each[name]) for each in stored or ())


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The allowances and charges of a document as they are taxed, one for each category and rate."""

    allowances: Sequence[Stored] = ()
    charges: Sequence[Stored] = ()

    @classmethod
    def of(cls, invoice: Invoice, lines: Sequence[TaxableLine]) -> Self:
        return cls(over_rates(invoice.allowances, lines), over_rates(invoice.charges, lines))


def settle_tax(invoice: Invoice, adjusted: Adjusted, parts: Sequence[TaxableLine], taxes: Sequence[int]) -> None:
    """Write down the category, rate and tax of what follows the lines in `taxable_parts`: allowances, then charges."""
    count = len(adjusted.allowances)
    invoice.allowances = _taxed(adjusted.allowances, parts[:count], [-cents for cents in taxes[:count]])
    invoice.charges = _taxed(adjusted.charges, parts[count:], taxes[count:])


def _taxed(stored: Sequence[Stored], parts: Sequence[TaxableLine], taxes: Sequence[int]) -> list[Stored] | None:
    return [
        {**each, "tax_category": part.category, "tax_rate": format(part.rate, "f"), "tax_cents": cents}
        for each, part, cents in zip(stored, parts, taxes, strict=True)
    ] or None


def negated(stored: Iterable[Stored] | None) -> list[Stored] | None:
    """Give the list of a line that is credited whole."""
    cents = ("amount_cents", "base_cents")
    return [each | {name: -int(each[name]) for name in cents if name in each} for each in stored or ()] or None


def adjustments(invoice: Invoice | Adjusted) -> Iterator[tuple[Stored, int]]:
    """Give each allowance and charge of a document, with the sign of what it changes the sum by."""
    yield from ((each, -1) for each in invoice.allowances or ())
    yield from ((each, 1) for each in invoice.charges or ())


def sealed_parts(invoice: Invoice) -> list[TaxableLine]:
    """Give the allowances and charges of a finalized document as parts that VAT is computed on."""
    return [
        TaxableLine(sign * int(each["amount_cents"]), str(each["tax_category"]), Decimal(each["tax_rate"]))
        for each, sign in adjustments(invoice)
    ]


def of_group(invoice: Invoice, category: str, rate: Decimal) -> tuple[int, int]:
    """Give the net amount and the VAT by which the allowances and charges change one VAT group."""
    members = [
        (sign * int(each["amount_cents"]), sign * int(each["tax_cents"]))
        for each, sign in adjustments(invoice)
        if (each["tax_category"], Decimal(each["tax_rate"])) == (category, rate)
    ]
    return sum(net for net, _ in members), sum(tax for _, tax in members)
