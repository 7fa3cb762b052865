"""Change plans: what a verb would do, kept until somebody has it done."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "010"
down_revision: str | None = "009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "change_plans",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("tenant_id", types.IdString, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("arguments", types.JsonDocument, nullable=False),
        sa.Column("content", types.JsonDocument, nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("requires_approval", sa.Boolean(), nullable=False),
        sa.Column("policy_rule", sa.String(length=60), nullable=True),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_by_kind", sa.String(length=10), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=100), nullable=True),
        sa.Column("surface", sa.String(length=10), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("decided_at", types.UTCDateTime(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("started_at", types.UTCDateTime(), nullable=True),
        sa.Column("finished_at", types.UTCDateTime(), nullable=True),
        sa.Column("outcome", types.JsonDocument, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_plans")),
        if_not_exists=True,
    )
    with op.batch_alter_table("change_plans", schema=None) as batch_op:
        for name, columns in (
            ("ix_change_plans_feed", ["created_at", "id"]),
            ("ix_change_plans_status", ["status", "expires_at"]),
            ("ix_change_plans_creator", ["created_by", "plan_hash"]),
            ("ix_change_plans_partner_id", ["partner_id"]),
            ("ix_change_plans_tenant_id", ["tenant_id"]),
            ("ix_change_plans_on_behalf_of", ["on_behalf_of"]),
        ):
            batch_op.create_index(name, columns, unique=False, if_not_exists=True)


def downgrade() -> None:
    op.drop_table("change_plans")
