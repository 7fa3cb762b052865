"""Indexes for lists that were sorted whole to show their newest, and for what a search looks at."""

from collections.abc import Sequence
from typing import Final

from alembic import op

revision: str = "026"
down_revision: str | None = "025"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_INDEXES: Final = (
    ("ix_invoices_number", "invoices", ["number"]),
    ("ix_notifications_listed", "notifications", ["created_at", "id"]),
    ("ix_outgoing_mail_listed", "outgoing_mail", ["created_at", "id"]),
    ("ix_payments_external", "payments", ["external_id"]),
    ("ix_payments_listed", "payments", ["created_at", "id"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns, if_not_exists=True)


def downgrade() -> None:
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table, if_exists=True)
