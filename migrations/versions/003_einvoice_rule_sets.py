"""Official e-invoice rule sets become data that operators install."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "003"
down_revision: str | None = "002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "einvoice_rule_sets",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("profiles", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("stylesheet", sa.String(length=255), nullable=False),
        sa.Column("archive", sa.LargeBinary(length=16777216), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("installed_at", types.UTCDateTime(), nullable=False),
        sa.Column("installed_by", sa.String(length=100), nullable=False),
        sa.Column("retired_at", types.UTCDateTime(), nullable=True),
        sa.Column("retired_by", sa.String(length=100), nullable=True),
        sa.Column("retire_reason", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_einvoice_rule_sets")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_einvoice_rule_sets_name_version")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("einvoice_rule_sets")
