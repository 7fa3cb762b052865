"""How the CSV files of a bank account are read: one mapping for each account of a seller."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "041"
down_revision: str | None = "040"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_TABLE = "bank_csv_mappings"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("mapping", types.JsonDocument, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_csv_mappings")),
        sa.UniqueConstraint("partner_id", "iban", name=op.f("uq_bank_csv_mappings_partner_id_iban")),
        if_not_exists=True,
    )
    op.create_index("ix_bank_csv_mappings_partner_id", _TABLE, ["partner_id"], unique=False, if_not_exists=True)


def downgrade() -> None:
    op.drop_table(_TABLE, if_exists=True)
