"""What a tenant wants the use of a service to cost in a period, and when it wants to be told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "031"
down_revision: str | None = "037"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_BUDGETS = "usage_budgets"
_INDEXES = {
    "ix_usage_budgets_tenant_id": ["tenant_id"],
    "ix_usage_budgets_partner_id": ["partner_id"],
}


def upgrade() -> None:
    op.create_table(
        _BUDGETS,
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("percents", types.JsonDocument, nullable=False),
        sa.Column("on_forecast", sa.Boolean(), nullable=False),
        sa.Column("removed_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_budgets")),
        sa.UniqueConstraint("tenant_id", "service_id", name=op.f("uq_usage_budgets_tenant_id_service_id")),
        if_not_exists=True,
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, _BUDGETS, columns, if_not_exists=True)


def downgrade() -> None:
    op.drop_table(_BUDGETS, if_exists=True)
