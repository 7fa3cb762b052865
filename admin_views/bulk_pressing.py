"""
A verb pressed on many rows, a few with each request: the page shows how far it is, and asks for the next few.

How far it is stands under the key of the form, and each row has a key of its own: whoever loads the page again, or
comes back after a process died, goes on where it was, and no row is pressed twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError

from scaicontrol.core import keyed_tries
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Unavailable
from scaicontrol.core.keyed_procedures import held, record
from scaicontrol.core.keyed_tries import KeyedTry

from .request_context import ConsoleRequest
from .verbs import Done, VerbButton, once, sentence

AT_A_TIME: Final = 5
_ROWS: Final = "rows"
_Told = tuple[str, bool]  # what is to be said of a row, and whether it went


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One chosen row: what it is, how much it is about, and why the verb cannot be pressed on it, if it cannot."""

    pk: str
    title: str
    amount: str
    refusal: str


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row so far; nothing is said of one that waits."""

    pk: str
    title: str
    said: str = ""
    went: bool = False
    is_pressed: bool = False
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the verb is with the chosen rows; `problem` says why it does not go on by itself."""

    rows: Sequence[RowResult]
    is_elsewhere: bool = False  # another request of the same page presses just now
    problem: str = ""

    @classmethod
    def of(cls, reached: Mapping[str, object]) -> "Progress":
        rows = cast("list[tuple[str, str, str]]", reached.get(_ROWS) or [])
        return cls([_result(*each, told=cast("_Told | None", reached.get(each[0]))) for each in rows])

    @property
    def done(self) -> int:
        return sum(row.is_pressed for row in self.rows)

    @property
    def count(self) -> int:
        return sum(row.is_pressed or row.is_waiting for row in self.rows)

    @property
    def went(self) -> int:
        return sum(row.went for row in self.rows)

    @property
    def is_over(self) -> bool:
        return not self.is_elsewhere and not self.problem and self.done == self.count


def _result(pk: str, title: str, refusal: str, *, told: _Told | None) -> RowResult:
    if refusal:
        return RowResult(pk, title, refusal)
    if told is None:
        return RowResult(pk, title, is_waiting=True)
    said, went = told
    return RowResult(pk, title, said, went, is_pressed=True)


@dataclass(frozen=True, slots=True)
class BulkPress:
    """A verb on its way over chosen rows, as one form began it."""

    console: ConsoleRequest
    verb: VerbButton
    key: str
    path: str
    form: Mapping[str, str]
    pks: Sequence[str]

    async def has_begun(self) -> bool:
        return bool((await self._reached()).rows)

    async def go_on(self, rows: Sequence[BulkRow]) -> Progress:
        """Press the verb on the next few rows, of `rows` where it begins."""
        try:
            return await self._press_some(rows)
        except ControlError as error:
            so_far = (await self._reached()).rows
            if error.retry_after is not None and not isinstance(error, Unavailable):
                return Progress(so_far, is_elsewhere=True)
            return Progress(so_far, problem=error.message)

    async def _reached(self) -> Progress:
        found = await self.console.backend.ask(self.console.actor, keyed_tries.look, self.key)
        return Progress.of(found.reached if found else {})

    async def _press_some(self, rows: Sequence[BulkRow]) -> Progress:
        backend, actor = self.console.backend, self.console.actor
        body = urlencode(sorted({**self.form, "pk": ",".join(self.pks)}.items())).encode()
        mine = await backend.perform(actor, keyed_tries.claim, self.key, "POST", self.path, body)
        reached = dict(mine.reached)
        if mine.answer is not None:
            return Progress.of(reached)
        async with held(backend, actor, mine):
            if _ROWS not in reached:
                chosen = [[row.pk, row.title, row.refusal] for row in rows]
                reached[_ROWS] = await self._keep(mine, _ROWS, chosen)
            for row in [row for row in Progress.of(reached).rows if row.is_waiting][:AT_A_TIME]:
                reached[row.pk] = await self._keep(mine, row.pk, await self._press(row.pk))
        progress = Progress.of(reached)
        if progress.is_over:
            await record(backend, actor, mine, 200, b"")
        else:
            await backend.perform(actor, mine.hand_back)  # the next request goes on at once
        return progress

    async def _keep(self, mine: KeyedTry, point: str, value: object) -> object:
        await self.console.backend.perform(self.console.actor, mine.keep, point, value)
        return value

    async def _press(self, pk: str) -> object:
        """Press the verb on one row, and give what is to be said of it, and whether it went."""

        async def press(stage: Backend) -> Done:
            try:
                pressed = await self.verb.press(stage, self.console.actor, pk, self.form)
            except Unavailable:  # nobody knows how it ended: the next request asks again with the same key
                raise
            except (ControlError, ValidationError) as error:
                return Done(orjson.dumps([sentence(error).message, False]).decode())
            said = pressed.said if isinstance(pressed, Done) else pressed
            return Done(orjson.dumps([said, True]).decode())

        done = await once(self.console, f"{self.key}:{pk}", self.path, {**self.form, "pk": pk}, press)
        return orjson.loads(done.said)
