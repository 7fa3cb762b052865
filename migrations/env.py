"""How Alembic runs a revision: on the URL it was given, else on DATABASE_URL."""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from migrations.schema import described
from scaicontrol.core.settings import Settings
from scaicontrol.db import types


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our own column types by name; a revision reads like the models."""
    if kind == "type":
        if repr(item) == repr(types.IdString) and item._variant_mapping == types.IdString._variant_mapping:  # noqa: SLF001  # nothing public tells two variants apart
            return "types.IdString"
        if type(item).__module__ == types.__name__:
            return f"types.{item!r}"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=described(),
        compare_type=True,
        compare_server_default=True,
        render_item=_render,
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


asyncio.run(_connect(context.config.attributes.get("url") or Settings().effective_database_url))
