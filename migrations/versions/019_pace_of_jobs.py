"""The pace of each job beside what it last did, so that lateness can be told without the timetable."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "019"
down_revision: str | None = "018"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("job_leases", sa.Column("every_seconds", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("job_leases") as table:
        table.drop_column("every_seconds")
