"""A client whose connection to the database breaks behind a commit, and who asks again with the same key."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from itertools import count
from typing import Any

from scaicontrol.core import keyed_tries
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import OutcomeUnknown
from scaicontrol.core.keyed_procedures import held
from scaicontrol.core.keyed_tries import KeyedTry

Work = Callable[[Backend], Awaitable[Any]]


@dataclass(slots=True)
class CutBackend(Backend):
    """Commits, and then says that nobody knows: once, behind `left` commits."""

    left: list[int] = field(kw_only=True)

    async def perform(self, actor: Actor, verb: Any, *args: Any, **kwargs: Any) -> Any:
        result = await Backend.perform(self, actor, verb, *args, **kwargs)
        if self.left:
            self.left[0] -= 1
            if self.left[0] < 0:
                self.left.clear()
                raise OutcomeUnknown("The connection broke.")
        return result


async def answered_at_last(
    backend: Backend, actor: Actor, key: str, work: Work, breaks: Iterable[int]
) -> tuple[Any, int]:
    """Ask until there is an answer, each try broken behind so many commits; give it, and how many tries it took."""
    behind = iter(breaks)
    for tries in count(1):
        left = [each] if (each := next(behind, None)) is not None else []
        mine = await backend.perform(actor, keyed_tries.claim, key, "POST", "/it", b"{}")
        with suppress(OutcomeUnknown):
            async with held(backend, actor, mine):
                return await work(cut(backend, left, mine)), tries
    raise AssertionError("unreachable")


def cut(backend: Backend, left: list[int], keyed: KeyedTry | None = None) -> CutBackend:
    """Give a backend that breaks once, behind `left` commits."""
    same = {each.name: getattr(backend, each.name) for each in fields(Backend)} | {"keyed": keyed}
    return CutBackend(**same, left=left)


async def behind_each_commit(
    backend: Backend, actor: Actor, begin: Callable[[], Awaitable[Work]], check: Callable[[Any], Awaitable[None]]
) -> int:
    """Begin something anew for each of its commits, and break the connection there; give how many there are."""
    for behind in count():
        answer, tries = await answered_at_last(backend, actor, f"cut-{behind}", await begin(), [behind])
        await check(answer)
        if tries == 1:
            return behind
    raise AssertionError("unreachable")
