"""Doing several things at the same time, without leaving anything behind."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")


async def side_by_side(do: Callable[[A], Awaitable[T]], over: Iterable[A], *, at_once: int | None = None) -> list[T]:
    """
    Do something for each of several, at most `at_once` at the same time, and give the results in their order.

    When one fails, the others are cancelled and awaited before its error is raised: whoever catches it finds nobody
    still writing. `asyncio.gather` would leave them running.
    """
    given = list(over)
    waiting = iter(enumerate(given))
    found: dict[int, T] = {}

    async def worker() -> None:
        for place, each in waiting:
            found[place] = await do(each)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once or len(given), len(given))):
                group.create_task(worker())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from (failed if len(failed.exceptions) > 1 else None)
    return [found[place] for place in range(len(given))]
