"""Statements of account and payment reminders that were made."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "006"
down_revision: str | None = "005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "account_papers",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=True),
        sa.Column("level", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("storage_key", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("made_at", types.UTCDateTime(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_account_papers_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_papers")),
        sa.UniqueConstraint("invoice_id", "level", name=op.f("uq_account_papers_invoice_id_level")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_account_papers_storage_key")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_account_papers_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("account_papers", schema=None) as batch_op:
        for key in ("partner_id", "tenant_id"):
            batch_op.create_index(batch_op.f(f"ix_account_papers_{key}"), [key], unique=False, if_not_exists=True)


def downgrade() -> None:
    op.drop_table("account_papers")
