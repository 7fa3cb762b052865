"""
Long work in the event loop that lets others have their turn.

What grows with a document walks over its parts here; what is pure and heavy goes to a process (`offload`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from time import perf_counter
from typing import Final, TypeVar

T = TypeVar("T")

HELD_SECONDS: Final = 0.01  # a tenth of what anybody may be kept waiting: what stands between two looks is not free
SLICE: Final = 50  # rows that a session writes in one go: some ten milliseconds of its bookkeeping


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Walk over many items, and give the loop to others whenever it was held for long."""
    since = perf_counter()
    for item in items:
        yield item
        if perf_counter() - since > HELD_SECONDS:
            await turn()
            since = perf_counter()


async def turn() -> None:
    """Let everybody who is waiting go first."""
    await asyncio.sleep(0)


def slices(items: Sequence[T], size: int = SLICE) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of one size, the last of them shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
