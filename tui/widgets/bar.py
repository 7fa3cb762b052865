from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from .plain import plain


class TopBar(Horizontal):
    """Where you are, what it shows, who you are, and how old the data is."""

    def __init__(self) -> None:
        super().__init__()
        # Kept by hand: the clock ticks before the bar is composed and after it has gone, when nothing is found by name.
        self._crumbs, self._scope = Static(id="crumbs"), Static(id="scope")
        self._mode, self._age = Static(id="mode"), Static(id="age")

    def compose(self) -> ComposeResult:
        yield from (self._crumbs, self._scope, self._mode, self._age)

    def show_place(self, crumbs: list[str], scope: str) -> None:
        trail = Text(" ScaiControl ", style="bold")
        for crumb in crumbs:
            trail.append(" ▸ ", style="dim").append_text(plain(crumb))
        self._crumbs.update(trail)
        self._scope.update(plain(scope))

    def show_mode(self, who: str, *, write: bool) -> None:
        mode = Text("WRITE", style="bold reverse") if write else Text("read-only")
        self._mode.update(Text.assemble(plain(who), " ", mode))

    def show_age(self, age: str) -> None:
        self._age.update(plain(age))
