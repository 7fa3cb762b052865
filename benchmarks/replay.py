"""Records the statements of a run and sends them again, raw, to a copy of the database it began from."""

import asyncio
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from .world import World

CONNECTIONS = 4
Statement = tuple[str, Any, bool]


@dataclass(slots=True)
class Recorder:
    """The committed transactions of each asyncio task, in their order."""

    engine: AsyncEngine
    done: dict[int, list[list[Statement]]] = field(default_factory=lambda: defaultdict(list))
    _open: dict[int, list[Statement]] = field(default_factory=lambda: defaultdict(list))

    def __enter__(self) -> Self:
        for name in ("before_cursor_execute", "commit", "rollback"):
            event.listen(self.engine.sync_engine, name, getattr(self, f"_{name}"))
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("before_cursor_execute", "commit", "rollback"):
            event.remove(self.engine.sync_engine, name, getattr(self, f"_{name}"))

    def clear(self) -> None:
        self.done.clear()
        self._open.clear()

    @property
    def statements(self) -> int:
        return sum(len(part) for parts in self.done.values() for part in parts)

    @property
    def commits(self) -> int:
        return sum(len(parts) for parts in self.done.values())

    def _before_cursor_execute(self, connection: Any, _: Any, sql: str, given: Any, __: Any, many: bool) -> None:
        self._open[id(connection)].append((sql, given, many))

    def _commit(self, connection: Any) -> None:
        if statements := self._open.pop(id(connection), None):
            self.done[id(asyncio.current_task())].append(statements)

    def _rollback(self, connection: Any) -> None:
        self._open.pop(id(connection), None)


async def replay(recorder: Recorder, connections: Sequence[Any]) -> None:
    """Send what was recorded: what one task did in its order, the tasks side by side."""
    waiting: Iterator[list[list[Statement]]] = iter(list(recorder.done.values()))

    async def one(connection: Any) -> None:
        for transactions in waiting:
            for statements in transactions:
                async with connection.cursor() as cursor:
                    for sql, given, many in statements:
                        await (cursor.executemany if many else cursor.execute)(sql, given)
                        if cursor.description:
                            await cursor.fetchall()
                await connection.commit()

    await asyncio.gather(*map(one, connections))


@dataclass(slots=True)
class Elsewhere:
    """A second database on the same server that is brought level before each round."""

    world: World
    connections: list[Any] = field(default_factory=list)

    async def follow(self) -> None:
        """Make the copy what the measured database is now, without its triggers: numbers come back in another order."""
        await self._close()
        await asyncio.to_thread(self._copy)
        for _ in range(CONNECTIONS):
            connection = await self.world.raw("elsewhere")
            # The rows that a replayed statement would wait for were locked in another order.
            async with connection.cursor() as cursor:
                await cursor.execute("SET SESSION innodb_snapshot_isolation=OFF")
            self.connections.append(connection)

    async def _close(self) -> None:
        for connection in self.connections:
            await connection.ensure_closed()
        self.connections.clear()

    def _copy(self) -> None:
        socket = f"--socket={self.world.server.folder}/sock"
        self.world.server.sql("DROP DATABASE IF EXISTS elsewhere")
        self.world.server.sql("CREATE DATABASE elsewhere CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        dump = subprocess.Popen(
            [
                "mariadb-dump",
                "--no-defaults",
                socket,
                "-uroot",
                "--skip-triggers",
                "--single-transaction",
                self.world.database,
            ],
            stdout=subprocess.PIPE,
        )
        subprocess.run(["mariadb", "--no-defaults", socket, "-uroot", "elsewhere"], stdin=dump.stdout, check=True)
        if dump.wait():
            raise RuntimeError("The database could not be copied.")


@asynccontextmanager
async def copied(world: World) -> AsyncIterator[Elsewhere]:
    elsewhere = Elsewhere(world)
    try:
        yield elsewhere
    finally:
        await elsewhere._close()
