"""
Accounts that sellers have at payment providers; what was taken so far was taken by the installation's own.

The same name at two accounts is two things, so the account is part of every key of what a provider named.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers, types

revision: str = "043"
down_revision: str | None = "042"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_TABLE: Final = "provider_accounts"
_NAMED: Final = ("payment_methods", "payments", "disputes", "inbound_webhook_events")
_OLD: Final = ("provider", "external_id")
_NEW: Final = ("provider", "account_id", "external_id")


def _key(table: str, columns: Sequence[str]) -> str:
    return f"uq_{table}_{'_'.join(columns)}"


def _uniques(table: str) -> set[str]:
    found = sa.inspect(op.get_bind()).get_unique_constraints(table)
    return {str(each["name"]) for each in found}


def _columns(table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _drop_triggers() -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def _named_by(table: str, columns: Sequence[str], instead_of: Sequence[str]) -> None:
    """Let what a provider names be one of its kind per these columns; a run that was cut off is gone on with."""
    known, new, old = _uniques(table), _key(table, columns), _key(table, instead_of)
    with op.batch_alter_table(table, schema=None) as batch:
        if new not in known:
            batch.create_unique_constraint(batch.f(new), list(columns))
        if old in known:
            batch.drop_constraint(batch.f(old), type_="unique")


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("config", types.JsonDocument, nullable=False),
        sa.Column("currencies", types.JsonDocument, nullable=False),
        sa.Column("countries", types.JsonDocument, nullable=False),
        sa.Column("preference", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_accounts")),
        if_not_exists=True,
    )
    for name, columns in (
        ("ix_provider_accounts_partner_id", ["partner_id"]),
        ("ix_provider_accounts_listed", ["created_at", "id"]),
    ):
        op.create_index(name, _TABLE, columns, unique=False, if_not_exists=True)
    for table in _NAMED:
        if "account_id" not in _columns(table):
            column = sa.Column("account_id", types.IdString, server_default="installation", nullable=False)
            op.add_column(table, column)
    _drop_triggers()
    for table in _NAMED:
        _named_by(table, _NEW, _OLD)
    triggers.install(op.get_bind())


def downgrade() -> None:
    _drop_triggers()
    for table in _NAMED:
        _named_by(table, _OLD, _NEW)
        if "account_id" in _columns(table):
            with op.batch_alter_table(table, schema=None) as batch:
                batch.drop_column("account_id")
    op.drop_table(_TABLE, if_exists=True)
    triggers.install(op.get_bind())
