"""What an invariant is."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

Question = Select[str, Any, Any]  # gives the rows that break it: which, what it says, what was counted (both integers)


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must hold, and the question that gives the rows of which it does not."""

    name: str
    broken: Question
