"""The page of an object that is said in a list of facts, for views that need no page of their own making."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .columns import Row
from .names import Ref

Fact = tuple[str, str | Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class FactsPage:
    """What `console/facts.html` shows: a sentence, facts, and texts as they are."""

    pk: str
    title: str
    about: str
    facts: Sequence[Fact]
    status: str = ""
    warnings: Sequence[str] = ()
    texts: Sequence[tuple[str, str]] = ()
    picture: str = ""
    row: Row = None


def named(ref: Ref, name: str) -> Mapping[str, object]:
    """Make the value of a fact that is another object."""
    return {"ref": ref, "name": name}
