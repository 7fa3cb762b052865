"""The first screen: what is wrong now, what it costs and when it hurts; Enter goes to the rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Resize
from textual.widgets import DataTable, Footer, Static

from scaicontrol.core.money import Money
from scaicontrol.services import attention
from scaicontrol.services.attention import Finding

from ..door import Door
from ..findings import LEADS
from ..verbs import Row
from ..widgets.bar import TopBar
from ..widgets.plain import Rows, plain
from ..widgets.prompt import Prompt
from ..widgets.states import minute, span, state
from .place import PlaceScreen

_WAYS: Final = Text("2 invoices    3 subscriptions    4 tenants    : go somewhere    ? keys", style="dim")


class NowScreen(PlaceScreen):
    """Not a menu: what needs somebody, or the good news that nothing does."""

    BINDINGS = [
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
    ]
    columns: ClassVar[Sequence[tuple[str, int]]] = (
        ("How bad", 11),
        ("Many", 5),
        ("What", 30),
        ("At risk", 15),
        ("", 9),
    )

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self.found: list[Finding] = []

    @property
    def crumb(self) -> str:
        return "now"

    @property
    def scope(self) -> str:
        return f"{len(self.found)} findings, by money at risk and when they hurt" if self.found else ""

    @property
    def chosen(self) -> Row | None:
        if not self.found:
            return None
        finding = self.found[min(self.table.cursor_row, len(self.found) - 1)]
        return Row(finding.examples[0].id if finding.examples else finding.key, finding.what, finding.severity)

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield Rows()
        yield Static(id="quiet")
        yield Prompt()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#quiet").display = False
        self._lay_out()
        super().on_mount()
        self.table.focus()

    def on_resize(self, _: Resize) -> None:
        self._lay_out()
        self._show(self.found)

    def _lay_out(self) -> None:
        spare = max(0, self.app.size.width - sum(width + 2 for _, width in self.columns))
        self.table.clear(columns=True)
        for title, width in self.columns:
            self.table.add_column(title, width=width + (spare if title == "What" else 0), key=title)

    @property
    def table(self) -> Rows:
        return self.query_one(Rows)

    async def refresh_data(self) -> None:
        found = await self.door.ask(attention.findings)
        if self.is_mounted:
            self._show(found)

    def _show(self, found: list[Finding]) -> None:
        at = self.found[self.table.cursor_row].key if self.table.cursor_row < len(self.found) else None
        self.found = found
        self.table.clear()
        now = self.door.backend.clock.now()
        for finding in found:
            self.table.add_row(
                state(finding.severity),
                Text(f"{finding.count:,}", justify="right"),
                _said(finding),
                _at_risk(finding),
                _hurts(finding.hurts_at, now),
                key=finding.key,
                height=2,
            )
        if at is not None and at in self.table.rows:
            self.table.move_cursor(row=self.table.get_row_index(at), animate=False)
        quiet = self.query_one("#quiet", Static)
        quiet.display, self.table.display = not found, bool(found)
        quiet.update(Text.assemble(state("ready", "Nothing needs you now."), "\n\n", _WAYS))
        self.show_place()

    def action_move(self, by: int) -> None:
        self.table.move(by)

    @on(DataTable.RowSelected)
    def drill(self, event: DataTable.RowSelected) -> None:
        if event.cursor_row < len(self.found):
            self.post_message(self.Led(LEADS[self.found[event.cursor_row].key].command))


def _said(finding: Finding) -> Text:
    """What is wrong, and below it what to do first, and where the runbook goes on."""
    lead = LEADS[finding.key]
    first = f"{lead.first}  ({lead.runbook})"
    return Text.assemble(plain(finding.what, "bold"), "\n", plain(first, "dim"))


def _at_risk(finding: Finding) -> Text:
    """What the finding is about in each currency; only of the first rows where there are more."""
    more = "≥ " if finding.count > len(finding.examples) else ""
    amounts = [f"{more}{Money(cents, currency)}" for currency, cents in finding.at_risk.items()]
    return plain("\n".join([*amounts[:1], " · ".join(amounts[1:])]).rstrip() if amounts else "")


def _hurts(moment: datetime | None, now: datetime) -> Text:
    if moment is None:
        return Text("")
    if moment <= now:
        return Text("now", style="bold red")
    return Text.assemble(f"in {span(moment - now)}", "\n", (minute(moment)[5:], "dim"))
