"""Operators' views of tenants' portals."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "023"
down_revision: str | None = "022"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "portal_views",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("operator_id", types.IdString, nullable=False),
        sa.Column("operator_name", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ticket", sa.String(length=100), nullable=False),
        sa.Column("begun_at", types.UTCDateTime(), nullable=False),
        sa.Column("ends_at", types.UTCDateTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_views")),
        if_not_exists=True,
    )
    for column in ("partner_id", "tenant_id"):
        op.create_index(f"ix_portal_views_{column}", "portal_views", [column], unique=False, if_not_exists=True)
    op.create_index("ix_portal_views_running", "portal_views", ["operator_id", "ends_at"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("portal_views")
