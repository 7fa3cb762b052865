"""Which template each paper about an account was made with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "008"
down_revision: str | None = "007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_TABLE = "account_papers"


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("template_id", types.IdString, nullable=True),
        sa.Column("template_version", sa.BigInteger(), nullable=True),
    ]


def _present() -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added one of them."""
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(_TABLE)}


def upgrade() -> None:
    present = _present()
    for column in _columns():
        if column.name not in present:
            op.add_column(_TABLE, column)


def downgrade() -> None:
    present = _present()
    for column in _columns():
        if column.name in present:
            op.drop_column(_TABLE, column.name)
