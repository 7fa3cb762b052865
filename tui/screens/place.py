"""What every screen has: a trail, the age of its data, verbs on keys, and a way back."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import work
from textual.binding import Binding
from textual.events import Key
from textual.message import Message
from textual.screen import Screen

from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.errors import ControlError

from ..columns import TableColumn
from ..dialogs import AskText, Choose, Confirm, Shown
from ..door import Door
from ..previews import outcome
from ..verbs import KeyAnswer, Row, VerbKey
from ..widgets.bar import TopBar
from ..widgets.states import span

T = TypeVar("T")


class PlaceScreen(Screen[None]):
    """A place of the dashboard. Subclasses draw themselves, load in `refresh_data`, and name what is `chosen`."""

    BINDINGS = [
        Binding("escape", "back", "back"),
        Binding("i", "about", "what it is about", show=False),
        Binding("o", "console", "address at the console", show=False),
        Binding("y", "copy", "copy id", show=False),
        Binding("ctrl+r", "refresh", "refresh", show=False),
    ]
    verbs: ClassVar[Sequence[VerbKey]] = ()
    console: ClassVar[str] = ""  # the console's view of what is chosen

    def __init_subclass__(cls, *, verbs: Sequence[VerbKey] | None = None, **options: bool) -> None:
        """Give a screen the keys of its `verbs`."""
        if verbs is not None:
            cls.verbs, cls.BINDINGS = verbs, [verb.binding for verb in verbs]
        super().__init_subclass__(**options)

    class Led(Message):
        """Somebody wants to go to `command`, as the command bar takes it, and back here afterwards."""

        def __init__(self, command: str) -> None:
            super().__init__()
            self.command = command

    class Loaded(Message):
        """What is shown was read again, or could not be."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self.door = door
        self.trouble = ""
        self.took = 0.0  # seconds to read it last
        self._loaded = 0.0
        self._loading = asyncio.Lock()

    @property
    @abstractmethod
    def crumb(self) -> str:
        """Name this place in the trail of crumbs."""

    @property
    def scope(self) -> str:
        """Say what part of everything is shown."""
        return ""

    @property
    def chosen(self) -> Row | None:
        """Name the row that a verb would act on."""
        return None

    @property
    def shown(self) -> tuple[Sequence[Row], Sequence[TableColumn]]:
        """Give the rows on the screen and what their cells are."""
        return [self.chosen] if self.chosen else [], ()

    @abstractmethod
    async def refresh_data(self) -> None:
        """Load again and show only what changed."""

    @property
    def age(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._loaded)

    def on_mount(self) -> None:
        self.query_one(TopBar).show_mode(self.door.actor.name or self.door.actor.id, write=self.door.write)
        self.reload()

    def on_screen_resume(self) -> None:
        self.show_place()

    def show_place(self) -> None:
        crumbs = [screen.crumb for screen in self.app.screen_stack if isinstance(screen, PlaceScreen)]
        for bar in self.query(TopBar):  # a screen is resumed once before it is composed
            bar.show_place(crumbs, self.scope)

    def show_age(self, *, paused: bool, every: int, away: Sequence[str] = ()) -> None:
        pace = "paused" if paused else f"every {every} s"
        written = f"data {span(self.age)} old · {pace}" if self._loaded else "loading…"
        for bar in self.query(TopBar):
            bar.show_age(written, " ".join(dict.fromkeys(filter(None, (self.trouble, *away)))))

    @work(group="load")
    async def reload(self) -> None:
        """Refresh, and say in the bar when that is impossible: the old data stays on the screen."""
        if self._loading.locked():
            return  # it is being read; a slow answer must not pile up questions
        began = time.monotonic()
        try:
            async with self._loading:
                await self.refresh_data()
        except ControlError as error:
            self.trouble = error.message
        else:
            self._loaded, self.trouble = time.monotonic(), ""
        self.took = time.monotonic() - began
        if self.is_mounted:
            self.show_place()
            self.post_message(self.Loaded())
            self.app.refresh_bindings()

    def action_refresh(self) -> None:
        self.reload()

    def action_back(self) -> None:
        if len([screen for screen in self.app.screen_stack if isinstance(screen, PlaceScreen)]) > 1:
            self.app.pop_screen()

    def action_copy(self) -> None:
        if row := self.chosen:
            self.app.copy_to_clipboard(row.id)
            self.notify(f"Copied {row.id}.", timeout=2)

    def action_console(self) -> None:
        """Say where the console shows it, and copy that: over SSH there is no browser to open."""
        if (row := self.chosen) and self.console:
            base = self.door.backend.settings.public_base_url.rstrip("/")
            address = f"{base}/admin/{self.console}/details/{row.id}"
            self.app.copy_to_clipboard(address)
            self.notify(f"{address}\nCopied.", title="At the console", timeout=8)
        else:
            self.notify("The console has no page of this.", severity="warning")

    def action_about(self) -> None:
        row = self.chosen
        if row is not None and row.about:
            self.post_message(self.Led(row.about))
        else:
            self.notify("It belongs to nothing else.", severity="warning")

    # Verbs

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "act":
            return True
        verb = self._verb(str(parameters[0]))
        return True if self.door.write and self._hindrance(verb) is None else None

    def on_key(self, event: Key) -> None:
        """Say why a verb's key does nothing; an enabled one never gets here."""
        verb = next((verb for verb in self.verbs if verb.key in (event.key, event.character)), None)
        if verb is not None and (why := self._hindrance(verb)):
            event.stop()
            self.notify(why, severity="warning")

    def _verb(self, action: str) -> VerbKey:
        return next(verb for verb in self.verbs if verb.action == action)

    def _subject(self, verb: VerbKey) -> Row | None:
        return Row("", self.crumb, "", actions=frozenset({verb.action})) if verb.of_list else self.chosen

    def _hindrance(self, verb: VerbKey) -> str | None:
        row = self._subject(verb)
        if row is None:
            return f"There is nothing here to {verb.word}."
        if not self.door.actor.may(verb.permission):
            return f"{self.door.actor.name or self.door.actor.id} may not {verb.word} {row.label}."
        if verb.action not in row.actions:
            allowed = ", ".join(sorted(row.actions)).replace("_", " ") or "nothing"
            state = row.status.replace("_", " ") or "as it is"
            return f"Cannot {verb.word} {row.label}: it is {state}, which allows {allowed}."
        if not self.door.write:
            return f"Read-only: start with --write to {verb.word} {row.label}."
        return None

    @work(group="verb", exclusive=True)
    async def action_act(self, action: str) -> None:
        """Ask how and why, show the plan of what it would leave, and do it after a yes."""
        verb = self._verb(action)
        row = self._subject(verb)
        if row is None:
            return
        called = f"{verb.word.capitalize()} {row.label}"
        given = await self._asked(verb, row, called)
        if given is None:
            return
        lines: list[Text] = []
        if verb.rehearsed:
            preview = await self.said(self.door.plan(lambda door: verb.press(door, row, given)))
            if preview is None:
                return
            lines = outcome(row, preview)
        way = next((each.said for each in row.choices.get(action, ()) if each.value == given.choice), "")
        effect = f"→ {way}\n{verb.effect}" if way else verb.effect
        if not await self.app.push_screen_wait(Confirm(f"{called}?", effect, lines, grave=verb.grave)):
            return
        done = await self.said(self._done(verb, row, given))
        if done is None:
            return
        if verb.told is not None:
            await self.app.push_screen_wait(Shown(called, done))
        else:
            self.notify(f"{called}: done.")
        self.reload()

    async def _asked(self, verb: VerbKey, row: Row, called: str) -> KeyAnswer | None:
        choice, text = "", ""
        if choices := row.choices.get(verb.action, ()):
            picked = choices[0].value if len(choices) == 1 else await self.app.push_screen_wait(Choose(called, choices))
            if picked is None:
                return None
            choice = picked
        if verb.asks:
            answer = await self.app.push_screen_wait(AskText(called, verb.asks, is_optional=verb.is_optional))
            if answer is None:
                return None
            text = answer
        return KeyAnswer(text, choice)

    async def _done(self, verb: VerbKey, row: Row, given: KeyAnswer) -> str:
        result = await verb.press(self.door, row, given)
        return verb.told(result) if verb.told is not None else ""

    async def said(self, work: Awaitable[T]) -> T | None:
        """Wait for something, and say its refusal with every reason."""
        try:
            return await work
        except ApprovalRequired as error:
            self.notify(f"{error.message}\n:changes shows it.", title=error.code, severity="warning", timeout=12)
        except ControlError as error:
            reasons = [f"– {reason.said}" for reason in error.reasons if reason.message not in error.message]
            self.notify("\n".join([error.message, *reasons]), severity="error", timeout=12)
        return None
