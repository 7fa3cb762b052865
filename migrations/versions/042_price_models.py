"""How brackets of use are priced, what setting up costs, and what the use of a period is charged at least."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers

revision: str = "042"
down_revision: str | None = "041"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _amount(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "plans": [_amount("setup_price_cents"), _amount("minimum_use_cents")],
        "plan_versions": [_amount("setup_price_cents"), _amount("minimum_use_cents")],
        "plan_usage_pricing": [
            sa.Column("price_model", sa.String(length=20), server_default=sa.text("'graduated'"), nullable=False),
            _amount("flat_price_cents"),
        ],
        "subscription_periods": [_amount("setup_price_cents")],
    }


def _present(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns(table)}


def _drop_triggers() -> None:
    """Take the triggers off that name the columns of versions: they are to name the new ones, too."""
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def upgrade() -> None:
    _drop_triggers()
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)
    triggers.install(op.get_bind())


def downgrade() -> None:
    _drop_triggers()
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name in present:
                op.drop_column(table, column.name)
    triggers.install(op.get_bind())
