"""
Moves of subscribers to another version of their plan, and what was announced to each.

Whose price an operator had agreed on is told by the audit log: no move touches it.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers, types

revision: str = "018"
down_revision: str | None = "017"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_INDEX: Final = "ix_subscriptions_plan_move_id"
_LIVE: Final = "uq_subscriptions_live_key"


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("has_agreed_price", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("plan_move_id", types.IdString, nullable=True),
        sa.Column("next_plan_version", sa.BigInteger(), nullable=True),
        sa.Column("next_plan_version_at", types.UTCDateTime(), nullable=True),
        sa.Column("next_version_price_cents", sa.BigInteger(), nullable=True),
    ]


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("subscriptions")}


def _live_key() -> sa.Column[Any]:
    """The generated column as revision 014 wrote it."""
    status, pack = (sa.literal_column(name, sa.String) for name in ("status", "pack_subscription_id"))
    tenant, service = (sa.literal_column(name, sa.String) for name in ("tenant_id", "service_id"))
    counts = sa.and_(
        status.not_in(["cancelled", "expired"]),
        pack.is_(None),
        sa.literal_column("is_one_time", sa.Boolean) == sa.literal(0, sa.Integer),
    )
    key = sa.case((counts, tenant + sa.literal(":", sa.String) + service), else_=sa.null())
    return sa.Column("live_key", sa.String(length=80), sa.Computed(key, persisted=True), nullable=True)


def _drop_triggers() -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def upgrade() -> None:
    op.create_table(
        "plan_moves",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("plan_id", types.IdString, nullable=False),
        sa.Column("plan_version", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column(
            "status",
            sa.Enum("announced", "cancelled", name="planmovestatus", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("notice_days", sa.BigInteger(), nullable=False),
        sa.Column("notice_ends_at", types.UTCDateTime(), nullable=False),
        sa.Column("subscriptions", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("announced_by", sa.String(length=100), nullable=False),
        sa.Column("cancelled_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id", "plan_version"],
            ["plan_versions.plan_id", "plan_versions.number"],
            name=op.f("fk_plan_moves_plan_id_plan_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_moves")),
        if_not_exists=True,
    )
    op.create_index("ix_plan_moves_history", "plan_moves", ["plan_id", "created_at"], if_not_exists=True)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:  # a generated column stays the last one: what is added behind it is read as part of its expression
        _drop_triggers()
        with op.batch_alter_table("subscriptions", schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(_LIVE), type_="unique")
            batch_op.drop_column("live_key")
    present = _present()
    for column in _columns():
        if column.name not in present:
            op.add_column("subscriptions", column)
    if is_sqlite:
        with op.batch_alter_table("subscriptions", schema=None) as batch_op:
            batch_op.add_column(_live_key())
            batch_op.create_unique_constraint(batch_op.f(_LIVE), ["live_key"])
        triggers.install(op.get_bind())
    op.create_index(_INDEX, "subscriptions", ["plan_move_id"], if_not_exists=True)
    op.execute(
        "UPDATE subscriptions SET has_agreed_price = 1 WHERE id IN "
        "(SELECT resource_id FROM audit_log WHERE action = 'subscription.price_agreed')"
    )


def downgrade() -> None:
    op.drop_index(_INDEX, "subscriptions", if_exists=True)
    present = _present()
    for column in _columns():
        if column.name in present:
            op.drop_column("subscriptions", column.name)
    op.drop_table("plan_moves", if_exists=True)
