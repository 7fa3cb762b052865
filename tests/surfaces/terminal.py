"""The terminal dashboard as a test drives it: keys, and what stands on the screen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from tests.factories import ada
from tui.app import Dashboard
from tui.screens.now import NowScreen
from tui.screens.place import PlaceScreen
from tui.widgets.bar import TopBar

SMALL: Final = (80, 24)
LARGE: Final = (140, 40)


class Driver:
    """A person at the keyboard, who waits for the screen to be still."""

    def __init__(self, app: Dashboard, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.still()

    async def packet(self, *keys: str) -> None:
        """Type without looking: all of it is there before the first key has done anything."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(Key(name, key if len(key) == 1 else None))
        await self.still()

    async def still(self) -> None:
        await self.pilot.pause()
        while waiting := [worker for worker in self.app.workers if worker.group != "verb"]:  # a dialog waits for us
            await self.app.workers.wait_for_complete(waiting)
            await self.pilot.pause()

    async def press_and_wait(self, key: str) -> None:
        """Press a key; what it began is over then, or asks something."""
        await self.press(key)
        async with asyncio.timeout(300):  # for what never comes; a busy machine needs its time
            while any(each.is_running for each in self.app.workers) and not isinstance(self.app.screen, ModalScreen):
                await self.pilot.pause(0.01)
        await self.still()

    async def until(self, screen: type[Any]) -> None:
        async with asyncio.timeout(300):  # for one that never comes; a busy machine needs its time
            while not isinstance(self.app.screen, screen):
                assert self.app._exception is None, self.app._exception
                await self.pilot.pause(0.01)
        await self.still()

    async def until_done(self) -> None:
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()
        await self.still()

    @property
    def now(self) -> NowScreen:
        return next(each for each in self.app.screen_stack if isinstance(each, NowScreen))

    @property
    def table(self) -> DataTable[Any]:
        return self.app.screen.query_one(DataTable)

    @property
    def ids(self) -> list[str]:
        assert isinstance(self.app.screen, PlaceScreen)
        return [row.id for row in self.app.screen.shown[0]]

    @property
    def cells(self) -> list[list[str]]:
        return [[str(cell) for cell in self.table.get_row_at(row)] for row in range(self.table.row_count)]

    @property
    def text(self) -> str:
        """Everything written on the screen."""
        return "\n".join(
            "".join(segment.text for segment in strip) for strip in self.app.screen._compositor.render_strips()
        )

    @property
    def said(self) -> str:
        return "\n".join(str(notification.message) for notification in self.app._notifications)

    @property
    def bar(self) -> str:
        return " ".join(str(part.content) for part in self.app.screen.query_one(TopBar).query(Static))


@asynccontextmanager
async def dashboard(
    backend: Backend,
    actor: Actor = ada,
    *,
    write: bool = False,
    toasts: bool = False,
    size: tuple[int, int] = LARGE,
) -> AsyncIterator[Driver]:
    app = Dashboard(backend, actor, write=write)
    app.paused = True  # the clock of the screen must not decide what a test sees
    async with app.run_test(size=size, notifications=toasts) as pilot:
        driver = Driver(app, pilot)
        await driver.until(NowScreen)
        yield driver
