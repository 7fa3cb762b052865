"""Verbs on keys: which a row offers now, what they would do, and doing it after a yes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual.binding import Binding

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.money import Money
from scaicontrol.core.work import UnitOfWork

from .door import Door, VerbPreview
from .widgets.plain import plain


@dataclass(frozen=True, slots=True)
class Row:
    """One thing a list or a page shows, and what its state allows."""

    id: str
    label: str  # as a sentence names it: "invoice NW-2026-000001"
    status: str
    cells: tuple[Text | str, ...] = ()
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class VerbKey:
    """
    One key. `run` is the service's verb in a unit of work, with the row's id and the reason.

    `procedure` stands in its place where a verb has steps outside one transaction.
    """

    key: str
    action: str
    permission: str
    effect: str
    run: Callable[[UnitOfWork, str, str], Awaitable[Any]] | None
    procedure: Callable[[Door, str], Awaitable[Any]] | None = None
    needs_reason: bool = False
    grave: bool = False
    shown: bool = True

    @property
    def word(self) -> str:
        return self.action.replace("_", " ")

    @property
    def binding(self) -> Binding:
        """Give the key its place in the footer and in the list of keys."""
        return Binding(self.key, f"act('{self.action}')", self.word, show=self.shown, tooltip=self.effect)

    async def do(self, door: Door, row_id: str, reason: str) -> Any:
        if self.procedure is not None:
            return await self.procedure(door, row_id)
        if self.run is None:
            raise TypeError(f"{self.action} has nothing to run.")
        return await door.perform(self.run, row_id, reason)


def outcome(row: Row, rehearsal: VerbPreview) -> list[Text]:
    """Say a rehearsal: the change of state first, then each fact."""
    lines = []
    if rehearsal.status and rehearsal.status != row.status:
        lines.append(
            Text.assemble(
                ("status  ", "dim"), row.status.replace("_", " "), " → ", (rehearsal.status.replace("_", " "), "bold")
            )
        )
    lines += [_fact_line(fact) for fact in rehearsal.facts]
    return lines or [Text("Nothing would change.")]


def _fact_line(fact: DomainEvent) -> Text:
    payload = fact.payload
    currency = payload.get("currency")
    told = []
    for name, value in payload.items():
        if (
            value in (None, "", [], {})
            or isinstance(value, bool | dict | list)
            or name in _DULL
            or name.endswith("_id")
        ):
            continue
        amount = currency and name.endswith("_cents")
        spoken = str(Money(int(value), str(currency))) if amount else _short(str(value))
        told.append(f"{name.removesuffix('_cents').removesuffix('_at').replace('_', ' ')} {spoken}")
    return Text.assemble(("fact    ", "dim"), (fact.topic, "bold"), "  ", plain(" · ".join(told[:6])))


_DULL = frozenset({"currency", "step", "version", "canonical_digest", "scaicontrol_customer_id", "document_type"})


def _short(written: str) -> str:
    return written if len(written) <= 40 else written[:37] + "…"
