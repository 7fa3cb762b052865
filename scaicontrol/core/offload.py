"""Pure computation that is too long for the event loop, in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar

from .processes import Workers

P = ParamSpec("P")
R = TypeVar("R")

LONG: Final = 50  # lines; writing the pages of so many takes 10 ms, which is what a way to a process and back may cost
# Seconds: ten thousand lines take five, but the first call also imports what it names, on a machine that may be busy.
_KILLED_AFTER: Final = 300.0


@dataclass(frozen=True, slots=True)
class Task:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


async def run_or_offload(size: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """
    Run a pure function: here when it is short, else in the calculator's process.

    It and what it takes and gives must be picklable; what it raises is a ControlError, or else a RuntimeError.
    """
    if size <= LONG:
        return function(*args, **kwargs)
    return await offload(function, *args, **kwargs)


async def offload(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a pure function in the calculator's process, whatever its size."""
    result: R = await _workers().call(Task(function, args, kwargs))
    return result


def run(task: Task) -> Any:
    return task.function(*task.args, **task.kwargs)


@cache
def _workers() -> Workers[Task, Any]:
    return Workers(run, "calculator", count=1, time_limit=_KILLED_AFTER, recycle_after=200)
