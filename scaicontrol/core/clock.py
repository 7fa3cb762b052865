"""The business clock: the one place where a service learns what time it is."""

import contextlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Give the present moment, aware and in UTC."""
        ...


class SystemClock:
    """Wall time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class OffsetClock:
    """Wall time moved by an offset: the development clock, which can be advanced but still ticks."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> datetime:
        self.offset += by
        return self.now()


class KeptClock(OffsetClock):
    """The development clock, its offset in a file: all processes tell one time, and a restart does not turn it back."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._seen: tuple[int, int] | None = None

    def now(self) -> datetime:
        self._look()
        return super().now()

    def advance(self, by: timedelta) -> datetime:
        self._look()
        super().advance(by)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        draft.write_text(json.dumps({"offset_seconds": self.offset.total_seconds()}))
        draft.replace(self._path)  # whole, or not at all: others read it at any moment
        return self.now()

    def _look(self) -> None:
        """Read what another process, or an earlier one, has written since."""
        with contextlib.suppress(FileNotFoundError):
            found = self._path.stat()
            if (found.st_mtime_ns, found.st_ino) != self._seen:
                self._seen = (found.st_mtime_ns, found.st_ino)
                self.offset = timedelta(seconds=json.loads(self._path.read_text())["offset_seconds"])


class FrozenClock:
    """A clock that moves only when told to: for tests, rehearsals and the demo world."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("A clock needs an aware moment.")
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> datetime:
        self._at += by
        return self._at

    def set(self, at: datetime) -> datetime:
        self._at = at.astimezone(UTC)
        return self._at
