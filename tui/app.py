"""The terminal dashboard: in process, read-only unless told otherwise."""

from collections.abc import Awaitable, Callable
from multiprocessing import resource_tracker
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from textual import on
from textual.app import App
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork

from .door import Door
from .screens.invoices import InvoicesScreen
from .screens.lists import ListScreen
from .screens.now import NowScreen
from .screens.place import PlaceScreen
from .screens.subscriptions import SubscriptionsScreen
from .widgets.plain import plain
from .widgets.prompt import Prompt

P = ParamSpec("P")
T = TypeVar("T")

PLACES: dict[str, type[PlaceScreen]] = {
    "now": NowScreen,
    "invoices": InvoicesScreen,
    "subscriptions": SubscriptionsScreen,
}
_PACES = (1, 2, 5, 10, 30, 60)


class Places(Provider):
    """The palette's way to every place."""

    async def discover(self) -> Hits:
        for name in PLACES:
            yield DiscoveryHit(f"Go to {name}", lambda name=name: self._go(name), help=f":{name}")

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name in PLACES:
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
        Binding("colon", "command", "command", key_display=":"),
        Binding("1", "go('now')", "now", show=False),
        Binding("2", "go('invoices')", "invoices", show=False),
        Binding("3", "go('subscriptions')", "subscriptions", show=False),
        Binding("space", "pause", "pause", show=False),
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
        self.every = 5

    async def perform(
        self, verb: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.door.perform(verb, *args, **kwargs)

    async def ask(
        self, question: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.door.ask(question, *args, **kwargs)

    def on_mount(self) -> None:
        self.push_screen(NowScreen(self.door))
        self.set_interval(1, self.tick)

    def tick(self) -> None:
        """Show how old the data is, and refresh what is looked at when it is old enough."""
        if not isinstance(self.screen, PlaceScreen):
            return  # a dialog is open: what it names must not change beneath it
        self.screen.show_age(paused=self.paused, every=self.every)
        if not self.paused and self.screen.age.total_seconds() >= self.every:
            self.screen.reload()

    def notify(self, message: str, **options: Any) -> None:
        """Say something as it is written: names and reasons in it are people's, and nothing of it is markup."""
        super().notify(plain(message).plain, **{**options, "markup": False})

    def action_pause(self) -> None:
        self.paused = not self.paused
        self.tick()

    def action_pace(self, by: int) -> None:
        at = _PACES.index(self.every) + by
        self.every = _PACES[max(0, min(len(_PACES) - 1, at))]
        self.tick()

    def action_command(self) -> None:
        if isinstance(self.screen, PlaceScreen):
            self.screen.query_one(Prompt).open(":", commands=[*PLACES, "quit"])

    @on(Prompt.CommandEntered)
    def run_command(self, event: Prompt.CommandEntered) -> None:
        name, _, rest = event.words.partition(" ")
        place = next((place for place in [*PLACES, "quit"] if name and place.startswith(name)), None)
        if place == "quit":
            self.exit()
        elif place:
            self.action_go(place, rest.strip())
        else:
            self.screen.focus_next()
            if name:
                self.notify(f"There is no place called {name}; try {', '.join(PLACES)}.", severity="warning")

    def action_go(self, name: str, wanted: str = "") -> None:
        """Go back to the first screen, and from there to a place; `wanted` is its filter."""
        while len(self.screen_stack) > 2:  # Textual's blank screen and ours
            self.pop_screen()
        place = PLACES[name]
        if issubclass(place, ListScreen):
            self.push_screen(place(self.door, wanted))

    def action_keys(self) -> None:
        """Show or hide the list of keys, which Textual writes from the bindings."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()


async def run(backend: Backend, actor: Actor, *, write: bool = False) -> None:
    """Show the dashboard until it is left; it changes nothing unless `write` is set."""
    await Dashboard(backend, actor, write=write).run_async()
