"""
What a provider says of a payment and could not be booked, and what a person decided.

A payment that waits already says so in its message; what it says is written where it can be decided on.
"""

import re
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "021"
down_revision: str | None = "020"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_SAID: Final = re.compile(r"reports (-?\d+|None) ([A-Z]{3}),")
_PAYMENTS: Final = sa.table(
    "payments",
    sa.column("id", sa.String),
    sa.column("amount_cents", sa.BigInteger),
    sa.column("failure_code", sa.String),
    sa.column("failure_message", sa.Text),
    sa.column("reported_cents", sa.BigInteger),
    sa.column("reported_currency", sa.String),
)


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("reported_cents", sa.BigInteger(), nullable=True),
        sa.Column("reported_currency", sa.String(length=3), nullable=True),
        sa.Column("mismatch_decision", sa.String(length=20), nullable=True),
    ]


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("payments")}


def upgrade() -> None:
    present = _present()
    for column in _columns():
        if column.name not in present:
            op.add_column("payments", column)
    waiting = sa.select(_PAYMENTS).where(_PAYMENTS.c.failure_code == "provider_mismatch")
    for row in op.get_bind().execute(waiting).all():
        said = _SAID.search(row.failure_message or "")
        if said is None:
            continue
        cents = row.amount_cents if said[1] == "None" else int(said[1])
        told = {"reported_cents": cents, "reported_currency": said[2]}
        op.get_bind().execute(_PAYMENTS.update().where(_PAYMENTS.c.id == row.id).values(told))


def downgrade() -> None:
    present = _present()
    for column in _columns():
        if column.name in present:
            op.drop_column("payments", str(column.name))
