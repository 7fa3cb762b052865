"""The terminal dashboard: in process, read-only unless told otherwise."""

from collections.abc import Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import App
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend

from . import bundle
from .dialogs import KeysList
from .door import Door
from .health import troubles
from .places import HOME, NAMES, PLACES, place_of
from .screens.details import DetailScreen
from .screens.now import NowScreen
from .screens.place import PlaceScreen
from .widgets.plain import plain
from .widgets.prompt import Prompt

_PACES: Final = (1, 2, 5, 10, 30, 60)
_LOOK_AROUND: Final = 10.0  # seconds
_IDLE: Final = 5  # times as long as a read took it is left in peace: watching must not be what slows a database
_QUIT: Final = "quit"


class Places(Provider):
    """The palette's way to every place."""

    async def discover(self) -> Hits:
        for place in PLACES:
            yield DiscoveryHit(f"Go to {place.name}", lambda name=place.name: self._go(name), help=f":{place.name}")

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name in (place.name for place in PLACES):
            if (score := matcher.match(f"Go to {name}")) > 0:
                yield Hit(score, matcher.highlight(f"Go to {name}"), lambda name=name: self._go(name), help=f":{name}")

    def _go(self, name: str) -> None:
        self.app.call_later(self.app.run_action, f"go('{name}')")


class Dashboard(App[None]):
    """What is wrong now, and the hands to do something about it."""

    TITLE = "ScaiControl"
    CSS_PATH = "app.tcss"
    COMMANDS = App.COMMANDS | {Places}
    BINDINGS: ClassVar = [
        # First, so that it opens before the letters behind it, which may come in one packet, are anybody's keys.
        Binding("colon", "command", "command", key_display=":", priority=True),
        Binding("1", "go('now')", "now", show=False),
        *(Binding(place.digit, f"go('{place.name}')", place.name, show=False) for place in PLACES if place.digit),
        Binding("p", "pause", "pause", show=False),
        Binding("b", "bundle", "incident bundle, a redacted file", show=False),
        Binding("plus", "pace(-1)", "refresh more often", show=False),
        Binding("minus", "pace(1)", "refresh less often", show=False),
        Binding("question_mark", "keys", "keys", key_display="?"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, backend: Backend, actor: Actor, *, write: bool = False) -> None:
        super().__init__()
        # The check of a draft starts processes; their tracker inherits stderr, which is not a file once the app runs.
        resource_tracker.ensure_running()
        self.door = Door(backend, actor.on("tui"), write)
        self.paused = False
        self.every = 2
        self.away: Sequence[str] = ()  # what does not answer, beside what the screen read

    def on_mount(self) -> None:
        self.push_screen(NowScreen(self.door))
        self.set_interval(1, self.tick)
        self.set_interval(_LOOK_AROUND, self.look_around)

    def tick(self) -> None:
        """Show how old the data is, and refresh what is looked at when it is old enough."""
        if not isinstance(self.screen, PlaceScreen):
            return  # a dialog is open: what it names must not change beneath it
        self.screen.show_age(paused=self.paused, every=self.every, away=self.away)
        pause = max(self.every, _IDLE * self.screen.took)
        if not self.paused and self.screen.age.total_seconds() >= pause:
            self.screen.reload()

    @on(PlaceScreen.Loaded)
    def loaded(self) -> None:
        self.tick()

    def notify(self, message: str, **options: Any) -> None:
        """Say something as it is written: names and reasons in it are people's, and nothing of it is markup."""
        super().notify(plain(message).plain, **{**options, "markup": False})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "command" or not isinstance(self.focused, Input)

    def action_pause(self) -> None:
        self.paused = not self.paused
        self.tick()

    def action_pace(self, by: int) -> None:
        at = _PACES.index(self.every) + by
        self.every = _PACES[max(0, min(len(_PACES) - 1, at))]
        self.tick()

    def action_command(self) -> None:
        if isinstance(self.screen, PlaceScreen):
            known = (*NAMES, _QUIT)
            self.screen.query_one(Prompt).open(":", hint="where to? Tab completes; a filter may follow", known=known)

    @on(Prompt.CommandEntered)
    def run_command(self, event: Prompt.CommandEntered) -> None:
        self.screen.focus_next()
        if event.words in (_QUIT, "q", "q!"):
            self.exit()
        elif event.words:
            self._visit(event.words, keep=False)

    @on(PlaceScreen.Led)
    def follow(self, event: PlaceScreen.Led) -> None:
        self._visit(event.command, keep=True)

    def action_go(self, command: str) -> None:
        self._visit(command, keep=False)

    def _visit(self, command: str, *, keep: bool) -> None:
        """Go to the place of a command, `invoices past_due`; from the first screen, or from here where `keep`."""
        name, _, wanted = command.partition(" ")
        is_home = bool(name) and HOME.startswith(name)
        place = None if is_home else place_of(name)
        if not is_home and place is None:
            self.notify(f"There is no place called {name}; try {', '.join(NAMES[:10])}.", severity="warning")
            return
        while not keep and len(self.screen_stack) > 2:  # Textual's blank screen and ours
            self.pop_screen()
        if place is not None:
            self.push_screen(place.screen(self.door, wanted.strip() or place.wanted))

    def action_keys(self) -> None:
        """List the keys of what is looked at, as its bindings say them."""
        if isinstance(self.screen, PlaceScreen):
            known = [each.binding for each in self.screen.active_bindings.values() if each.node in (self.screen, self)]
            ours = [binding for binding in known if "." not in binding.action]  # Textual's own name whose they are
            verbs_first = sorted(ours, key=lambda binding: not binding.action.startswith("act("))
            self.push_screen(KeysList([(self.get_key_display(binding), binding) for binding in verbs_first]))

    async def action_bundle(self) -> None:
        """Write what is looked at into a file for whoever helps."""
        if not isinstance(self.screen, PlaceScreen):
            return
        places = [screen for screen in self.screen_stack if isinstance(screen, PlaceScreen)]
        crumbs = [each.row.id if isinstance(each, DetailScreen) else each.crumb for each in places]  # labels hold names
        rows, columns = self.screen.shown
        names = frozenset(at for at, column in enumerate(columns) if column.names)
        try:
            path = await self.screen.said(bundle.write(self.door, Path.cwd(), crumbs, rows, names))
        except OSError as error:
            self.notify(f"It cannot be written here: {error.strerror}.", severity="error")
            return
        if path is not None:
            self.notify(f"Written to {path}; without secrets and personal data.", timeout=8)

    @work(group="health", exclusive=True)
    async def look_around(self) -> None:
        """Ask what the screens stand on, and say which half is away."""
        self.away = await troubles(self.door.backend)
        self.tick()


async def run(backend: Backend, actor: Actor, *, write: bool = False) -> None:
    """Show the dashboard until it is left; it changes nothing unless `write` is set."""
    await Dashboard(backend, actor, write=write).run_async()
