"""Failing on demand: a stand-in can be told how to behave for its next calls."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class InjectedFault:
    """How the next `left` calls end; after them all is well again."""

    choices: Sequence[str]
    name: str = "ok"
    left: int = 0

    def set(self, name: str, times: int = 1) -> None:
        if name not in self.choices:
            raise ValueError(f"The fault {name!r} is none of {', '.join(self.choices)}.")
        self.name, self.left = name, 0 if name == "ok" else max(1, times)

    def take(self) -> str:
        """Name the fault of this call."""
        name = self.name
        self.left = max(0, self.left - 1)
        if self.left == 0:
            self.name = "ok"
        return name


async def silence(seconds: float = 60) -> None:
    """Say nothing for longer than anybody waits."""
    await asyncio.sleep(seconds)
