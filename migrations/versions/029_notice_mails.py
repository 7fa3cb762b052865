"""When a notice is due to be mailed; what is there now has been read or is old, and is not."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "029"
down_revision: str | None = "028"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("notifications")}


def upgrade() -> None:
    if "mail_due_at" not in _present():
        op.add_column("notifications", sa.Column("mail_due_at", types.UTCDateTime(), nullable=True))
    op.create_index("ix_notifications_mail_due", "notifications", ["mail_due_at"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index("ix_notifications_mail_due", table_name="notifications", if_exists=True)
    if "mail_due_at" in _present():
        op.drop_column("notifications", "mail_due_at")
