"""Engines with the settings that lose nothing, and the sessions they hand out."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from .platform import Capability, raw_entry
from .tenant_filter import STATUS_ONLY, UNBOUND, Scope, ScopedSession, guard

# Snapshot isolation makes a lost update an error (1020) instead of silence; sync_wait makes a read on another node see
# what was just committed here. Neither is the server's default on MariaDB 10.11.
_MARIADB_SESSION = (
    "SET SESSION innodb_snapshot_isolation=ON, wsrep_sync_wait=1, innodb_lock_wait_timeout=5, time_zone='+00:00', "
    "tx_isolation='REPEATABLE-READ', sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'"
)

_PAUSE_SECONDS = 1.0
_READ_ONLY = "the server is read-only."


class Database:
    """
    One logical database: a writer for units of work and a reader for questions.

    On Galera the writer may be one chosen node (DB_WRITER_URL); on SQLite the writer takes its lock at BEGIN, because a
    deferred one loses updates, and readers do not wait for it (WAL).
    """

    def __init__(self, url: str, writer_url: str = "", *, pool_size: int = 10, max_overflow: int = 10) -> None:
        self.url = url
        self._names_writer = bool(writer_url)
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.writer = self._connect(writer_url or url, pool_size, max_overflow, begin="BEGIN IMMEDIATE")
        shared = not self.is_sqlite and writer_url in ("", url)
        self.reader = self.writer if shared else self._connect(url, pool_size, max_overflow, begin="BEGIN")

    def _connect(self, url: str, pool_size: int, max_overflow: int, *, begin: str) -> AsyncEngine:
        if self.is_sqlite:
            engine = create_async_engine(_existing(url), pool_size=pool_size, max_overflow=max_overflow)
            _keep_sqlite_honest(engine, begin)
        else:
            engine = create_async_engine(
                url,
                pool_size=pool_size,
                max_overflow=max_overflow,
                pool_recycle=1800,
                connect_args={"init_command": _MARIADB_SESSION, "charset": "utf8mb4"},
            )
            _ping_after_a_pause(engine)
        guard(engine.sync_engine)
        return engine

    def session(self, scope: Scope, *, read_only: bool = False) -> AsyncSession:
        """Open a session that belongs to `scope` until it is closed."""
        return AsyncSession(
            self.reader if read_only else self.writer,
            sync_session_class=ScopedSession,
            expire_on_commit=False,
            info={"scope": scope, "is_read_only": read_only},
        )

    def session_within(self, connection: AsyncConnection, scope: Scope, *, read_only: bool = False) -> AsyncSession:
        """Open a session whose commits are only steps of the transaction that `connection` is in."""
        return AsyncSession(
            connection,
            sync_session_class=ScopedSession,
            expire_on_commit=False,
            info={"scope": scope, "is_read_only": read_only},
            join_transaction_mode="create_savepoint",
        )

    @asynccontextmanager
    async def platform_sql(self, capability: Capability) -> AsyncIterator[Any]:
        """Give a raw connection for what no session can say; its transaction begins with an audit entry."""
        async with self.writer.connect() as connection:
            await connection.execution_options(**UNBOUND)
            await connection.execute(raw_entry(capability))
            yield connection

    @asynccontextmanager
    async def structure(self) -> AsyncIterator[Any]:
        """Give a raw connection for the schema itself: it may lack the very table an audit entry would stand in."""
        async with self.writer.connect() as connection:
            await connection.execution_options(**UNBOUND)
            yield connection

    @asynccontextmanager
    async def server_status(self, engine: AsyncEngine | None = None) -> AsyncIterator[Any]:
        """Give a raw connection that may ask how the server is, the writer's unless told otherwise, and for no row."""
        async with (engine or self.writer).connect() as connection:
            await connection.execution_options(**STATUS_ONLY)
            yield connection

    async def check(self) -> list[str]:
        """List what makes this database unsafe to use, in words; an empty list means ready. Raises when it is away."""
        problems = await self._check(self.writer, names_writer=self._names_writer)
        if self.reader is not self.writer and not self.is_sqlite:
            told = await self._check(self.reader, names_writer=True)
            problems += [f"DATABASE_URL, for reading: {problem}" for problem in told if problem != _READ_ONLY]
        return problems

    async def _check(self, engine: AsyncEngine, *, names_writer: bool) -> list[str]:
        async with self.server_status(engine) as connection:
            if self.is_sqlite:
                await connection.execute(text("SELECT count(*) FROM sqlite_master"))
                return []
            rows = await connection.execute(
                text(
                    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'wsrep_on', "
                    "'binlog_format', 'read_only', 'wsrep_provider')"
                )
            )
            variables: dict[str, str] = {row[0]: row[1] for row in rows}
            status: dict[str, str] = {}
            if _is_of_cluster(variables):
                rows = await connection.execute(text("SHOW GLOBAL STATUS LIKE 'wsrep_%'"))
                status = {row[0]: row[1] for row in rows}
        return _unsafe(variables, status, names_writer=names_writer)

    async def dispose(self) -> None:
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()


def missing_file(url: str) -> Path | None:
    """Name the file of an SQLite database that is not there."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    path = Path(parsed.database)
    return None if path.exists() else path


def _existing(url: str) -> URL:
    """Open an SQLite file only where there is one: a mistyped folder must not become an empty database."""
    parsed = make_url(url)
    if not parsed.database:
        return parsed
    return parsed.set(database=f"file:{quote(parsed.database)}").update_query_dict({"mode": "rw", "uri": "true"})


def _is_of_cluster(variables: dict[str, str]) -> bool:
    """Tell a node by the provider it loaded: `wsrep_on` can be switched off while it runs."""
    return variables.get("wsrep_on") == "ON" or variables.get("wsrep_provider", "none") not in ("", "none")


def _unsafe(variables: dict[str, str], status: dict[str, str], *, names_writer: bool) -> list[str]:
    """Name each server variable that could lose money, and each sign that a node is outside its cluster."""
    problems = []
    if variables.get("innodb_flush_log_at_trx_commit") != "1":
        problems.append("innodb_flush_log_at_trx_commit is not 1: acknowledged commits die with the server.")
    if variables.get("read_only", "OFF") not in ("OFF", "0"):
        problems.append(_READ_ONLY)
    if _is_of_cluster(variables):
        if variables.get("wsrep_on") != "ON":
            problems.append("wsrep_on is OFF on a node of a cluster: what is committed here reaches no other node.")
        if status.get("wsrep_cluster_status") != "Primary":
            problems.append("the node is not part of the primary cluster.")
        if status.get("wsrep_ready") != "ON":
            problems.append("the node is not ready (wsrep_ready).")
        if variables.get("binlog_format") != "ROW":
            problems.append("binlog_format is not ROW, which Galera needs.")
        if not names_writer and status.get("wsrep_cluster_size", "1") != "1":
            problems.append(
                "the database is a cluster and DB_WRITER_URL is not set: set it to the node, or the proxy, that takes "
                "all writes."
            )
    return problems


def _ping_after_a_pause(engine: AsyncEngine) -> None:
    """Ask a pooled connection whether it is still there only when it has rested: each ask is a round trip."""

    @event.listens_for(engine.sync_engine, "checkin")
    def _rest(_: Any, record: Any) -> None:
        record.info["resting_since"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def _wake(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info.get("resting_since", math.inf) < _PAUSE_SECONDS:
            return
        dialect = engine.sync_engine.dialect
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool replaces it


def _keep_sqlite_honest(engine: AsyncEngine, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late and loses updates
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)
