"""What both databases really hold is what the models describe, and every way to differ from it is said."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from migrations.schema import described
from scaicontrol.db import migrate, schema
from scaicontrol.db.engine import Database
from tests.databases import sqlite_url

# What somebody might do to a table by hand, and what is said about it.
ON_MARIADB = {
    "ALTER TABLE invoices MODIFY created_at DATETIME NOT NULL": "column invoices.created_at: the models say "
    "datetime(6) NOT NULL, the database has datetime NOT NULL.",
    "ALTER TABLE invoices MODIFY total_cents BIGINT UNSIGNED NOT NULL": "column invoices.total_cents",
    "ALTER TABLE invoices MODIFY tax_cents INT NOT NULL": "column invoices.tax_cents",
    "ALTER TABLE uploads MODIFY path VARCHAR(200) COLLATE utf8mb4_bin NOT NULL": "utf8mb4_bin NOT NULL.",
    "ALTER TABLE audit_log MODIFY change_plan_id VARCHAR(36)": "column audit_log.change_plan_id",
    "ALTER TABLE service_registry MODIFY name VARCHAR(60) NOT NULL": "column service_registry.name",
    "ALTER TABLE service_registry MODIFY version VARCHAR(64)": "column service_registry.version",
    "ALTER TABLE uploads MODIFY bytes BIGINT NOT NULL DEFAULT 0": "column uploads.bytes",
    "ALTER TABLE uploads ADD nobody_knows BIGINT": "column uploads.nobody_knows: the models say nothing of it",
    "ALTER TABLE uploads DROP width": "column uploads.width",
    "ALTER TABLE uploads MODIFY height DECIMAL(18,6)": "column uploads.height",
    "ALTER TABLE service_registry MODIFY last_reported LONGTEXT COLLATE utf8mb4_bin": "check service_registry."
    "last_reported: the models say json_validlast_reported, the database has none.",
    "ALTER TABLE invoice_templates MODIFY css_content TEXT NOT NULL": "column invoice_templates.css_content",
    "DROP INDEX ix_invoices_feed ON invoices": "index ix_invoices_feed",
    "ALTER TABLE uploads DROP INDEX ix_uploads_owner_partner_id, ADD INDEX ix_uploads_owner_partner_id (path)": "index "
    "ix_uploads_owner_partner_id: the models say uploads (owner_partner_id), the database has uploads (path).",
    "ALTER TABLE uploads DROP INDEX uq_uploads_path, ADD UNIQUE uq_uploads_path (path(20))": "unique uq_uploads_path",
    "ALTER TABLE service_registry ADD CONSTRAINT positive CHECK (config_version > 0)": "check positive",
    "ALTER TABLE tenants DROP FOREIGN KEY fk_tenants_partner_id": "reference fk_tenants_partner_id",
    "DROP TRIGGER keep_audit_log_on_delete": "trigger keep_audit_log_on_delete",
}  # fmt: skip
ON_SQLITE = {
    "DROP INDEX ix_invoices_feed": "index ix_invoices_feed",
    "DROP TRIGGER keep_audit_log_on_delete": "trigger keep_audit_log_on_delete",
    "ALTER TABLE uploads ADD nobody_knows BIGINT": "column uploads.nobody_knows: the models say nothing of it",
    "ALTER TABLE uploads DROP width": "column uploads.width",
}
# SQLite cannot alter these; whoever edits its own catalogue can.
IN_THE_CATALOGUE = {
    ("invoices", "amount_due_cents BIGINT", "amount_due_cents TEXT"): "column invoices.amount_due_cents",
    ("invoices", "tax_cents BIGINT NOT NULL", "tax_cents BIGINT"): "column invoices.tax_cents",
    ("uploads", "bytes BIGINT", "bytes BIGINT DEFAULT 0"): "column uploads.bytes",
    ("service_registry", "slug VARCHAR(64)", "slug VARCHAR(64) COLLATE NOCASE"): "column service_registry.slug: the "
    "models say VARCHAR(64) NOT NULL, the database has VARCHAR(64) COLLATE NOCASE NOT NULL.",
    ("tenants", "REFERENCES partners (id)", "REFERENCES partners (id) ON DELETE CASCADE"): "reference "
    "fk_tenants_partner_id",
    ("uploads", "UNIQUE (path)", "UNIQUE (path, bytes)"): "unique uq_uploads_path",
    ("service_registry", "CONSTRAINT pk_service_registry PRIMARY KEY (id)", "PRIMARY KEY (id, slug)"): "key of "
    "service_registry: the models say (id), the database has (id, slug).",
}  # fmt: skip


@pytest.fixture
def migrated(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own, brought up by the revisions."""
    if dialect == "sqlite":
        url = sqlite_url(tmp_path / "migrated.db")
        migrate.upgrade(url)
        yield url
        return
    server = request.getfixturevalue("mariadb_server")
    server.sql("CREATE DATABASE held CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    migrate.upgrade(server.url("held"))
    yield server.url("held")
    server.sql("DROP DATABASE held")


async def differences(url: str) -> list[str]:
    database = Database(url)
    try:
        return await schema.differences(database, described())
    finally:
        await database.dispose()


async def test_the_revisions_arrive_at_the_models_to_the_last_digit(migrated: str):
    assert await differences(migrated) == []


@pytest.mark.parametrize("dialect", [pytest.param("mariadb", marks=pytest.mark.mariadb)])
async def test_mariadb_says_every_way_to_differ(migrated: str, request: pytest.FixtureRequest):
    server = request.getfixturevalue("mariadb_server")
    for statement in ON_MARIADB:
        server.sql(f"USE held; {statement}")
    expect(await differences(migrated), ON_MARIADB.values())


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_sqlite_says_every_way_to_differ(migrated: str):
    connection = sqlite3.connect(str(make_url(migrated).database))
    for statement in ON_SQLITE:
        connection.execute(statement)
    connection.execute("PRAGMA writable_schema = ON")
    for table, was, becomes in IN_THE_CATALOGUE:
        edit = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = ? AND instr(sql, ?)"
        assert connection.execute(edit, (was, becomes, table, was)).rowcount == 1, (table, was)
    connection.commit()
    connection.close()
    expect(await differences(migrated), [*ON_SQLITE.values(), *IN_THE_CATALOGUE.values()])


def expect(said: list[str], about: Iterable[str]) -> None:
    """Every change is said, and nothing else is."""
    wanted = list(about)
    assert [phrase for phrase in wanted if not any(phrase in sentence for sentence in said)] == []
    assert [sentence for sentence in said if not any(phrase in sentence for phrase in wanted)] == []
