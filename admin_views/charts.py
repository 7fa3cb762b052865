"""Bars as SVG, drawn here: no script, no library, and the same numbers as a table for whoever does not see them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 420
HEIGHT: Final = 150
_TOP: Final = 18  # room for the amount over the highest bar
_FOOT: Final = 22  # and for the name under it
_GAP: Final = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, how high, what it says, and where its rows are."""

    name: str
    value: int
    said: str
    more: str = ""
    address: str | None = None


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar with its place in the picture."""

    bar: Bar
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """Some bars with what they mean."""

    title: str
    definition: str
    bars: Sequence[Bar]

    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        return not any(bar.value for bar in self.bars)

    @property
    def base(self) -> float:
        """Where zero lies; less than nothing hangs below."""
        highest, lowest = self._reach()
        return round(_TOP + (HEIGHT - _TOP - _FOOT) * highest / (highest - lowest), 1)

    def _reach(self) -> tuple[int, int]:
        return max(1, *(bar.value for bar in self.bars)), min(0, *(bar.value for bar in self.bars))

    def drawn(self) -> Iterator[DrawnBar]:
        """Place the bars; those that are not nothing stay visible."""
        highest, lowest = self._reach()
        scale = (HEIGHT - _TOP - _FOOT) / (highest - lowest)
        width = (WIDTH - _GAP * (len(self.bars) - 1)) / len(self.bars)
        for place, bar in enumerate(self.bars):
            height = round(max(abs(bar.value) * scale, 1.5 if bar.value else 0), 1)
            y = self.base - height if bar.value >= 0 else self.base
            yield DrawnBar(bar, round(place * (width + _GAP), 1), round(y, 1), round(width, 1), height)
