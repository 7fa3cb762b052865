"""Lists: one page at a time, changed in place, narrowed as you type."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Resize
from textual.widgets import DataTable, Footer, Input

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork

from ..columns import TableColumn
from ..door import Door
from ..verbs import Row
from ..wanted import Wanted
from ..widgets.bar import TopBar
from ..widgets.plain import Rows, plain
from ..widgets.prompt import Prompt
from .details import DetailScreen
from .place import PlaceScreen

PAGE: Final = 100
WIDE: Final = 120  # columns of a terminal that shows all of a list's
BESIDE: Final = 2  # of them for the bar one scrolls by
_LOOKS: Final = 10  # pages that are read to find what only a filter here can tell


class ListScreen(PlaceScreen):
    """A list of rows in pages. Subclasses name their columns and states, fetch a page, and give the page of a row."""

    BINDINGS = [
        Binding("slash", "filter", "filter", key_display="/", priority=True),  # as the app's colon
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
        Binding("ctrl+d", "move(15)", "half a page down", show=False),
        Binding("ctrl+u", "move(-15)", "half a page up", show=False),
        Binding("g", "first", "first", show=False),
        Binding("G", "last", "last of this page", show=False),
        Binding("right_square_bracket", "turn(1)", "next page", show=False, key_display="]"),
        Binding("left_square_bracket", "turn(-1)", "page before", show=False, key_display="["),
    ]
    called: ClassVar[str]
    columns: ClassVar[Sequence[TableColumn]] = ()
    detail: ClassVar[type[DetailScreen]]
    states: ClassVar[Collection[str]] = ()  # words of a filter that the service narrows by
    searched: ClassVar[bool] = False  # whether the service looks for the other words
    sort: ClassVar[str] = "-created_at"

    def __init__(self, door: Door, wanted: str = "") -> None:
        super().__init__(door)
        self.wanted = self._led_by = wanted
        self.rows: list[Row] = []
        self.total = 0
        self._starts: list[str | None] = [None]  # cursors of the pages up to this one
        self._next: str | None = None
        self._columns: list[int] = []

    @abstractmethod
    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        """Read one page of what the filter wants."""

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield Rows()
        yield Prompt()
        yield Footer(show_command_palette=False)

    @property
    def crumb(self) -> str:
        return self.called

    @property
    def table(self) -> Rows:
        return self.query_one(Rows)

    @property
    def scope(self) -> str:
        number, asked = len(self._starts), self._asked_for
        of = "" if asked.narrows_here(searched=self.searched) else f" of {self.total:,}"
        more = f" · page {number}{' · ] next' if self._next else ''}" if self._next or number > 1 else ""
        none = f"nothing among {PAGE * _LOOKS:,} rows · ] looks on" if self._next else "nothing"
        shown = f"{len(self.rows)}{of}{more}" if self.rows else none
        return f"{shown}  /{self.wanted}" if self.wanted else shown

    @property
    def chosen(self) -> Row | None:
        at = self.table.cursor_row
        return self.rows[at] if 0 <= at < len(self.rows) else None

    @property
    def shown(self) -> tuple[Sequence[Row], Sequence[TableColumn]]:
        return self.rows, self.columns

    @property
    def _asked_for(self) -> Wanted:
        return Wanted.read(self.wanted, self.states)

    def on_mount(self) -> None:
        self._lay_out()
        super().on_mount()
        self.table.focus()

    def on_resize(self, _: Resize) -> None:
        self._lay_out()
        self._fill()

    def _lay_out(self) -> None:
        """Take the columns there is room for, and let one of them have the rest."""
        room = self.app.size.width - BESIDE
        self._columns = [at for at, each in enumerate(self.columns) if not each.wide or self.app.size.width >= WIDE]
        taken = sum(self.columns[at].width + 2 for at in self._columns)
        self.table.clear(columns=True)
        for at in self._columns:
            title, width, right, _, grows, _ = self.columns[at]
            spare, taken = (max(0, room - taken), room) if grows else (0, taken)
            self.table.add_column(Text(title, justify="right" if right else "left"), width=width + spare, key=title)

    # Loading

    async def refresh_data(self) -> None:
        """Read the page that is shown again; one that is empty by now gives way to the one before."""
        wanted = self.wanted
        rows, following, total = await self._read(self._starts[-1])
        while not rows and following is None and len(self._starts) > 1 and wanted == self.wanted:
            self._starts.pop()
            rows, following, total = await self._read(self._starts[-1])
        if wanted == self.wanted and self.is_mounted:  # else the filter changed while we read
            self._next, self.total = following, total
            self._show(rows)

    async def _read(self, after: str | None) -> tuple[list[Row], str | None, int]:
        asked, kept = self._asked_for, list[Row]()
        for _ in range(_LOOKS):
            page = await self.door.ask(self.fetch, PageRequest(1, PAGE, self.sort, after), asked)
            kept += [row for row in page.items if asked.keeps(row, searched=self.searched)]
            after = page.next
            if after is None or len(kept) >= PAGE or not asked.narrows_here(searched=self.searched):
                break
        return kept, after, page.total

    def _show(self, rows: list[Row]) -> None:
        old, self.rows = self.rows, rows
        if [row.id for row in old] == [row.id for row in rows] and self.table.row_count == len(rows):
            for before, row in zip(old, rows, strict=True):
                for at in self._columns:
                    if before.cells[at] != row.cells[at]:
                        self.table.update_cell(row.id, self.columns[at].title, self._cell(row, at))
        else:
            self._fill(old)
        self.show_place()
        self.app.refresh_bindings()

    def _fill(self, old: Sequence[Row] = ()) -> None:
        """Write every row; the cursor stays on what it was on, or where it was."""
        at = self.table.cursor_row
        held = old[at].id if 0 <= at < len(old) else None
        self.table.clear()
        for row in self.rows:
            self.table.add_row(*(self._cell(row, place) for place in self._columns), key=row.id)
        place = self.table.get_row_index(held) if held is not None and held in self.table.rows else at
        if self.rows:
            self.table.move_cursor(row=min(max(place, 0), len(self.rows) - 1), animate=False)

    def _cell(self, row: Row, at: int) -> Text:
        cell = plain(row.cells[at])
        if self.columns[at].right:
            cell.justify = "right"
        return cell

    @on(DataTable.RowHighlighted)
    def highlighted(self) -> None:
        self.app.refresh_bindings()

    # Pages

    @on(Rows.Beyond)
    def beyond(self, event: Rows.Beyond) -> None:
        self.action_turn(event.by)

    def action_turn(self, by: int) -> None:
        """Go to the next page, or the one before; there is none where nothing more was found."""
        if by > 0 and self._next is not None:
            self._starts.append(self._next)
        elif by < 0 and len(self._starts) > 1:
            self._starts.pop()
        else:
            return
        self.run_worker(self._turned(by), group="load")

    async def _turned(self, by: int) -> None:
        async with self._loading:
            await self.said(self.refresh_data())
        self.table.move_cursor(row=0 if by > 0 else max(0, len(self.rows) - 1), animate=False)

    # Filter, cursor, drill

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter":
            return not isinstance(self.app.focused, Input)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        states = ", ".join(list(self.states)[:4])
        hint = f"words, !without{f', or a state: {states}' if states else ''}"
        given = f"{self.wanted} " if self.wanted else ""
        self.query_one(Prompt).open("/", given, hint=hint, known=sorted(self.states))

    @on(Prompt.FilterChanged)
    def narrow(self, event: Prompt.FilterChanged) -> None:
        if event.done:
            self.table.focus()
        if (wanted := event.wanted.strip()) != self.wanted:
            self.wanted = wanted
            self.rows, self.total, self._starts, self._next = [], 0, [None], None
            self.table.clear()
            self.run_worker(self._narrowed(), group="load")

    async def _narrowed(self) -> None:
        async with self._loading:
            await self.said(self.refresh_data())

    def action_back(self) -> None:
        if self.wanted and self.wanted != self._led_by:  # the filter one came with is left with the list
            self.narrow(Prompt.FilterChanged("", done=True))
        else:
            super().action_back()

    def action_move(self, by: int) -> None:
        self.table.move(by)

    def action_first(self) -> None:
        self.table.move_cursor(row=0)

    def action_last(self) -> None:
        self.table.move_cursor(row=max(0, self.table.row_count - 1))

    @on(DataTable.RowSelected)
    def drill(self) -> None:
        if row := self.chosen:
            self.app.push_screen(self.detail(self.door, row))
