"""How far a keyed request of several transactions got, and which try that was."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "025"
down_revision: str | None = "024"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("recovery_points", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
    ]


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("idempotency_requests")}


def upgrade() -> None:
    there = _present()
    for column in _columns():
        if column.name not in there:
            op.add_column("idempotency_requests", column)


def downgrade() -> None:
    there = _present()
    for column in _columns():
        if column.name in there:
            op.drop_column("idempotency_requests", str(column.name))
