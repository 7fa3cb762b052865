"""
A clean, migrated database for each test, on SQLite and on MariaDB.

Code under test opens its own connections and commits, so nothing can be rolled back: SQLite gets a copy of a migrated
file, MariaDB keeps one migrated database per worker whose rows are cleared after each test.
"""

import asyncio
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Dialect, NullPool, Table, text
from sqlalchemy.exc import NoReferencedTableError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

import scaicontrol.services
from migrations.schema import described
from scaicontrol.db import Model, migrate
from scaicontrol.db.engine import Database
from scaicontrol.db.tenant_filter import Capability

TAMPERING = Capability("tests:tampering", "What no session would do is done to the rows, to see who notices.")


_CAPACITY: Final = 20_000  # every statement of the product, in each shape the tests give it
_KEPT: Final[dict[str, tuple[Dialect, LRUCache[Any, Any]]]] = {}  # by the name of the dialect


async def keep_statements(url: str) -> None:
    """Begin to keep what the product's engines on this kind of database compile."""
    database = Database(url)
    await database.check()  # a dialect learns at its first connection what server it speaks to
    dialect = database.writer.sync_engine.dialect
    _KEPT[dialect.name] = dialect, LRUCache(_CAPACITY)
    await database.dispose()


def with_kept_statements(database: Database) -> Database:
    """Let an engine use what those before it compiled; each would compile all anew, half of a short test's time."""
    for engine in {database.writer.sync_engine, database.reader.sync_engine}:
        if engine.dialect.name in _KEPT:
            engine.dialect, engine._compiled_cache = _KEPT[engine.dialect.name]
    return database


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def create_schema(url: str) -> None:
    """Bring an empty database to the newest revision."""
    if migrate.head():
        await asyncio.to_thread(migrate.upgrade, url)
        return
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(Model.metadata.create_all, tables=_known_tables())
    await engine.dispose()


def _known_tables() -> list[Table]:
    """While there is no revision yet: every table whose parents exist, so that features can be built side by side."""
    try:
        described()
    except Exception as error:  # noqa: BLE001  # a neighbour's unfinished file must not stop this feature's tests
        print(f"Some features cannot be imported yet: {error!r}", file=sys.stderr)
        for module in pkgutil.iter_modules(scaicontrol.services.__path__, "scaicontrol.services."):
            try:
                importlib.import_module(module.name)
            except Exception as broken:  # noqa: BLE001  # as above
                print(f"{module.name}: {broken!r}", file=sys.stderr)
    tables = set(Model.metadata.tables.values())
    while orphans := {table for table in tables if not _parents_among(tables, table)}:
        print("Tables without their parents are left out:", *sorted(orphan.name for orphan in orphans), file=sys.stderr)
        tables -= orphans
    return list(tables)


def _parents_among(tables: set[Table], table: Table) -> bool:
    try:
        return all(key.column.table in tables for key in table.foreign_keys)
    except NoReferencedTableError:
        return False


class Cleaner:
    """Empties the tables of one MariaDB database that hold rows, and puts back what the revisions themselves wrote."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(url, pool_size=1)
        self._find = ""
        self._guarded: set[str] = set()
        self._seeded: set[str] = set()

    async def learn(self) -> None:
        """Look at the freshly migrated schema once."""
        async with self._engine.begin() as connection:
            names = await _column(
                connection,
                "SELECT table_name FROM information_schema.tables WHERE table_schema = database() "
                "AND table_type = 'BASE TABLE' AND table_name <> 'alembic_version'",
            )
            self._find = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM `{name}`)" for name in names)
            self._guarded = set(
                await _column(
                    connection,
                    "SELECT DISTINCT event_object_table FROM information_schema.triggers "
                    "WHERE trigger_schema = database() AND event_manipulation = 'DELETE'",
                )
            )
            for name in await _column(connection, self._find):
                self._seeded.add(name)
                await connection.execute(text(f"CREATE TABLE `seed of {name}` AS SELECT * FROM `{name}`"))

    async def clear(self) -> None:
        async with self._engine.begin() as connection:
            touched = await _column(connection, self._find)
            if not touched:
                return
            await connection.execute(text("SET foreign_key_checks = 0"))
            for name in touched:
                # TRUNCATE does not fire the triggers that protect sealed rows, but costs a file: only where it must.
                verb = "TRUNCATE TABLE" if name in self._guarded else "DELETE FROM"
                await connection.execute(text(f"{verb} `{name}`"))
            for name in self._seeded:
                await connection.execute(text(f"INSERT INTO `{name}` SELECT * FROM `seed of {name}`"))
            await connection.execute(text("SET foreign_key_checks = 1"))

    async def dispose(self) -> None:
        await self._engine.dispose()


async def _column(connection: AsyncConnection, query: str) -> list[str]:
    return list((await connection.execute(text(query))).scalars())
