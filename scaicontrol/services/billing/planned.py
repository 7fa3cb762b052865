"""What a plan consists of: the lines of documents, the credit notes beside them, and what had to be set aside."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from scaicontrol.core.periods import Period
from scaicontrol.services.coupons import Discount


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """
    One charge: for what, for which civil days, how much, how it was derived, and which due row it settles.

    With its subscription and kind, `charge_start` names it once for ever. It `settles` what was due unless another part
    of the same due row had to be set aside.
    """

    row_id: str
    subscription_id: str
    charge_kind: str
    charge_start: datetime
    period: Period
    description: str
    quantity: Decimal
    unit_label: str
    unit_price_cents: int
    unit_divisor: int
    amount_cents: int
    currency: str
    metric_slug: str | None
    derivation: dict[str, Any]
    settles: bool = True
    pack_subscription_id: str | None = None  # of a pack's price and of use in it
    discounts: tuple[Discount, ...] = ()  # taken off quantity times price
    settled_rows: tuple[str, ...] = ()  # where one charge settles several due rows: those of a pack


@dataclass(frozen=True, slots=True)
class PlannedNote:
    """
    A credit note to be, over a line of the invoice that charged what is given back.

    `line` is what it gives back, net and negative; the VAT is what the invoice carried.
    """

    invoice_id: str
    invoice_number: str
    invoice_line_id: str
    line: PlannedLine
    tax_cents: int

    @property
    def subtotal_cents(self) -> int:
        return self.line.amount_cents

    @property
    def total_cents(self) -> int:
        return self.subtotal_cents + self.tax_cents


@dataclass(frozen=True, slots=True)
class ComputedDocument:
    """
    One invoice to be: per tenant and currency, or per subscription when the partner groups so.

    `zeros` are charges of nothing: no line, but a charge row, so that nobody asks for them again. `notes` give back
    what credits hold beyond the charges of the invoice.
    """

    key: str
    tenant_id: str
    currency: str
    lines: tuple[PlannedLine, ...]
    zeros: tuple[PlannedLine, ...]
    subtotal_cents: int
    tax_cents: int
    tax_rule: str
    tax_label: str
    language: str
    notes: tuple[PlannedNote, ...] = ()

    @property
    def total_cents(self) -> int:
        return self.subtotal_cents + self.tax_cents

    @property
    def credited_cents(self) -> int:
        """What the credit notes beside it give back, with VAT; a positive amount."""
        return -sum(note.total_cents for note in self.notes)

    @property
    def charges(self) -> tuple[PlannedLine, ...]:
        return (*self.lines, *self.zeros, *(note.line for note in self.notes))

    @property
    def period(self) -> Period:
        return Period(min(line.period.start for line in self.lines), max(line.period.end for line in self.lines))

    @property
    def digest(self) -> str:
        """Fix every amount, period and derivation; two plans with the same digest write the same document."""
        head = [self.key, self.tenant_id, self.currency, self.tax_rule, self.tax_cents]
        notes = [[note.invoice_line_id, note.tax_cents] for note in self.notes]
        return hashlib.sha256(orjson.dumps([head, notes, [_digestible(line) for line in self.charges]])).hexdigest()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A charge that was due and could not be planned, with what it would have been made from."""

    tenant_id: str
    subscription_id: str
    charge_kind: str
    period_start: datetime
    reason_code: str
    detail: str
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BillingPlan:
    documents: tuple[ComputedDocument, ...]
    quarantined: tuple[Quarantined, ...]


def _digestible(line: PlannedLine) -> list[Any]:
    return [
        line.row_id,
        line.charge_kind,
        line.charge_start.isoformat(),
        line.period.start.isoformat(),
        line.period.end.isoformat(),
        str(line.quantity),
        line.amount_cents,
        line.derivation,
        *([each.kept for each in line.discounts]),
    ]
