"""
Links to pages of up to 5,000 characters, and how often a provider refused a refund.

Refunds that wait now go on under the key they have.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "027"
down_revision: str | None = "026"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("refunds")}


def _resize(before: int, after: int) -> None:
    with op.batch_alter_table("payments", schema=None) as batch:
        batch.alter_column(
            "redirect_url", type_=sa.String(after), existing_type=sa.String(before), existing_nullable=True
        )


def upgrade() -> None:
    if "refusals" not in _present():
        op.add_column("refunds", sa.Column("refusals", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    _resize(1000, 5000)


def downgrade() -> None:
    # A link that was cut leads nowhere; the provider gives it again.
    op.execute("UPDATE payments SET redirect_url = NULL WHERE LENGTH(redirect_url) > 1000")
    _resize(5000, 1000)
    if "refusals" in _present():
        op.drop_column("refunds", "refusals")
