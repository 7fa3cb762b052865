"""How much a period's use is likely to become: what was used lately goes on. Pure, and simple enough to be said."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

DAYS: Final = 28  # looked back
_WEEK: Final = 7
_MICRO: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Expected:
    """A quantity at the end of the period: the likeliest, and between which two it will be if nothing unusual comes."""

    low: Decimal
    likely: Decimal
    high: Decimal


def expected(kind: str, used: Decimal, days: Sequence[Decimal], days_left: Decimal) -> Expected | None:
    """
    Say what a metric will have come to at the end of its period; None before there is a week to judge by.

    `days` are the quantities of the whole days before today, the oldest first. A counter goes on as in the last seven
    of them; the range is that of the quietest and the busiest seven days in a row. Of a gauge the highest value counts:
    it stays, or becomes what it was lately.
    """
    lately = days[-DAYS:]
    if len(lately) < _WEEK:
        return None
    if kind == "gauge":
        return Expected(used, max(used, *lately[-_WEEK:]), max(used, *lately))
    weeks = [sum(lately[at : at + _WEEK], Decimal()) for at in range(len(lately) - _WEEK + 1)]

    def after(week: Decimal) -> Decimal:
        return used + (week * days_left / _WEEK).quantize(_MICRO)

    return Expected(after(min(weeks)), after(weeks[-1]), after(max(weeks)))
