"""What is declared, how, and what becomes of it."""

from enum import StrEnum


class DeclarationKind(StrEnum):
    withdrawal = "withdrawal"
    cancellation = "cancellation"


class CancellationKind(StrEnum):
    ordinary = "ordinary"  # at the next end that the contract has
    extraordinary = "extraordinary"  # at once, for a reason


class Outcome(StrEnum):
    carried_out = "carried_out"
    declined = "declined"
