"""
How much of an invoice may still be credited, per line, per VAT group and in total (contract §14.6). Pure.

VAT is computed on what all notes together give back, and each note gives what was not given before: so the notes add up
to the invoice to the last cent, and each is within one cent of its own base times its rate (BR-CO-17).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from scaicontrol.core.errors import Reason
from scaicontrol.core.money import half_up, spread
from scaicontrol.services.tax import arithmetic
from scaicontrol.services.tax.arithmetic import Totals, VatGroup

from . import allowances
from .models import Invoice, InvoiceLine
from .schemas import CreditLineIn

Basis = Literal["net", "gross"]
Key = tuple[str, Decimal]

_RATE_STEP = Decimal("0.01")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class CreditLine:
    """
    A part of an invoice line that is given back: `amount_cents` net, with the sign the invoice line has.

    `tax_cents` is the VAT that was asked for with it, where a gross amount was; else it follows from the rest.
    """

    line: InvoiceLine
    amount_cents: int
    tax_cents: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.amount_cents == self.line.amount_cents

    def as_fields(self) -> dict[str, Any]:
        """Give the columns of the negated line; a part of a line is one unit at the price of the part."""
        whole = self.is_whole
        sign = 1 if self.amount_cents >= 0 else -1
        asked = {} if self.tax_cents is None else {"tax_cents": self.tax_cents}
        return {
            "description": self.line.description,
            "quantity": -self.line.quantity if whole else Decimal(-sign),
            "unit_label": self.line.unit_label if whole else None,
            "unit_price_cents": self.line.unit_price_cents if whole else abs(self.amount_cents),
            "unit_divisor": self.line.unit_divisor if whole else 1,
            "allowances": allowances.negated(self.line.allowances) if whole else None,
            "charges": allowances.negated(self.line.charges) if whole else None,
            "amount_cents": -self.amount_cents,
            "tax_category": self.line.tax_category,
            "tax_rate": self.line.tax_rate,
            "exemption_reason": self.line.exemption_reason,
            "exemption_code": self.line.exemption_code,
            "period_start": self.line.period_start,
            "period_end": self.line.period_end,
            "subscription_id": self.line.subscription_id,
            "pack_subscription_id": self.line.pack_subscription_id,
            "metric_slug": self.line.metric_slug,
            "ledger_code": self.line.ledger_code,
            "credited_line_id": self.line.id,
            "derivation": {"kind": "credit", "line_id": self.line.id, "amount_cents": self.amount_cents, **asked},
        }


@dataclass(slots=True)
class Amounts:
    """Net and VAT, with the signs of the invoice."""

    net_cents: int = 0
    tax_cents: int = 0

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.tax_cents

    def minus(self, other: "Amounts") -> "Amounts":
        return Amounts(self.net_cents - other.net_cents, self.tax_cents - other.tax_cents)


@dataclass(slots=True)
class Balance:
    """What the lines and VAT groups of an invoice hold, and what its credit notes have given back of each."""

    lines: Mapping[str, InvoiceLine]
    given: defaultdict[str, Amounts] = field(default_factory=lambda: defaultdict(Amounts))

    def rest_of(self, line: InvoiceLine) -> Amounts:
        return Amounts(line.amount_cents, line.tax_cents).minus(self.given[line.id])

    def group(self, key: Key) -> Amounts:
        return _sum(Amounts(line.amount_cents, line.tax_cents) for line in self._members(key))

    def group_given(self, key: Key) -> Amounts:
        return _sum(self.given[line.id] for line in self._members(key))

    def vat_groups(self) -> list[Key]:
        return sorted({key_of(line) for line in self.lines.values()})

    def open_lines(self, key: Key | None = None) -> list[InvoiceLine]:
        return [
            line
            for line in self.lines.values()
            if self.rest_of(line).net_cents and (key is None or key_of(line) == key)
        ]

    def taxes(self, parts: Sequence[CreditLine]) -> list[int]:
        """Give the VAT that goes back with each part, with the invoice's sign; each group is rounded as a whole."""
        taxes = [0] * len(parts)
        for key in {key_of(part.line) for part in parts}:
            places = [place for place, part in enumerate(parts) if key_of(part.line) == key]
            members = [parts[place] for place in places]
            asked = [part.tax_cents for part in members if part.tax_cents is not None]
            net = sum(part.amount_cents for part in members)
            due = tax_given_back(
                key[1], self.group(key), self.group_given(key), net, sum(asked) if len(asked) == len(members) else None
            )
            for place, share in zip(places, self._tax_shares(due, members), strict=True):
                taxes[place] = share
        return taxes

    def give(self, parts: Sequence[CreditLine], taxes: Sequence[int]) -> None:
        """Count what a credit note gives back."""
        for part, tax_cents in zip(parts, taxes, strict=True):
            given = self.given[part.line.id]
            given.net_cents += part.amount_cents
            given.tax_cents += tax_cents

    def _members(self, key: Key) -> list[InvoiceLine]:
        return [line for line in self.lines.values() if key_of(line) == key]

    def _tax_shares(self, due: int, parts: Sequence[CreditLine]) -> list[int]:
        """Share a group's VAT as the invoice shared it; what the lines got there decides, the sum is exact."""
        weights = []
        for part in parts:
            rest = self.rest_of(part.line)
            weights.append(
                Decimal(rest.tax_cents * part.amount_cents) / rest.net_cents if rest.net_cents else Decimal()
            )
        if not sum(weights):
            weights = [Decimal(part.amount_cents) for part in parts]
        return _mirrored_spread(due, weights)


def tax_given_back(
    rate: Decimal, group: Amounts, given: Amounts, net_cents: int, asked_cents: int | None = None
) -> int:
    """
    Give the VAT that goes back with the next `net_cents` of a group.

    It is the VAT on everything given back so far and now, less what was given; whoever gives back all net gives back
    all VAT. A gross amount decides its VAT itself (`asked_cents`) while the sum stays within a cent of the exact VAT.
    """
    after = given.net_cents + net_cents
    if after == group.net_cents:
        return group.tax_cents - given.tax_cents
    if asked_cents is not None:
        exact = Decimal(after) * rate / _HUNDRED
        near = (
            abs(given.tax_cents + asked_cents - exact) < 1
            and abs(asked_cents - arithmetic.tax_of(net_cents, rate)) <= 1
        )
        if near and between(given.tax_cents + asked_cents, group.tax_cents):
            return asked_cents
    due = arithmetic.tax_of(after, rate) - given.tax_cents
    return due if due * net_cents > 0 else 0  # a cent that was given too early waits for the notes that follow


def charged_lines(invoice: Invoice) -> list[InvoiceLine]:
    """
    Give the lines of an invoice with what was really charged for each.

    Allowances and charges of the whole document are shared by the lines of their VAT group, for credit notes and the
    books, which need none of their own: of 100 with a tenth off, 90 can be given back. Copies belong to no session.
    """
    if not (invoice.allowances or invoice.charges):
        return list(invoice.lines)
    found = []
    for key in sorted({key_of(line) for line in invoice.lines}):
        members = [line for line in invoice.lines if key_of(line) == key]
        net, vat = allowances.of_group(invoice, *key)
        nets = _mirrored_spread(net, [line.amount_cents for line in members])
        charged = [line.amount_cents + share for line, share in zip(members, nets, strict=True)]
        taxes = _mirrored_spread(vat + sum(line.tax_cents for line in members), charged)
        found += [_charged(*each) for each in zip(members, charged, taxes, strict=True)]
    return sorted(found, key=lambda line: line.order_index)


def _charged(line: InvoiceLine, amount_cents: int, tax_cents: int) -> InvoiceLine:
    fields = {column.key: getattr(line, column.key) for column in InvoiceLine.__mapper__.column_attrs}
    own = {"amount_cents": amount_cents, "tax_cents": tax_cents, "allowances": None, "charges": None}
    return InvoiceLine(**fields | own)


def balance(lines: Iterable[InvoiceLine], notes: Iterable[Invoice]) -> Balance:
    """Hold an invoice against its credit notes; an open draft counts with the VAT that it would give back now."""
    found = Balance({line.id: line for line in lines})
    for note in sorted(notes, key=lambda note: not note.is_sealed):
        parts = parts_of(note, found.lines)
        taxes = [-line.tax_cents for line in _credits(note)] if note.is_sealed else found.taxes(parts)
        found.give(parts, taxes)
    return found


def parts_of(note: Invoice, lines: Mapping[str, InvoiceLine]) -> list[CreditLine]:
    """Read a credit note as the parts of its invoice's lines."""
    return [
        CreditLine(lines[line.credited_line_id or ""], -line.amount_cents, (line.derivation or {}).get("tax_cents"))
        for line in _credits(note)
    ]


def _credits(note: Invoice) -> list[InvoiceLine]:
    return [line for line in note.lines if line.credited_line_id]


def credited(notes: Iterable[Invoice]) -> Mapping[str, int]:
    """Sum what credit notes already give back of each invoice line, net and with the line's sign."""
    sums: defaultdict[str, int] = defaultdict(int)
    for note in notes:
        for line in _credits(note):
            sums[line.credited_line_id or ""] -= line.amount_cents
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
    known, named = {line.id: line for line in lines}, set[str]()
    parts: list[CreditLine] = []
    reasons: list[Reason] = []
    for position, item in enumerate(wanted):
        field_name = f"lines[{position}]"
        if item.line_id not in known or item.line_id in named:
            message = f"Line {item.line_id} is not on the invoice, or named twice."
            reasons.append(Reason("unknown_line", message, field_name))
            continue
        named.add(item.line_id)
        parts.append(CreditLine(known[item.line_id], item.amount_cents))
        rest = left[item.line_id].amount_cents if item.line_id in left else 0
        if not within(item.amount_cents, rest):
            message = f"{item.amount_cents} of line {item.line_id} cannot be credited; {rest} cents are left of it."
            reasons.append(Reason("credit_exceeds_invoice", message, f"{field_name}.amount_cents"))
    return parts, reasons


def shared(left: Balance, amount_cents: int, basis: Basis) -> tuple[list[CreditLine], list[Reason]]:
    """
    Share an amount over all that is left: over the VAT groups, then over the lines of each, by largest remainder.

    Of a gross amount the VAT is what its net part leaves, so that the note is over that amount to the cent.
    """
    keys = [key for key in left.vat_groups() if left.open_lines(key)]
    rests = [left.group(key).minus(left.group_given(key)) for key in keys]
    weights = [rest.gross_cents if basis == "gross" else rest.net_cents for rest in rests]
    if not within(amount_cents, sum(weights)):
        message = f"{amount_cents} cents {basis} cannot be credited; {sum(weights)} are left of the invoice."
        return [], [Reason("credit_exceeds_invoice", message, "amount_cents")]
    parts: list[CreditLine] = []
    for key, rest, share in zip(keys, rests, _mirrored_spread(amount_cents, weights), strict=True):
        if not share:
            continue
        given = left.group_given(key)
        net = share if basis == "net" else _net_of_gross(key[1], left.group(key), given, share)
        if not net:
            message = f"{amount_cents} cents are too little: {share} of them, with VAT {key[1]}%, hold no net cent."
            return [], [Reason("amount_too_small", message, "amount_cents")]
        members = left.open_lines(key)
        nets = _mirrored_spread(net, [left.rest_of(line).net_cents for line in members])
        # The rest takes all VAT by itself; only a part of a gross amount says how much.
        asked = share - net if basis == "gross" and net != rest.net_cents else None
        taxes: Sequence[int | None] = [None] * len(nets) if asked is None else _mirrored_spread(asked, nets)
        parts += [CreditLine(*each) for each in zip(members, nets, taxes, strict=True) if each[1]]
    return parts, []


def _net_of_gross(rate: Decimal, group: Amounts, given: Amounts, gross_cents: int) -> int:
    """Give the net part of the next gross cents of a group; the last cent of net goes with the last of the VAT."""
    target = given.gross_cents + gross_cents
    if target == group.gross_cents:
        return group.net_cents - given.net_cents
    after = half_up(Decimal(target) * _HUNDRED / (_HUNDRED + rate))
    if after == group.net_cents:
        after -= 1 if gross_cents > 0 else -1
    net = after - given.net_cents
    return gross_cents if (gross_cents - net) * gross_cents < 0 else net


def group_reasons(left: Balance, parts: Sequence[CreditLine]) -> list[Reason]:
    """Give a reason for each VAT group of which more would be given back than it holds (BG-23)."""
    found = []
    for key in sorted({key_of(part.line) for part in parts}):
        net = sum(part.amount_cents for part in parts if key_of(part.line) == key)
        held, given = left.group(key), left.group_given(key)
        if not between(given.net_cents + net, held.net_cents):
            message = (
                f"VAT {key[0]} {key[1]}% of the invoice is on {held.net_cents} cents net; "
                f"{given.net_cents + net} would be credited."
            )
            found.append(Reason("credit_exceeds_invoice", message, "lines"))
    return found


def totals(left: Balance, note: Invoice) -> Totals:
    """Add up a credit note, all negative; `left` is what its invoice holds before it."""
    parts = parts_of(note, left.lines)
    taxes = left.taxes(parts)
    groups: dict[Key, Amounts] = {}
    for part, tax_cents in zip(parts, taxes, strict=True):
        sums = groups.setdefault(key_of(part.line), Amounts())
        sums.net_cents -= part.amount_cents
        sums.tax_cents -= tax_cents
    return Totals(
        subtotal_cents=-sum(part.amount_cents for part in parts),
        tax_cents=-sum(taxes),
        groups=tuple(VatGroup(*key, sums.net_cents, sums.tax_cents) for key, sums in sorted(groups.items())),
        line_tax_cents=tuple(-each for each in taxes),
    )


def limit_reasons(original: Invoice, left: Balance, note: Invoice) -> list[Reason]:
    """Hold a credit note against what the finalized notes before it left of its invoice."""
    if not original.is_sealed or original.status == "void" or original.is_credit_note:
        return [Reason("not_creditable", f"{original} is {original.status}; only a finalized invoice is credited.")]
    parts = parts_of(note, left.lines)
    reasons = []
    for part in parts:
        amount = left.given[part.line.id].net_cents + part.amount_cents
        if not within(amount, part.line.amount_cents):
            message = (
                f"Line '{part.line.description}' of {original} is {part.line.amount_cents} cents; "
                f"{amount} would be credited."
            )
            reasons.append(Reason("credit_exceeds_invoice", message, "lines"))
    reasons += group_reasons(left, parts)
    given = sum(each.gross_cents for each in left.given.values())
    gross = given + sum(part.amount_cents for part in parts) + sum(left.taxes(parts))
    if gross > original.total_cents:
        message = f"{original} is {original.total_cents} cents in all; {gross} would be credited."
        reasons.append(Reason("credit_exceeds_invoice", message, "lines"))
    return reasons


def within(amount_cents: int, rest_cents: int) -> bool:
    """Tell whether an amount lies between nothing and what is left, on the same side of zero."""
    return 0 < amount_cents <= rest_cents if rest_cents > 0 else rest_cents <= amount_cents < 0


def between(amount_cents: int, limit_cents: int) -> bool:
    """Tell whether an amount lies from nothing to a limit, on the same side of zero."""
    return min(0, limit_cents) <= amount_cents <= max(0, limit_cents)


def key_of(line: InvoiceLine) -> Key:
    """Name the VAT group of a line."""
    return line.tax_category or "", (line.tax_rate or Decimal()).quantize(_RATE_STEP)


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    total = Amounts()
    for each in amounts:
        total.net_cents += each.net_cents
        total.tax_cents += each.tax_cents
    return total


def _mirrored_spread(cents: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Spread so that a negative sum is the mirror image of a positive one."""
    sign = -1 if sum(weights) < 0 else 1
    return [sign * share for share in spread(sign * cents, [sign * weight for weight in weights])]
