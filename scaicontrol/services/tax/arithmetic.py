"""
VAT of lines and documents: one tax per (category, rate), rounded once, shared by the lines without losing a cent.

EN 16931 BR-CO-17: the tax of a group is its base times its rate, half up; the official rules accept a deviation of up
to one unit of currency, we accept none.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from scaicontrol.core.errors import Reason
from scaicontrol.core.money import half_up, spread

_HUNDRED = Decimal(100)
_RATE_STEP = Decimal("0.01")
ZERO_RATED = frozenset({"G", "E", "AE", "Z", "K", "O"})
NEEDS_REASON = frozenset({"E", "G", "AE", "K", "O"})


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


def line_terms(
    decided_category: str, decided_rate: Decimal, category: str | None, rate: Decimal | None
) -> tuple[str, Decimal]:
    """
    Give the category and rate a line ends up with: its own where stated, else the document's.

    A line with only a rate of its own, under a decision of S, is S above zero and Z at zero.
    """
    if category is None and rate is not None and decided_category == "S":
        return ("S", rate) if rate else ("Z", rate)
    if category is None:
        return decided_category, decided_rate if rate is None else rate
    if rate is None:
        return category, Decimal(0) if category in ZERO_RATED else decided_rate
    return category, rate


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the categories of a document's lines are held against; a `manual` decision allows any category."""

    decided_category: str
    seller_vat_number: str | None = None
    buyer_vat_number: str | None = None
    reason_text: str | None = None
    manual: bool = False


def check_coherence(lines: Iterable[TaxableLine], grounds: Grounds) -> list[Reason]:
    """Name every way in which lines, parties and decision contradict each other (contract §16.2), all at once."""
    lines = tuple(lines)
    categories = {line.category for line in lines}
    found: list[str] = []
    if "O" in categories and len(categories) > 1:
        found.append("A document that is outside the scope of VAT (O) on one line must be so on every line.")
    if "AE" in categories and not (grounds.seller_vat_number and grounds.buyer_vat_number):
        found.append("Reverse charge (AE) needs the VAT number of the seller and of the buyer.")
    if missing := () if grounds.reason_text else sorted(categories & NEEDS_REASON):
        found.append(f"Category {', '.join(missing)} needs a text that gives the reason.")
    for number, line in enumerate(lines, start=1):
        found += _line_problems(number, line, grounds)
    return [Reason("tax_category_mismatch", message) for message in found]


def _line_problems(number: int, line: TaxableLine, grounds: Grounds) -> list[str]:
    found, decided = [], grounds.decided_category
    if line.category == "S" and line.rate <= 0:
        found.append(f"Line {number} is standard rated (S) and needs a rate above 0.")
    if line.category in ZERO_RATED and line.rate:
        found.append(f"Line {number} has category {line.category} and needs rate 0, not {line.rate}.")
    if line.category not in ZERO_RATED | {"S"}:
        found.append(f"Line {number} has category '{line.category}', which is none of S, AE, G, E, Z, O, K.")
    elif not grounds.manual and line.category not in _ALLOWED_UNDER.get(decided, {decided}):
        found.append(f"Line {number} has category {line.category}; the VAT decision of the document is {decided}.")
    return found


# A taxed document may carry reduced, zero-rated and exempt lines; every other decision holds for all lines.
_ALLOWED_UNDER = {"S": frozenset({"S", "Z", "E"})}
