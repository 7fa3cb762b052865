"""How Alembic runs a revision: on the URL it was given, else on DATABASE_URL."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.operations import MigrationScript
from alembic.operations.ops import DropIndexOp, DropTableOp, MigrateOperation, ModifyTableOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, LargeBinary, Text, pool
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import create_async_engine

from migrations.schema import described
from scaicontrol.core.settings import Settings
from scaicontrol.db import types

SIZED = (mysql.MEDIUMBLOB, mysql.LONGBLOB, mysql.MEDIUMTEXT, mysql.LONGTEXT)


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our own column types by name; a revision reads like the models."""
    if kind == "type":
        if repr(item) == repr(types.IdString) and item._variant_mapping == types.IdString._variant_mapping:  # noqa: SLF001  # nothing public tells two variants apart
            return "types.IdString"
        if type(item).__module__ == types.__name__:
            return f"types.{item!r}"
    return False


def _compare_type(_: Any, __: Any, ___: Any, found: Any, described_type: Any) -> bool | None:
    """Know that MariaDB keeps BLOB(n) and TEXT(n) as the smallest of its sizes that holds n; None asks Alembic."""
    sized = isinstance(described_type, LargeBinary | Text) and described_type.length
    return False if sized and isinstance(found, SIZED) else None


def _tidy(_: MigrationContext, __: Any, scripts: list[MigrationScript]) -> None:
    """Let a downgrade drop a table at once: MariaDB refuses to drop the indexes of its foreign keys one by one."""
    for script in scripts:
        if (undo := script.downgrade_ops) is not None:
            dropped = {step.table_name for step in undo.ops if isinstance(step, DropTableOp)}
            undo.ops = list(_without_indexes_of(dropped, undo.ops))


def _without_indexes_of(tables: set[str], steps: Iterable[MigrateOperation]) -> Iterable[MigrateOperation]:
    for step in steps:
        if not (isinstance(step, DropIndexOp | ModifyTableOps) and step.table_name in tables):
            yield step


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=described(),
        compare_type=_compare_type,
        compare_server_default=True,
        render_item=_render,
        process_revision_directives=_tidy,
        # SQLite cannot alter a table: Alembic copies it instead.
        render_as_batch=connection.dialect.name == "sqlite",
        # MariaDB commits at every DDL statement; a revision that failed half-way must at least keep the ones before it.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _connect(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


# MariaDB notes for each table that it calls every primary key PRIMARY; operators need not read that sixty times.
logging.getLogger("asyncmy").setLevel(logging.ERROR)
asyncio.run(_connect(context.config.attributes.get("url") or Settings().effective_database_url))
