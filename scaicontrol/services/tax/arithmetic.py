"""
VAT of lines and documents: one tax per (category, rate), rounded once, shared by the lines without losing a cent.

EN 16931 BR-CO-17: the tax of a group is its base times its rate, half up; the official rules accept a deviation of up
to one unit of currency, we accept none.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from scaicontrol.core.money import half_up, spread

_HUNDRED = Decimal(100)
_RATE_STEP = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """The part of a line that VAT depends on: net amount in minor units, UNCL 5305 category, rate in per cent."""

    amount_cents: int
    category: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class VatGroup:
    category: str
    rate: Decimal
    base_cents: int
    tax_cents: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A document's sums; `line_tax_cents` stands in the order of the lines and adds up to `tax_cents`."""

    subtotal_cents: int
    tax_cents: int
    groups: tuple[VatGroup, ...]
    line_tax_cents: tuple[int, ...]

    @property
    def total_cents(self) -> int:
        return self.subtotal_cents + self.tax_cents


def tax_of(base_cents: int, rate: Decimal) -> int:
    """Give the tax on a base, a half away from zero, so that a credit note mirrors its invoice."""
    return half_up(Decimal(base_cents) * rate / _HUNDRED)


def totals(lines: Sequence[TaxableLine]) -> Totals:
    """Add up a document: groups ordered by category and rate, taxes per line by largest remainder."""
    members: dict[tuple[str, Decimal], list[int]] = defaultdict(list)
    for position, line in enumerate(lines):
        members[line.category, line.rate.quantize(_RATE_STEP)].append(position)
    taxes = [0] * len(lines)
    groups = []
    for (category, rate), positions in sorted(members.items()):
        amounts = [lines[position].amount_cents for position in positions]
        base = sum(amounts)
        tax = tax_of(base, rate)
        groups.append(VatGroup(category, rate, base, tax))
        for position, share in zip(positions, _mirrored_spread(tax, amounts), strict=True):
            taxes[position] = share
    return Totals(
        subtotal_cents=sum(line.amount_cents for line in lines),
        tax_cents=sum(group.tax_cents for group in groups),
        groups=tuple(groups),
        line_tax_cents=tuple(taxes),
    )


def with_stated_taxes(computed: Totals, lines: Sequence[TaxableLine], line_tax_cents: Sequence[int]) -> Totals:
    """Give totals whose taxes are stated per line, as on a credit note, whose VAT follows from its invoice."""
    sums: dict[tuple[str, Decimal], int] = defaultdict(int)
    for line, tax_cents in zip(lines, line_tax_cents, strict=True):
        sums[line.category, line.rate.quantize(_RATE_STEP)] += tax_cents
    groups = tuple(replace(group, tax_cents=sums[group.category, group.rate]) for group in computed.groups)
    return replace(computed, tax_cents=sum(line_tax_cents), groups=groups, line_tax_cents=tuple(line_tax_cents))


def _mirrored_spread(tax: int, amounts: Sequence[int]) -> list[int]:
    """Spread so that negated amounts get negated shares; largest remainder alone favours one sign."""
    sign = -1 if sum(amounts) < 0 else 1
    return [sign * share for share in spread(sign * tax, [sign * amount for amount in amounts])]
