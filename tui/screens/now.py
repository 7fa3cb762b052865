"""The first screen: what is wrong now, worst first; Enter goes there."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from rich.console import Group, RenderableType
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Footer, Static

from scaicontrol.core.money import Money
from scaicontrol.services import attention
from scaicontrol.services.attention import Finding, FindingExample
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus

from ..door import Door
from ..verbs import Row
from ..widgets.bar import TopBar
from ..widgets.plain import Rows
from ..widgets.prompt import Prompt
from ..widgets.states import minute, state
from .details import DetailScreen, table
from .invoices import InvoicesScreen
from .place import PlaceScreen
from .subscriptions import SubscriptionsScreen

_PLACES: Final[Mapping[str, Callable[[Door], PlaceScreen]]] = {
    "past_due": lambda door: InvoicesScreen(door, InvoiceStatus.past_due),
    "subscriptions_past_due": lambda door: SubscriptionsScreen(door, SubscriptionStatus.past_due),
    "suspended": lambda door: SubscriptionsScreen(door, SubscriptionStatus.suspended),
}


def _newest(finding: Finding) -> str:
    moments = [example.since for example in finding.examples if example.since]
    return f"newest {minute(max(moments))}" if moments else ""


def _line(example: FindingExample) -> str:
    amount = f"{Money(example.amount_cents, example.currency)}  " if example.amount_cents and example.currency else ""
    tenant = f"  {example.tenant_id}" if example.tenant_id else ""
    moment = f"{minute(example.since)}  " if example.since else ""
    return f"{moment}{amount}{example.said}{tenant}"


class NowScreen(PlaceScreen):
    """Not a menu: what needs somebody, or the good news that nothing does."""

    BINDINGS = [
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
    ]
    columns: ClassVar[Sequence[tuple[str, int]]] = (("How bad", 12), ("How many", 9), ("What", 42), ("", 34))

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self.found: list[Finding] = []

    @property
    def crumb(self) -> str:
        return "now"

    @property
    def scope(self) -> str:
        return f"{len(self.found)} findings" if self.found else ""

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield Rows()
        yield Static(id="quiet")
        yield Prompt()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        for title, width in self.columns:
            self.table.add_column(title, width=width, key=title)
        self.query_one("#quiet").display = False
        super().on_mount()
        self.table.focus()

    @property
    def table(self) -> Rows:
        return self.query_one(Rows)

    async def refresh_data(self) -> None:
        found = await self.door.ask(attention.findings)
        if not self.is_mounted:
            return
        at = self.table.cursor_row
        self.found = found
        self.table.clear()
        for finding in found:
            self.table.add_row(
                state(finding.severity),
                Text(f"{finding.count:,}", justify="right"),
                finding.what,
                Text(_newest(finding), style="dim"),
                key=finding.key,
            )
        if found:
            self.table.move_cursor(row=min(at, len(found) - 1), animate=False)
        quiet = self.query_one("#quiet", Static)
        quiet.display = not found
        quiet.update(Text.assemble(state("ready", "Nothing needs you now."), "\n\n", _WAYS))

    def action_move(self, by: int) -> None:
        self.table.move_cursor(row=max(0, min(self.table.row_count - 1, self.table.cursor_row + by)))

    @on(DataTable.RowSelected)
    def drill(self, event: DataTable.RowSelected) -> None:
        if event.cursor_row < len(self.found):
            finding = self.found[event.cursor_row]
            place = _PLACES.get(finding.key)
            self.app.push_screen(place(self.door) if place else FindingScreen(self.door, finding))


_NO_LIST = Text("The first of them; a page of their own is not here yet.", style="dim")
_WAYS = Text("2 invoices    3 subscriptions    : go somewhere    ? keys", style="dim")


class FindingScreen(DetailScreen):
    """The first few of one finding, for which there is no list of its own yet."""

    def __init__(self, door: Door, finding: Finding) -> None:
        super().__init__(door, Row(finding.key, finding.what, finding.severity))

    async def sections(self) -> Sequence[tuple[str, RenderableType]]:
        found = await self.door.ask(attention.findings)
        mine = next((finding for finding in found if finding.key == self.row.id), None)
        if mine is None:
            return [("Solved", state("ready", "There is nothing of this kind any more."))]
        first = table(("First",), ((_line(example),) for example in mine.examples), none="No particulars.")
        return [(f"{mine.count} {mine.what}", Group(first, "", _NO_LIST))]
