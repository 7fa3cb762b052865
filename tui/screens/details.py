"""Pages about one thing: facts first, then what happened."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit

from ..door import Door
from ..verbs import Row
from ..widgets.bar import TopBar
from ..widgets.plain import plain
from ..widgets.prompt import Prompt
from ..widgets.states import minute
from .place import PlaceScreen

TitledSection = tuple[str, RenderableType]


class DetailScreen(PlaceScreen):
    """A page of titled sections about one thing. Subclasses give them in `sections`."""

    BINDINGS = [
        Binding("j", "scroll(3)", "down", show=False),
        Binding("k", "scroll(-3)", "up", show=False),
        Binding("ctrl+d", "scroll(15)", "half a page down", show=False),
        Binding("ctrl+u", "scroll(-15)", "half a page up", show=False),
        Binding("g", "scroll(-100000)", "top", show=False),
        Binding("G", "scroll(100000)", "bottom", show=False),
    ]

    def __init__(self, door: Door, row: Row) -> None:
        super().__init__(door)
        self.row = row
        self._drawn: dict[str, Static] = {}  # by title: an id of a widget cannot be made of what people write

    @abstractmethod
    async def sections(self) -> Sequence[TitledSection]:
        """Read the thing again, renew `row`, and give the page."""

    @property
    def crumb(self) -> str:
        return self.row.label

    @property
    def chosen(self) -> Row | None:
        return self.row

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield VerticalScroll(id="page")
        yield Prompt()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#page").focus()

    async def refresh_data(self) -> None:
        sections = await self.sections()
        if not self.is_mounted:
            return
        page = self.query_one("#page", VerticalScroll)
        drawn, self._drawn = self._drawn, {}
        for title, body in sections:
            section = drawn.pop(title, None)
            if section is None:
                section = Static(markup=False, classes="section")
                section.border_title = plain(title)
                await page.mount(section)
            section.update(body)
            self._drawn[title] = section
        for gone in drawn.values():
            await gone.remove()

    def action_scroll(self, by: int) -> None:
        self.query_one("#page").scroll_relative(y=by, animate=False)


class ReadScreen(DetailScreen):
    """A page that one read gives whole."""

    @staticmethod
    @abstractmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        """Give the row as it is now, and the page about it."""

    async def sections(self) -> Sequence[TitledSection]:
        self.row, parts = await self.door.ask(self.read, self.row.id)
        return parts


def fields(*pairs: tuple[str, object]) -> Table:
    """Set what is known beside its name; what is not known is left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, value in pairs:
        if value not in (None, "", "–"):
            written = plain(value).copy()
            written.justify = "left"
            grid.add_row(plain(name), written)
    return grid


def table(
    titles: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = (), none: str
) -> RenderableType:
    """Lay out a few rows; an empty table is a sentence."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False, show_edge=False)
    figures = set(right)
    for number, title in enumerate(titles):
        drawn.add_column(plain(title), justify="right" if number in figures else "left")
    for row in rows:
        drawn.add_row(*map(plain, row))
    return drawn if drawn.row_count else Text(none, style="dim")


async def story(uow: UnitOfWork, resource_id: str) -> Sequence[TitledSection]:
    """Tell what was done to an object; nothing where whoever looks may not read the audit log."""
    if not uow.actor.may("audit:read"):
        return []
    entries = await audit.timeline(uow, resource_id, limit=30)
    rows = ((minute(each.occurred_at), each.action, each.actor_id or "–", each.reason or "–") for each in entries)
    return [("Timeline", table(("When", "What", "Who", "Why"), rows, none="Nothing happened yet."))]
