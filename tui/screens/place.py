"""What every screen has: a trail, the age of its data, verbs on keys, and a way back."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import ClassVar, TypeVar

from textual import work
from textual.binding import Binding
from textual.events import Key
from textual.screen import Screen

from scaicontrol.core.errors import ControlError

from ..dialogs import AskReason, Confirm
from ..door import Door
from ..verbs import Row, VerbKey, outcome
from ..widgets.bar import TopBar
from ..widgets.states import span

T = TypeVar("T")


class PlaceScreen(Screen[None]):
    """A place of the dashboard. Subclasses draw themselves, load in `refresh_data`, and name what is `chosen`."""

    BINDINGS = [
        Binding("escape", "back", "back"),
        Binding("y", "copy", "copy id", show=False),
        Binding("ctrl+r", "refresh", "refresh", show=False),
    ]
    verbs: ClassVar[Sequence[VerbKey]] = ()

    def __init__(self, door: Door) -> None:
        super().__init__()
        self.door = door
        self._loaded = 0.0
        self._trouble = ""
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

    def show_age(self, *, paused: bool, every: int) -> None:
        if not self._loaded:
            written = self._trouble or "loading…"
        elif self._trouble:
            written = f"✖ {self._trouble}  data {span(self.age)} old"
        else:
            written = f"data {span(self.age)} old · " + ("paused" if paused else f"every {every} s")
        for bar in self.query(TopBar):
            bar.show_age(written)

    @work(group="load")
    async def reload(self) -> None:
        """Refresh, and say in the bar when that is impossible: the old data stays on the screen."""
        try:
            async with self._loading:
                await self.refresh_data()
        except ControlError as error:
            self._trouble = error.message
        else:
            self._loaded, self._trouble = time.monotonic(), ""
        if self.is_mounted:
            self.show_place()
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

    def _hindrance(self, verb: VerbKey) -> str | None:
        row = self.chosen
        if row is None:
            return f"There is nothing here to {verb.word}."
        if not self.door.actor.may(verb.permission):
            return f"{self.door.actor.name or self.door.actor.id} may not {verb.word} {row.label}."
        if verb.action not in row.actions:
            allowed = ", ".join(sorted(row.actions)).replace("_", " ") or "nothing"
            return f"Cannot {verb.word} {row.label}: it is {row.status.replace('_', ' ')}, which allows {allowed}."
        if not self.door.write:
            return f"Read-only: start with --write to {verb.word} {row.label}."
        return None

    @work(group="verb", exclusive=True)
    async def action_act(self, action: str) -> None:
        """Ask why, rehearse, show what it would leave, and do it after a yes."""
        verb, row, reason = self._verb(action), self.chosen, ""
        if row is None:
            return
        called = f"{verb.word.capitalize()} {row.label}"
        if verb.needs_reason:
            answer = await self.app.push_screen_wait(AskReason(f"{called}: why?"))
            if answer is None:
                return
            reason = answer
        rehearsal = await self.said(self.door.rehearse(lambda door: verb.do(door, row.id, reason)))
        if rehearsal is None:
            return
        sure = await self.app.push_screen_wait(
            Confirm(f"{called}?", verb.effect, outcome(row, rehearsal), grave=verb.grave)
        )
        if sure and await self.said(self._done(verb, row, reason)):
            self.notify(f"{called}: done.")
            self.reload()

    async def _done(self, verb: VerbKey, row: Row, reason: str) -> bool:
        await verb.do(self.door, row.id, reason)
        return True

    async def said(self, work: Awaitable[T]) -> T | None:
        """Wait for something, and say its refusal with every reason."""
        try:
            return await work
        except ControlError as error:
            reasons = [f"– {reason.said}" for reason in error.reasons if reason.message not in error.message]
            self.notify("\n".join([error.message, *reasons]), severity="error", timeout=12)
            return None
