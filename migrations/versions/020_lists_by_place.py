"""Indexes for whoever reads invoices and subscriptions by place, and looks for a number's last part or an amount."""

from collections.abc import Sequence
from typing import Final

from alembic import op

revision: str = "020"
down_revision: str | None = "019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_INDEXES: Final = (
    ("ix_invoices_listed", "invoices", ["created_at", "id"]),
    ("ix_invoices_serial", "invoices", ["serial"]),
    ("ix_invoices_total", "invoices", ["total_cents"]),
    ("ix_subscriptions_listed", "subscriptions", ["created_at", "id"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns, if_not_exists=True)


def downgrade() -> None:
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table, if_exists=True)
