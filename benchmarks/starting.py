"""Starting: what the command line costs before it does anything, over a bare interpreter with Typer."""

import asyncio
import resource
import sys
from collections.abc import Awaitable, Callable

from .measure import Goal, Result, Side, compare
from .world import World

LINES = ("--help", "admin --help", "admin invoices --help", "--version")
_TYPED = "import sys; sys.argv = ['scaicontrol', *sys.argv[1:]]; from scaicontrol.cli import main; main()"


async def helping(_: World, quick: bool) -> list[Result]:
    """Each line is typed as often as an interpreter starts that imports Typer and nothing else."""
    times = 2 if quick else 5
    bare = Side('python -c "import typer"', _started(times, "import typer"), _children)
    return [
        await compare(
            f"h. scaicontrol {line}",
            Side(f"scaicontrol {line}", _started(times, _TYPED, *line.split()), _children),
            bare,
            sizes=f"{times} starts",
            kind="cost",
            goal=Goal(most=1.8),
        )
        for line in LINES
    ]


def _started(times: int, program: str, *words: str) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        for _ in range(times):
            quiet = asyncio.subprocess.DEVNULL
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", program, *words, stdin=quiet, stdout=quiet
            )
            if await process.wait():
                raise RuntimeError(f"It ended with {process.returncode}.")
        return times

    return run


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
