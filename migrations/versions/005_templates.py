"""Templates people write, every version of them, and the one a document is to be made with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "005"
down_revision: str | None = "004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Written out by SQLAlchemy for each database.
LANGUAGE_KEY = sa.func.coalesce(sa.literal_column("language", sa.String), sa.literal("", sa.String))
PROMISED = ("template_id", "template_version")


def upgrade() -> None:
    op.create_table(
        "invoice_templates",
        sa.Column("owner_partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("document_type", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("language_key", sa.String(length=2), sa.Computed(LANGUAGE_KEY, persisted=True), nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("html_content", sa.Text(length=2**24 - 1), nullable=False),
        sa.Column("css_content", sa.Text(length=2**24 - 1), nullable=False),
        sa.Column("editor_data", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("published_version", sa.BigInteger(), nullable=True),
        sa.Column("published_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_templates")),
        sa.UniqueConstraint(
            "owner_partner_id", "name", "document_type", "language_key", name="uq_invoice_templates_identity"
        ),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_invoice_templates_owner_partner_id"), "invoice_templates", ["owner_partner_id"], if_not_exists=True
    )
    op.create_table(
        "invoice_template_versions",
        sa.Column("owner_partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("template_id", types.IdString, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("document_type", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("html_content", sa.Text(length=2**24 - 1), nullable=False),
        sa.Column("css_content", sa.Text(length=2**24 - 1), nullable=False),
        sa.Column("editor_data", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("published_at", types.UTCDateTime(), nullable=True),
        sa.Column("published_by", sa.String(length=100), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_template_versions")),
        sa.UniqueConstraint("template_id", "version", name=op.f("uq_invoice_template_versions_template_id_version")),
        if_not_exists=True,
    )
    for name, columns in (
        ("ix_invoice_template_versions_owner_partner_id", ["owner_partner_id"]),
        ("ix_invoice_template_versions_name", ["name", "document_type"]),
    ):
        op.create_index(op.f(name), "invoice_template_versions", columns, if_not_exists=True)
    # A run on MariaDB that was cut off may have added one of them.
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("document_renders")}
    for column in (
        sa.Column("template_id", types.IdString, nullable=True),
        sa.Column("template_version", sa.BigInteger(), nullable=True),
    ):
        if column.name not in present:
            op.add_column("document_renders", column)


def downgrade() -> None:
    with op.batch_alter_table("document_renders") as batch:
        for name in PROMISED:
            batch.drop_column(name)
    op.drop_table("invoice_template_versions")
    op.drop_table("invoice_templates")
