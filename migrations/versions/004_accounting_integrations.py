"""
Accounting integrations and the queue of what they export.

MariaDB commits each statement by itself, so a run that was cut off leaves a half; every step may be repeated.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "004"
down_revision: str | None = "003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "accounting_integrations",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("config", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("mapping", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_sync_at", types.UTCDateTime(), nullable=True),
        sa.Column("cursor", types.UTCDateTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_integrations")),
        if_not_exists=True,
    )
    with op.batch_alter_table("accounting_integrations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_accounting_integrations_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "accounting_sync_items",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("integration_id", types.IdString, nullable=False),
        sa.Column("document_id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("due_at", types.UTCDateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_until", types.UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("synced_at", types.UTCDateTime(), nullable=True),
        sa.Column("artefact_key", sa.String(length=500), nullable=True),
        sa.Column("artefact_name", sa.String(length=200), nullable=True),
        sa.Column("artefact_sha256", sa.String(length=64), nullable=True),
        sa.Column("artefact_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("acknowledgement", sa.String(length=200), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["integration_id"], ["accounting_integrations.id"], name=op.f("fk_accounting_sync_items_integration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_sync_items")),
        sa.UniqueConstraint(
            "integration_id",
            "document_id",
            "kind",
            name=op.f("uq_accounting_sync_items_integration_id_document_id_kind"),
        ),
        if_not_exists=True,
    )
    with op.batch_alter_table("accounting_sync_items", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_sync_items_due", ["due_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_accounting_sync_items_feed", ["integration_id", "created_at", "id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_accounting_sync_items_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_accounting_sync_items_range", ["integration_id", "booked_on"], unique=False, if_not_exists=True
        )


def downgrade() -> None:
    op.drop_table("accounting_sync_items", if_exists=True)
    op.drop_table("accounting_integrations", if_exists=True)
