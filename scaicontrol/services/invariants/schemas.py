from pydantic import Field

from scaicontrol.core.schemas import Out


class BrokenOut(Out):
    """One row of which a rule does not hold: what it says itself, and what was counted of the others."""

    id: str
    says: int
    counted: int


class InvariantOut(Out):
    """A rule, whether it holds, and the first hundred rows that break it."""

    rule: str = Field(examples=["A document owes its total less what was paid and credited"])
    holds: bool
    broken: list[BrokenOut]
