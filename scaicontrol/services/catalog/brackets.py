"""Graduated prices: brackets that start at zero, touch, and do not overlap (contract §9.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from scaicontrol.core.errors import Invalid, Reason


@dataclass(frozen=True, slots=True)
class Bracket:
    """
    The price of the units from `start` (inclusive) to `end` (exclusive, None = open).

    One unit costs `unit_price_cents / unit_divisor`.
    """

    start: Decimal
    end: Decimal | None
    unit_price_cents: int
    unit_divisor: int = 1
    unit_label: str = ""


def check_brackets(by_metric: Mapping[str, Sequence[Bracket]]) -> None:
    """Raise one Invalid that names every gap, overlap, early end and double start."""
    reasons = [reason for metric, brackets in by_metric.items() for reason in _faults(metric, brackets)]
    if reasons:
        raise Invalid(reasons[0].message, reasons=reasons)


def _faults(metric: str, brackets: Sequence[Bracket]) -> list[Reason]:
    def fault(code: str, message: str) -> Reason:
        return Reason(code, f"The prices of {metric} {message}.", "usage_pricing")

    ordered = sorted(brackets, key=lambda bracket: bracket.start)
    faults = [
        fault("bracket_empty", f"have a bracket from {one.start:f} to {one.end:f}, which is empty")
        for one in ordered
        if one.end is not None and one.end <= one.start
    ]
    if ordered[0].start != 0:
        faults.append(fault("bracket_start", f"begin at {ordered[0].start:f}; the first bracket begins at 0"))
    for one, following in pairwise(ordered):
        if one.end is None or one.end > following.start:
            faults.append(fault("bracket_overlap", f"overlap at {following.start:f}"))
        elif one.end < following.start:
            faults.append(fault("bracket_gap", f"leave a gap from {one.end:f} to {following.start:f}"))
    if ordered[-1].end is not None:
        faults.append(fault("bracket_closed", f"end at {ordered[-1].end:f}; the last bracket stays open"))
    return faults
