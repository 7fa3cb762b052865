"""Which half does not answer: what the dashboard stands on beside the reads of a screen."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from scaicontrol.core.backend import Backend
from scaicontrol.core.side_by_side import side_by_side

_SECONDS: Final = 3.0


async def troubles(backend: Backend) -> list[str]:
    """Say what is away and what that means, a sentence each; an empty list is good news."""
    asked = (
        (backend.database.check, "The database does not answer; nothing can be changed."),
        (backend.ports.waker.check, "Redis does not answer: work goes on by the sweeps, more slowly."),
        (backend.ports.objects.check, "The object store does not answer: files wait, numbers are safe."),
    )
    return [said for said in await side_by_side(_asked, asked) if said]


async def _asked(question: tuple[Callable[[], Awaitable[object]], str]) -> str:
    check, away = question
    try:
        found = await asyncio.wait_for(check(), timeout=_SECONDS)
    except Exception as error:  # noqa: BLE001  # each neighbour's library dies in its own way: said, never raised
        return f"{away} ({type(error).__name__})"
    return f"The database is not safe to use: {found[0]}" if isinstance(found, list) and found else ""
