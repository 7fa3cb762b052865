"""Two sides in turn, A/B/A/B: what is kept is the ratio of neighbours, so that a busy machine slows both."""

import cProfile
import gc
import os
import pstats
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

ROUNDS: Final = 5
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_WAITING: Final = (
    "select.epoll",
    "select.poll",
    "run_once",
    "run_forever",
    "Runner.run",
    "run_until_complete",
    "lsprof",
)


@dataclass(frozen=True, slots=True)
class Side:
    """
    One of two things: `run` does a fixed amount of work and gives how much, `cpu` reads its processor seconds.

    `prepare` makes what a round uses up, off the clock.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    cpu: Callable[[], float] = time.process_time
    prepare: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """`most` bounds a cost (ours over theirs), `least` a speed (our rate over theirs)."""

    most: float | None = None
    least: float | None = None

    def met(self, ratio: float) -> bool:
        return (self.most is None or ratio <= self.most) and (self.least is None or ratio >= self.least)

    def __str__(self) -> str:
        parts = [
            f"<= {self.most:g}" if self.most is not None else "",
            f">= {self.least:g}" if self.least is not None else "",
        ]
        return " and ".join(part for part in parts if part)


@dataclass(slots=True)
class Result:
    """What one comparison said. `ratios` has one entry per round; the median is judged, the extremes are the spread."""

    name: str
    sizes: str
    ratios: list[float]
    goal: Goal | None = None
    ours: str = ""
    yardstick: str = ""
    cpu_ratio: float | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.goal.met(self.ratio)

    def as_row(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "sizes": self.sizes,
            "ratio": round(self.ratio, 4),
            "lowest": round(min(self.ratios), 4),
            "highest": round(max(self.ratios), 4),
            "rounds": len(self.ratios),
            "goal": str(self.goal) if self.goal else None,
            "met": self.met,
            "cpu_ratio": round(self.cpu_ratio, 4) if self.cpu_ratio is not None else None,
            "ours": self.ours,
            "yardstick": self.yardstick,
            "notes": self.notes,
        }


@dataclass(slots=True)
class _Sample:
    seconds: float
    cpu: float
    count: int

    @property
    def each(self) -> float:
        return self.seconds / self.count


async def _once(side: Side) -> _Sample:
    if side.prepare:
        await side.prepare()
    gc.collect()
    cpu, started = side.cpu(), time.perf_counter()
    count = await side.run()
    return _Sample(time.perf_counter() - started, side.cpu() - cpu, count)


async def compare(
    name: str,
    ours: Side,
    yardstick: Side,
    *,
    sizes: str,
    kind: Literal["cost", "speed"],
    goal: Goal | None = None,
    rounds: int = ROUNDS,
    seconds: float = 120,
    warm: bool = True,
    in_turn: bool = True,
) -> Result:
    """
    Run both sides in turn, `rounds` times or, past `seconds`, at least three times, and give the ratio of each pair.

    With `in_turn` they take turns in going first; without, ours does, because theirs repeats it. A `cost` is our time
    over theirs, a `speed` our rate over theirs; the counts of the two may differ.
    """
    if warm:
        await _once(ours)
        await _once(yardstick)
    pairs: list[tuple[_Sample, _Sample]] = []
    began = time.perf_counter()
    while len(pairs) < rounds and (len(pairs) < 3 or time.perf_counter() - began < seconds):
        # Who goes first changes, so that neither always meets the other's warm caches.
        if in_turn and len(pairs) % 2:
            theirs = await _once(yardstick)
            mine = await _once(ours)
        else:
            mine = await _once(ours)
            theirs = await _once(yardstick)
        pairs.append((mine, theirs))
    costs = [mine.each / theirs.each for mine, theirs in pairs]
    cpu = [
        (mine.cpu / mine.count) / (theirs.cpu / theirs.count)
        for mine, theirs in pairs
        if theirs.cpu > 0 and mine.cpu > 0
    ]
    flip = kind == "speed"
    return Result(
        name=name,
        sizes=sizes,
        ratios=[1 / cost if flip else cost for cost in costs],
        goal=goal,
        ours=f"{ours.name} {_rate([mine.each for mine, _ in pairs])}",
        yardstick=f"{yardstick.name} {_rate([theirs.each for _, theirs in pairs])}",
        cpu_ratio=(1 / statistics.median(cpu) if flip else statistics.median(cpu)) if cpu else None,
    )


def _rate(each: Sequence[float]) -> str:
    middle = statistics.median(each)
    return f"{1 / middle:,.0f}/s" if middle < 0.02 else f"{middle:.3f} s"


# --- What dominates --------------------------------------------------------------------------------------------------


@contextmanager
def profiled(into: list[str], top: int = 3) -> Iterator[None]:
    """Name the functions with most time of their own; outside the measured rounds, because watching costs."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        into.append("own time: " + ", ".join(dominant(profile, top)))


def dominant(profile: cProfile.Profile, top: int = 3) -> list[str]:
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in typeshed
    rows = [
        (own, f"{Path(file).parent.name}/{Path(file).name}:{function}" if line else function)
        for (file, line, function), (_, _, own, _, _) in stats.items()
    ]
    busy = [(own, name) for own, name in rows if not any(word in name for word in _WAITING)]
    total = sum(own for own, _ in busy) or 1
    return [f"{name} {own / total:.0%}" for own, name in sorted(busy, reverse=True)[:top]]


def packages(profile: cProfile.Profile, top: int = 6) -> list[str]:
    """Add own time up by package: where a request spends itself."""
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in typeshed
    sums: dict[str, float] = {}
    for (file, line, function), (_, _, own, _, _) in stats.items():
        if any(word in f"{file}:{function}" for word in _WAITING):
            continue
        name = "built-in" if not line else _package(file)
        sums[name] = sums.get(name, 0) + own
    total = sum(sums.values()) or 1
    return [f"{name} {own / total:.0%}" for name, own in sorted(sums.items(), key=lambda kv: -kv[1])[:top]]


def _package(file: str) -> str:
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    return next((part for part in parts if part in ("scaicontrol", "tasks", "benchmarks")), "python")


# --- Processes and memory --------------------------------------------------------------------------------------------


def cpu_of(*pids: int) -> Callable[[], float]:
    """Read the processor seconds of other processes."""

    def read() -> float:
        total = 0
        for pid in pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / _TICKS

    return read


def forget_peak_memory() -> None:
    """Start counting this process's peak of resident memory again."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mib() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
