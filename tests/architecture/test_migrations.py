"""The revisions arrive at the schema the models describe, and lead back."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Constraint,
    Engine,
    Index,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    select,
    text,
    update,
)

from migrations.schema import described
from scaicontrol.db import migrate
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.registry.models import Service
from scaicontrol.services.tenants.models import BillingProfile
from tests.databases import sqlite_url

LONGEST_NAME = 64  # in MariaDB

revisions = pytest.mark.skipif(migrate.head() is None, reason="There is no revision yet.")


def _table(model: Any) -> Any:
    return model.__table__


def _as_it_was(model: Any, engine: Engine) -> Any:
    """Give a table with the columns it has by now: those of later revisions are not written to."""
    there = {column["name"] for column in inspect(engine).get_columns(model.__tablename__)}
    kept = [column for column in model.__table__.c if column.name in there]
    columns = [Column(each.name, each.type, default=each.default and each.default.arg) for each in kept]
    return Table(model.__tablename__, MetaData(), *columns)


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


BEFORE_TEXT_WAS_CLEANED = "009"


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_text_that_was_stored_with_what_nobody_meant_is_cleaned_and_sealed_text_is_not(empty_database: str):
    migrate.upgrade(empty_database, BEFORE_TEXT_WAS_CLEANED)
    engine = create_engine(empty_database.replace("+aiosqlite", ""))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    common = {"tenant_id": "tnt_1", "partner_id": "prt_1", "created_at": at, "updated_at": at}
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        connection.execute(
            insert(_table(BillingProfile)).values(
                company_name="\ufeffAcme\u200b",
                address_line1="Floor 3\u2028Door B",
                city="Zu\u0308rich",
                version=3,
                **common,
            )
        )
        connection.execute(
            insert(_table(Service)).values(
                id="svc_1", slug="crm", name="ScaiCRM\u200b", app_id="crm", created_at=at, updated_at=at,
                metrics=[{"slug": "calls", "name": "Ca\u2060lls", "unit": "call", "kind": "counter"}],
            )
        )  # fmt: skip
        for invoice_id in ("inv_draft", "inv_sealed"):
            connection.execute(
                insert(_as_it_was(Invoice, engine)).values(id=invoice_id, currency="EUR", notes="No\u200bte", **common)
            )
            connection.execute(
                insert(_table(InvoiceLine)).values(
                    id=f"ili_{invoice_id}", invoice_id=invoice_id, order_index=1, description="Pro\u200b", quantity=1,
                    unit_price_cents=1, amount_cents=1, **common,
                )
            )  # fmt: skip
        connection.execute(update(_table(Invoice)).where(Invoice.id == "inv_sealed").values(finalized_at=at))
    migrate.upgrade(empty_database)
    with engine.begin() as connection:
        profile = BillingProfile.__table__.c
        named = connection.execute(select(profile.company_name, profile.address_line1, profile.city)).one()
        assert tuple(named) == ("Acme", "Floor 3\nDoor B", "Zürich")
        name, metrics = connection.execute(select(Service.__table__.c.name, Service.__table__.c.metrics)).one()
        assert (name, metrics[0]["name"]) == ("ScaiCRM", "Calls")
        lines = connection.execute(select(InvoiceLine.invoice_id, InvoiceLine.description)).all()
        assert {row[0]: row[1] for row in lines} == {"inv_draft": "Pro", "inv_sealed": "Pro\u200b"}
        notes = connection.execute(select(Invoice.id, Invoice.notes)).all()
        assert {row[0]: row[1] for row in notes} == {"inv_draft": "Note", "inv_sealed": "No\u200bte"}
    engine.dispose()
