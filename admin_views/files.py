"""A list as a file, streamed: what is shown, as machines read it."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import ClassVar, Final

import orjson

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork

from .columns import ListColumn, Row, Value

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
Part = Callable[[UnitOfWork, str | None], Awaitable[tuple[Sequence[Row], Mapping[str, str], str | None]]]


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of a list on their way into a file: a slice at a time, each in a transaction of its own."""

    SLICE: ClassVar[int] = 500

    backend: Backend
    actor: Actor
    columns: Sequence[ListColumn]
    part: Part

    def head(self) -> list[str]:
        return list(dict.fromkeys(["id", *(name for column in self.columns for name in column.filed())]))

    async def __aiter__(self) -> AsyncIterator[dict[str, Value]]:
        filed = {name: say for column in self.columns for name, say in column.filed().items()}
        after: str | None = None
        while True:
            rows, names, after = await self.backend.ask(self.actor, self.part, after)
            for row in rows:
                yield {"id": row.id} | {name: _machine(say(row, names)) for name, say in filed.items()}
            if after is None:
                return


async def as_csv(rows: FileRows) -> AsyncIterator[bytes]:
    head = rows.head()
    yield _line(head)
    async for row in rows:
        yield _line([harmless(row[name]) for name in head])


async def as_json(rows: FileRows) -> AsyncIterator[bytes]:
    """Write one array; a reader that is cut off sees that it does not end."""
    between = b"[\n"
    async for row in rows:
        yield between + orjson.dumps(row)
        between = b",\n"
    yield b"[]\n" if between == b"[\n" else b"\n]\n"


WRITERS: Final[Mapping[str, tuple[str, Callable[[FileRows], AsyncIterator[bytes]]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
}


def _machine(value: Value) -> Value:
    """Write a value as machines read it: UTC moments and days by ISO 8601, decimals and names as text."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)


def harmless(value: Value) -> str:
    """Keep a spreadsheet from running a cell as a formula; numbers stay numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    cell = "" if value is None else str(value)
    bare = cell.removeprefix("-").replace(".", "", 1)
    return f"'{cell}" if cell.startswith(_FORMULA) and not bare.isdecimal() else cell


def _line(cells: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()
