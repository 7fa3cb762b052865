"""Lists that load as you scroll and change in place."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Footer

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork

from ..door import Door
from ..verbs import Row
from ..widgets.bar import TopBar
from ..widgets.plain import Rows
from ..widgets.prompt import Prompt
from .place import PlaceScreen

PAGE = 100
_NEAR_END = 40


class TableColumn(NamedTuple):
    """A column of fixed width, so that nothing jumps while rows come in; figures stand right."""

    title: str
    width: int
    right: bool = False


class ListScreen(PlaceScreen):
    """A list of rows in pages. Subclasses name their columns, ask for a page and open a row."""

    BINDINGS = [
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
        Binding("ctrl+d", "move(15)", "half a page down", show=False),
        Binding("ctrl+u", "move(-15)", "half a page up", show=False),
        Binding("g", "first", "first", show=False),
        Binding("G", "last", "last loaded", show=False),
    ]
    columns: ClassVar[Sequence[TableColumn]] = ()

    def __init__(self, door: Door, wanted: str = "") -> None:
        super().__init__(door)
        self.wanted = wanted
        self.rows: list[Row] = []
        self.total = 0

    @abstractmethod
    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: str) -> Page[Row]:
        """Read one page of what the filter wants."""

    @abstractmethod
    def open_row(self, row: Row) -> PlaceScreen:
        """Give the page of a row."""

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield Rows()
        yield Prompt()
        yield Footer(show_command_palette=False)

    @property
    def table(self) -> Rows:
        return self.query_one(Rows)

    @property
    def scope(self) -> str:
        shown = f"{len(self.rows)} of {self.total}" if self.total else "nothing"
        return f"{shown}  /{self.wanted}" if self.wanted else shown

    @property
    def chosen(self) -> Row | None:
        at = self.table.cursor_row
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def on_mount(self) -> None:
        for column in self.columns:
            title = Text(column.title, justify="right" if column.right else "left")
            self.table.add_column(title, width=column.width, key=column.title)
        super().on_mount()
        self.table.focus()

    # Loading

    async def refresh_data(self) -> None:
        """Read the pages in sight again; read them all when rows came, went or moved."""
        wanted, rows = self.wanted, list(self.rows)
        first = max(0, int(self.table.scroll_y))
        sight = {0, first // PAGE, (first + self.table.size.height) // PAGE}
        loaded = max(1, -(-len(rows) // PAGE))
        moved = False
        for number in sorted(number for number in sight if number < loaded):
            before = self.rows[number * PAGE : (number + 1) * PAGE]
            found = await self._page(number, wanted)
            moved |= [row.id for row in found] != [row.id for row in before]
            rows[number * PAGE : (number + 1) * PAGE] = found
        if moved and loaded > 1:
            rows = [row for number in range(loaded) for row in await self._page(number, wanted)]
        self._show(rows, wanted)

    async def _page(self, number: int, wanted: str) -> Sequence[Row]:
        page = await self.door.ask(self.fetch, PageRequest(page=number + 1, page_size=PAGE), wanted)
        if wanted == self.wanted:
            self.total = page.total
        return page.items

    def _show(self, rows: list[Row], wanted: str) -> None:
        if wanted != self.wanted or not self.is_mounted:
            return  # the filter changed while we read
        table, old = self.table, self.rows
        keeps = len(rows) >= len(old) and all(a.id == b.id for a, b in zip(old, rows, strict=False))
        at = self.chosen.id if self.chosen else None
        self.rows = rows
        if keeps:
            for before, row in zip(old, rows, strict=False):
                for column, was, cell in zip(self.columns, before.cells, row.cells, strict=True):
                    if was != cell:
                        table.update_cell(row.id, column.title, cell)
            fresh = rows[len(old) :]
        else:
            table.clear()
            fresh = rows
        for row in fresh:
            table.add_row(*row.cells, key=row.id)
        if not keeps and at is not None and at in table.rows:
            table.move_cursor(row=table.get_row_index(at), animate=False)
        self.show_place()
        self.app.refresh_bindings()

    @on(DataTable.RowHighlighted)
    def near_end(self, event: DataTable.RowHighlighted) -> None:
        self.app.refresh_bindings()
        if event.cursor_row >= len(self.rows) - _NEAR_END and len(self.rows) < self.total:
            self.run_worker(self.load_more(), group="load")

    async def load_more(self) -> None:
        if self._loading.locked():
            return  # the next highlighted row asks again
        async with self._loading:
            wanted, rows = self.wanted, list(self.rows)
            if len(rows) >= self.total:
                return
            found = await self.said(self._page(len(rows) // PAGE, wanted))
            if found is not None:
                known = {row.id for row in rows}
                self._show([*rows, *(row for row in found if row.id not in known)], wanted)

    # FilterChanged, cursor, drill

    def action_filter(self) -> None:
        self.query_one(Prompt).open("/", self.wanted)

    @on(Prompt.FilterChanged)
    def narrow(self, event: Prompt.FilterChanged) -> None:
        if event.done:
            self.table.focus()
        if event.wanted != self.wanted:
            self.wanted = event.wanted
            self.rows, self.total = [], 0
            self.table.clear()
            self.reload()

    def action_back(self) -> None:
        if self.wanted:
            self.narrow(Prompt.FilterChanged("", done=True))
        else:
            super().action_back()

    def action_move(self, by: int) -> None:
        self.table.move_cursor(row=max(0, min(self.table.row_count - 1, self.table.cursor_row + by)))

    def action_first(self) -> None:
        self.table.move_cursor(row=0)

    def action_last(self) -> None:
        self.table.move_cursor(row=max(0, self.table.row_count - 1))

    @on(DataTable.RowSelected)
    def drill(self) -> None:
        if row := self.chosen:
            self.app.push_screen(self.open_row(row))
