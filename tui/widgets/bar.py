from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from .plain import plain


class TopBar(Horizontal):
    """Where you are, what it shows, who you are, and how old the data is."""

    def compose(self) -> ComposeResult:
        yield Static(id="crumbs")
        yield Static(id="scope")
        yield Static(id="mode")
        yield Static(id="age")

    def show_place(self, crumbs: list[str], scope: str) -> None:
        trail = Text(" ScaiControl ", style="bold")
        for crumb in crumbs:
            trail.append(" ▸ ", style="dim").append_text(plain(crumb))
        self.query_one("#crumbs", Static).update(trail)
        self.query_one("#scope", Static).update(plain(scope))

    def show_mode(self, who: str, *, write: bool) -> None:
        mode = Text("WRITE", style="bold reverse") if write else Text("read-only")
        self.query_one("#mode", Static).update(Text.assemble(plain(who), " ", mode))

    def show_age(self, age: str) -> None:
        self.query_one("#age", Static).update(plain(age))
