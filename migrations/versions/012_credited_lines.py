"""
An index over what the key of a credited line names.

MariaDB had made one for the key itself. SQLite looked for the credit of each deleted line among all lines of its
tenant: a draft of five thousand took half a minute to go, in which nobody else could write.
"""

from collections.abc import Sequence
from typing import Final

from alembic import op

revision: str = "012"
down_revision: str | None = "011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_TABLE: Final = "invoice_line_items"
_WHOLE, _HALF = "ix_invoice_line_items_credited", "ix_invoice_line_items_credited_line_id"
_OF_THE_KEY: Final = "fk_invoice_line_items_tenant_id_credited_line_id"


def upgrade() -> None:
    op.create_index(_WHOLE, _TABLE, ["tenant_id", "credited_line_id"], if_not_exists=True)
    op.drop_index(_HALF, _TABLE, if_exists=True)


def downgrade() -> None:
    op.create_index(_HALF, _TABLE, ["credited_line_id"], if_not_exists=True)
    if op.get_bind().dialect.name != "sqlite":  # the key stands on an index, and may not be left without one
        op.create_index(_OF_THE_KEY, _TABLE, ["tenant_id", "credited_line_id"], if_not_exists=True)
    op.drop_index(_WHOLE, _TABLE, if_exists=True)
