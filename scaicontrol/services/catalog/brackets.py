"""Prices of use: brackets that start at zero, touch, and do not overlap, and how they are read (contract §9.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from scaicontrol.core.errors import Invalid, Reason


class PriceModel(StrEnum):
    """How the brackets of a metric are read; all of one metric alike."""

    graduated = "graduated"  # each bracket prices the units that fall into it
    volume = "volume"  # the bracket that the whole quantity falls into prices all of it
    package = "package"  # as graduated, in whole packages of `unit_divisor` units; one that is begun counts


@dataclass(frozen=True, slots=True)
class Bracket:
    """
    The price of the units from `start` (inclusive) to `end` (exclusive, None = open).

    One unit costs `unit_price_cents / unit_divisor`; `flat_price_cents` is charged once where the bracket is used.
    """

    start: Decimal
    end: Decimal | None
    unit_price_cents: int
    unit_divisor: int = 1
    unit_label: str = ""
    price_model: PriceModel = PriceModel.graduated
    flat_price_cents: int = 0


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
    if len({one.price_model for one in ordered}) > 1:
        faults.append(fault("bracket_models", "mix price models; all brackets of a metric have the same one"))
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
