"""Rows, and verbs on keys: which a row offers now, and what a person says before one is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rich.text import Text
from textual.binding import Binding

from .door import Door

REASON: Final = "The reason stands in the audit log"


class KeyChoice(NamedTuple):
    """One of several ways a verb can be done, and what it means."""

    value: str
    said: str


class KeyAnswer(NamedTuple):
    """What a person said before a verb is done."""

    text: str = ""
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One thing a list or a page shows, and what its state allows.

    `about` is the command that leads to what it belongs to, `seen` the hash it was shown with, `words` what a filter
    finds it by beside its cells.
    """

    id: str
    label: str  # as a sentence names it: "invoice NW-2026-000001"
    status: str
    cells: tuple[Text | str, ...] = ()
    actions: frozenset[str] = frozenset()
    choices: Mapping[str, Sequence[KeyChoice]] = field(default_factory=dict)  # by action
    about: str = ""
    seen: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class VerbKey:
    """
    One key. `press` does the service's verb to a row at a door.

    `asks` is asked before (`REASON` mostly), `of_list` needs no row. What is not `rehearsed` changes nothing here that
    could be shown before. `told` says what it gave, where that is worth a box of its own.
    """

    key: str
    action: str
    permission: str
    effect: str
    press: Callable[[Door, Row, KeyAnswer], Awaitable[object]]
    asks: str = ""
    is_optional: bool = False
    grave: bool = False
    shown: bool = True
    of_list: bool = False
    rehearsed: bool = True
    told: Callable[[object], str] | None = None

    @property
    def word(self) -> str:
        return self.action.replace("_", " ")

    @property
    def binding(self) -> Binding:
        """Give the key its place in the footer and in the list of keys."""
        return Binding(self.key, f"act('{self.action}')", self.word, show=self.shown, tooltip=self.effect)
