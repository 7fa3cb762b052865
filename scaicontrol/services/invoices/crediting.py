"""How much of an invoice may still be credited, per line and in total (contract §14.6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scaicontrol.core.errors import Reason
from scaicontrol.core.work import UnitOfWork

from . import queries
from .models import Invoice, InvoiceLine
from .schemas import CreditLineIn


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A part of an invoice line that is given back: `amount_cents` net, with the sign the invoice line has."""

    line: InvoiceLine
    amount_cents: int

    @property
    def is_whole(self) -> bool:
        return self.amount_cents == self.line.amount_cents

    def as_fields(self) -> dict[str, Any]:
        """Give the columns of the negated line; a part of a line is one unit at the price of the part."""
        whole = self.is_whole
        sign = 1 if self.amount_cents >= 0 else -1
        return {
            "description": self.line.description,
            "quantity": -self.line.quantity if whole else Decimal(-sign),
            "unit_label": self.line.unit_label if whole else None,
            "unit_price_cents": self.line.unit_price_cents if whole else abs(self.amount_cents),
            "unit_divisor": self.line.unit_divisor if whole else 1,
            "amount_cents": -self.amount_cents,
            "tax_category": self.line.tax_category,
            "tax_rate": self.line.tax_rate,
            "period_start": self.line.period_start,
            "period_end": self.line.period_end,
            "subscription_id": self.line.subscription_id,
            "pack_subscription_id": self.line.pack_subscription_id,
            "metric_slug": self.line.metric_slug,
            "ledger_code": self.line.ledger_code,
            "credited_line_id": self.line.id,
            "derivation": {"kind": "credit", "line_id": self.line.id, "amount_cents": self.amount_cents},
        }


def credited(notes: Iterable[Invoice]) -> Mapping[str, int]:
    """Sum what credit notes already give back of each invoice line, net and with the line's sign."""
    sums: defaultdict[str, int] = defaultdict(int)
    for note in notes:
        for line in note.lines:
            if line.credited_line_id:
                sums[line.credited_line_id] -= line.amount_cents
    return sums


def remaining(lines: Sequence[InvoiceLine], notes: Iterable[Invoice]) -> list[CreditLine]:
    """Give what of each line has not been credited yet."""
    given = credited(notes)
    rest = (CreditLine(line, line.amount_cents - given.get(line.id, 0)) for line in lines)
    return [part for part in rest if part.amount_cents]


def chosen(
    lines: Sequence[InvoiceLine], notes: Iterable[Invoice], wanted: Sequence[CreditLineIn]
) -> tuple[list[CreditLine], list[Reason]]:
    """Give the wanted parts of lines, and a reason for each that is not there to give."""
    left = {part.line.id: part for part in remaining(lines, notes)}
    known = {line.id: line for line in lines}
    parts: list[CreditLine] = []
    reasons: list[Reason] = []
    for position, item in enumerate(wanted):
        field = f"lines[{position}]"
        if item.line_id not in known or item.line_id in {part.line.id for part in parts}:
            reasons.append(Reason("unknown_line", f"Line {item.line_id} is not on the invoice, or named twice.", field))
            continue
        parts.append(CreditLine(known[item.line_id], item.amount_cents))
        rest = left[item.line_id].amount_cents if item.line_id in left else 0
        if not within(item.amount_cents, rest):
            message = f"{item.amount_cents} of line {item.line_id} cannot be credited; {rest} cents are left of it."
            reasons.append(Reason("credit_exceeds_invoice", message, f"{field}.amount_cents"))
    return parts, reasons


def within(amount_cents: int, rest_cents: int) -> bool:
    """Tell whether an amount lies between nothing and what is left, on the same side of zero."""
    return 0 < amount_cents <= rest_cents if rest_cents > 0 else rest_cents <= amount_cents < 0


async def limit_reasons(uow: UnitOfWork, note: Invoice, original: Invoice, total_cents: int) -> list[Reason]:
    """Hold a credit note, with all others on its invoice, against that invoice; `total_cents` is its own, negative."""
    if not original.is_sealed or original.status == "void" or original.is_credit_note:
        return [Reason("not_creditable", f"{original} is {original.status}; only a finalized invoice is credited.")]
    others = [
        other for other in await queries.credit_notes_of(uow, [original.id]) if other.is_sealed and other is not note
    ]
    given = credited([*others, note])
    reasons = []
    for line in original.lines:
        amount = given.get(line.id, 0)
        if amount and not within(amount, line.amount_cents):
            message = (
                f"Line '{line.description}' of {original} is {line.amount_cents} cents; {amount} would be credited."
            )
            reasons.append(Reason("credit_exceeds_invoice", message, "lines"))
    gross = -total_cents - sum(other.total_cents for other in others)
    if gross > original.total_cents:
        message = f"{original} is {original.total_cents} cents in all; {gross} would be credited."
        reasons.append(Reason("credit_exceeds_invoice", message, "lines"))
    return reasons
