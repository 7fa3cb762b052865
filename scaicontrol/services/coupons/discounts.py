"""
What coupons take off the base price of a period. Pure.

Percentages are of the whole price, each by itself, then come the amounts; together they take off no more than there is.
Of a period that is cut short they take off the part of its days.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from scaicontrol.core.money import half_up, spread

Kept = dict[str, str | int | None]  # a discount as a period keeps it
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a redemption promised, and how many periods it made cheaper so far."""

    redemption_id: str
    name: str
    percent: Decimal | None
    amount_cents: int | None
    plan_ids: tuple[str, ...] = ()
    periods: int | None = None
    taken: int = 0

    def holds_for(self, plan_id: str, taken: int) -> bool:
        """Tell whether the next period of a plan is made cheaper, once so many were."""
        return (self.periods is None or taken < self.periods) and (not self.plan_ids or plan_id in self.plan_ids)


@dataclass(frozen=True, slots=True)
class Discount:
    """What one redemption takes off one period; `amount_cents` is the result, the rest the terms it follows from."""

    redemption_id: str
    name: str
    percent: Decimal | None
    promised_cents: int | None
    amount_cents: int

    @classmethod
    def stored(cls, kept: Kept) -> Self:
        percent, promised = kept["percent"], kept["promised_cents"]
        return cls(
            str(kept["redemption_id"]),
            str(kept["name"]),
            None if percent is None else Decimal(percent),
            None if promised is None else int(promised),
            int(kept["amount_cents"] or 0),
        )

    @property
    def kept(self) -> Kept:
        """Say it as a period keeps it."""
        return {
            "redemption_id": self.redemption_id,
            "name": self.name,
            "percent": None if self.percent is None else format(self.percent.normalize(), "f"),
            "promised_cents": self.promised_cents,
            "amount_cents": self.amount_cents,
        }


def of_period(
    redeemed: Iterable[CouponTerms], plan_id: str, full_cents: int, days: tuple[int, int], taken: Mapping[str, int]
) -> tuple[Discount, ...]:
    """
    Give what is taken off a period that costs `full_cents` whole, of which it has so many of its `days`.

    `taken` are the periods each redemption made cheaper before, also those that are only foreseen.
    """
    holding = [each for each in redeemed if each.holds_for(plan_id, taken.get(each.redemption_id, each.taken))]
    promised = [Discount(each.redemption_id, each.name, each.percent, each.amount_cents, 0) for each in holding]
    found = _worked_out(promised, full_cents)
    had, whole = days
    if had != whole and found:
        base, net = (half_up(Decimal(cents * had) / whole) for cents in (full_cents, full_cents - _sum(found)))
        parts = spread(base - net, [each.amount_cents for each in found])
        found = [replace(each, amount_cents=cents) for each, cents in zip(found, parts, strict=True)]
    return tuple(each for each in found if each.amount_cents)


def off(discounts: Iterable[Discount], full_cents: int) -> int:
    """Give what the terms of these discounts take off another price of the same period."""
    return _sum(_worked_out(discounts, full_cents))


def _worked_out(promised: Iterable[Discount], full_cents: int) -> list[Discount]:
    left, found = full_cents, []
    for each in sorted(promised, key=lambda each: (each.percent is None, each.redemption_id)):
        share = each.promised_cents if each.percent is None else half_up(full_cents * each.percent / _HUNDRED)
        amount = min(share or 0, left)
        left -= amount
        found.append(replace(each, amount_cents=amount))
    return found


def _sum(discounts: Sequence[Discount]) -> int:
    return sum(each.amount_cents for each in discounts)
