"""Jobs whose run failed are due again: how often in a row, which sets the pause."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "024"
down_revision: str | None = "023"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _is_there() -> bool:
    return any(column["name"] == "failed_runs" for column in sa.inspect(op.get_bind()).get_columns("job_leases"))


def upgrade() -> None:
    if not _is_there():
        op.add_column(
            "job_leases", sa.Column("failed_runs", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )


def downgrade() -> None:
    if _is_there():
        op.drop_column("job_leases", "failed_runs")
