from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid
from textual.widgets import Static

from .plain import plain


class TopBar(Grid):
    """Where you are, how old the data is, what it shows, who you are; and in a line of its own what does not answer."""

    def __init__(self) -> None:
        super().__init__()
        # Kept by hand: the clock ticks before the bar is composed and after it has gone, when nothing is found by name.
        self._crumbs, self._age = Static(id="crumbs"), Static(id="age")
        self._scope, self._mode = Static(id="scope"), Static(id="mode")
        self._trouble = Static(id="trouble")
        self._trouble.display = False

    def compose(self) -> ComposeResult:
        yield from (self._crumbs, self._age, self._scope, self._mode, self._trouble)

    def show_place(self, crumbs: Sequence[str], scope: str) -> None:
        trail = Text("ScaiControl", style="bold")
        for crumb in crumbs:
            trail.append(" ▸ ", style="dim").append_text(plain(crumb))
        self._crumbs.update(trail)
        self._scope.update(plain(scope))

    def show_mode(self, who: str, *, write: bool) -> None:
        mode = Text("WRITE", style="bold reverse") if write else Text("read-only")
        self._mode.update(Text.assemble(plain(who), " · ", mode))

    def show_age(self, age: str, trouble: str = "") -> None:
        self._age.update(plain(age))
        self._trouble.update(plain(f"✖ {trouble}" if trouble else "", "bold red"))
        self._trouble.display = bool(trouble)
