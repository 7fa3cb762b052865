"""A pooled connection may die while it rests; who takes it next must not notice."""

import pytest
from sqlalchemy import text

from scaicontrol.db import engine
from scaicontrol.db.engine import Database


@pytest.mark.mariadb
async def test_a_connection_that_died_while_resting_is_replaced(mariadb_server, monkeypatch):
    monkeypatch.setattr(engine, "_PAUSE_SECONDS", 0)
    database = Database(mariadb_server.url(), pool_size=1, max_overflow=0)
    async with database.server_status() as connection:
        first = (await connection.execute(text("SELECT connection_id()"))).scalar_one()
    mariadb_server.sql(f"KILL {first}")
    async with database.server_status() as connection:
        assert (await connection.execute(text("SELECT connection_id()"))).scalar_one() != first
    await database.dispose()


@pytest.mark.mariadb
async def test_a_connection_that_was_just_used_is_not_asked(mariadb_server, monkeypatch):
    database = Database(mariadb_server.url(), pool_size=1, max_overflow=0)
    asked = 0
    dialect = database.writer.sync_engine.dialect
    ping = dialect.do_ping

    def counted(connection):
        nonlocal asked
        asked += 1
        return ping(connection)

    monkeypatch.setattr(dialect, "do_ping", counted)
    for _ in range(3):
        async with database.server_status() as connection:
            await connection.execute(text("SELECT 1"))
    assert asked == 0
    await database.dispose()
