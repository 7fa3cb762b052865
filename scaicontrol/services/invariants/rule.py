"""What a rule is."""

from dataclasses import dataclass

from sqlalchemy import Select

Question = Select[tuple[str, int, int]]  # gives the rows that break it: which, what it says, what was counted


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold, and the question that gives the rows of which it does not."""

    name: str
    broken: Question
