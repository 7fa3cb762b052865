"""The business clock: the one place where a service learns what time it is."""

from datetime import UTC, datetime, timedelta
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
