"""The first screen: what is wrong now, what it costs and when it hurts; Enter goes to the rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
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

from ..columns import TableColumn
from ..door import Door
from ..findings import LEADS
from ..verbs import Row
from ..widgets.bar import TopBar
from ..widgets.plain import Rows, plain
from ..widgets.prompt import Prompt
from ..widgets.states import minute, span, state
from .lists import BESIDE, WIDE
from .place import PlaceScreen

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_WAYS: Final = Text("2 invoices    3 subscriptions    4 tenants    : go somewhere    ? keys", style="dim")


class NowScreen(PlaceScreen):
    """Not a menu: what needs somebody, or the good news that nothing does."""

    BINDINGS = [
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
    ]
    columns: ClassVar[Sequence[TableColumn]] = (
        TableColumn("How bad", 10),
        TableColumn("Many", 5, right=True),
        TableColumn("What", 30, grows=True),
        TableColumn("At risk", 14, right=True),
        TableColumn("Hurts", 9),
        TableColumn("First", 36, wide=True),
    )

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self.found: list[Finding] = []
        self._shown: list[int] = []

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
        yield Static(id="first")
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
        self._shown = [at for at, each in enumerate(self.columns) if not each.wide or self.app.size.width >= WIDE]
        spare = max(0, self.app.size.width - BESIDE - sum(self.columns[at].width + 2 for at in self._shown))
        self.table.clear(columns=True)
        for title, width, right, _, grows, _ in (self.columns[at] for at in self._shown):
            said = Text(title, justify="right" if right else "left")
            self.table.add_column(said, width=width + (spare if grows else 0), key=title)

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
            cells = (
                state(finding.severity),
                Text(f"{finding.count:,}", justify="right"),
                plain(finding.what),
                _at_risk(finding),
                _hurts(finding, now),
                plain(LEADS[finding.key].first, "dim"),
            )
            self.table.add_row(*(cells[place] for place in self._shown), key=finding.key)
        if at is not None and at in self.table.rows:
            self.table.move_cursor(row=self.table.get_row_index(at), animate=False)
        quiet = self.query_one("#quiet", Static)
        quiet.display, self.table.display = not found, bool(found)
        self.query_one("#first").display = bool(found)
        self.highlighted()
        quiet.update(Text.assemble(state("ready", "Nothing needs you now."), "\n\n", _WAYS))
        self.show_place()

    def action_move(self, by: int) -> None:
        self.table.move(by)

    @on(DataTable.RowHighlighted)
    def highlighted(self) -> None:
        """Say below the list what is done first about what the cursor is on, and what that is about."""
        if self.table.cursor_row < len(self.found):
            self.query_one("#first", Static).update(_first(self.found[self.table.cursor_row]))

    @on(DataTable.RowSelected)
    def drill(self, event: DataTable.RowSelected) -> None:
        if event.cursor_row < len(self.found):
            self.post_message(self.Led(LEADS[self.found[event.cursor_row].key].command))


def _first(finding: Finding) -> Text:
    lead = LEADS[finding.key]
    newest = max(finding.examples, key=lambda each: each.since or _LONG_AGO, default=None)
    example = "" if newest is None else f"{minute(newest.since)}  {newest.said}  {newest.tenant_id or ''}"
    parts = (plain(lead.first, "bold"), "\n", plain(f"Runbook: {lead.runbook}"), "\n", plain(example, "dim"))
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def _at_risk(finding: Finding) -> Text:
    """What the finding is about, in its first currency; only of the first rows where there are more."""
    amounts = [Money(cents, currency) for currency, cents in finding.at_risk.items()]
    if not amounts:
        return Text("")
    is_part = finding.count > len(finding.examples) or len(amounts) > 1
    return Text(f"{'≥ ' if is_part else ''}{amounts[0]}", justify="right")


def _hurts(finding: Finding, now: datetime) -> Text:
    moment = finding.hurts_at
    if moment is not None and moment > now:
        return Text(f"in {span(moment - now)}")
    is_now = moment is not None or finding.severity == "critical"
    return Text("now" if is_now else "", style="bold red")
