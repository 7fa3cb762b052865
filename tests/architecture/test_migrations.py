"""The revisions arrive at the schema the models describe, and lead back."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Constraint, Index, create_engine, inspect

from migrations.schema import described
from scaicontrol.db import migrate
from tests.databases import sqlite_url

LONGEST_NAME = 64  # in MariaDB

revisions = pytest.mark.skipif(migrate.head() is None, reason="There is no revision yet.")


@pytest.fixture
def empty_database(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if dialect == "sqlite":
        yield sqlite_url(tmp_path / "empty.db")
        return
    server = request.getfixturevalue("mariadb_server")
    server.sql("CREATE DATABASE migrations CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    yield server.url("migrations")
    server.sql("DROP DATABASE migrations")


@revisions
async def test_up_and_down_and_up_again(empty_database: str):
    for _ in range(2):
        await asyncio.to_thread(migrate.upgrade, empty_database)
        assert migrate.current(empty_database) == migrate.head()
        await asyncio.to_thread(migrate.downgrade, empty_database, "base")
        assert migrate.current(empty_database) is None


@revisions
async def test_the_revisions_say_what_the_models_say(empty_database: str):
    await asyncio.to_thread(migrate.upgrade, empty_database)
    await asyncio.to_thread(migrate.check, empty_database)


@revisions
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_downgrade_leaves_nothing(empty_database: str):
    migrate.upgrade(empty_database)
    migrate.downgrade(empty_database, "base")
    engine = create_engine(empty_database.replace("+aiosqlite", ""))
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_current_of_an_empty_database_is_none(empty_database: str):
    assert migrate.current(empty_database) is None


async def test_migrating_works_inside_a_running_loop(tmp_path: Path):
    (tmp_path / "var").mkdir()
    url = sqlite_url(tmp_path / "var" / "new.db")
    shutil.rmtree(tmp_path / "var")
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()


def test_every_table_has_a_primary_key_and_names_mariadb_accepts():
    for table in described().tables.values():
        assert table.primary_key.columns, f"{table.name} has no primary key; Galera needs one."
        parts: set[Constraint | Index] = {*table.constraints, *table.indexes}
        too_long = [part.name for part in parts if len(str(part.name or "")) > LONGEST_NAME]
        assert too_long == [], f"{table.name}: give these shorter names of their own."
