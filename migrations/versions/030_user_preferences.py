"""What people chose for themselves: language, time zone, formats, theme; whoever chose nothing stays as they were."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "030"
down_revision: str | None = "033"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COLUMNS = {"language": 2, "time_zone": 64, "number_format": 20, "date_format": 20, "theme": 10}


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("users")}


def upgrade() -> None:
    present = _present()
    for name, length in COLUMNS.items():
        if name not in present:
            op.add_column("users", sa.Column(name, sa.String(length), nullable=True))


def downgrade() -> None:
    present = _present()
    for name in COLUMNS:
        if name in present:
            op.drop_column("users", name)
