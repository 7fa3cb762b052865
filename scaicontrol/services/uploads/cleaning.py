"""Reading what strangers sent in a process of its own, which a hostile file may take down or keep busy."""

from functools import cache
from typing import Final

from scaicontrol.core.processes import Workers

from .kinds import Limits, Picture, cleaned

_KILLED_AFTER: Final = 20.0  # seconds; forty million pixels take three


async def clean(body: bytes, limits: Limits) -> Picture:
    """Clean a picture in the worker; Invalid says what is wrong with it, Unavailable that the process was killed."""
    return await _workers().call((body, limits))


def run(job: tuple[bytes, Limits]) -> Picture:
    return cleaned(*job)


@cache
def _workers() -> Workers[tuple[bytes, Limits], Picture]:
    return Workers(run, "picture cleaner", count=1, time_limit=_KILLED_AFTER, recycle_after=200)
