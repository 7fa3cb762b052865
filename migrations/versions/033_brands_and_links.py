"""What a partner's portal looks like and is called, in whose name mails go, and links that open one invoice."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "033"
down_revision: str | None = "029"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _brand() -> list[sa.Column[Any]]:
    lengths = {
        "brand_color_dark": 7, "mail_sender_name": 120, "portal_host": 253, "imprint_url": 500, "privacy_url": 500,
        "terms_url": 500,
    }  # fmt: skip
    return [sa.Column(name, sa.String(length), nullable=True) for name, length in lengths.items()]


def _days() -> sa.Column[Any]:
    return sa.Column("invoice_link_days", sa.BigInteger(), server_default=sa.text("30"), nullable=False)


def _sender() -> list[sa.Column[Any]]:
    return [sa.Column("sender_name", sa.String(120), nullable=True), sa.Column("reply_to", sa.String(254))]


def _present(table: str) -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns(table)}


def upgrade() -> None:
    there = _present("partner_configuration")
    is_new = "portal_host" not in there
    with op.batch_alter_table("partner_configuration") as table:
        for column in (*_brand(), _days()):
            if column.name not in there:
                table.add_column(column)
        if is_new:
            table.create_unique_constraint(op.f("uq_partner_configuration_portal_host"), ["portal_host"])
    there = _present("outgoing_mail")
    for each in _sender():
        if each.name not in there:
            op.add_column("outgoing_mail", each)
    op.create_table(
        "invoice_links",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("occasion", sa.String(length=120), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", types.UTCDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=100), nullable=True),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_invoice_links_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_links")),
        sa.UniqueConstraint("invoice_id", "occasion", name=op.f("uq_invoice_links_invoice_id_occasion")),
        if_not_exists=True,
    )
    for owner in ("partner_id", "tenant_id"):
        op.create_index(f"ix_invoice_links_{owner}", "invoice_links", [owner], unique=False, if_not_exists=True)


def downgrade() -> None:
    op.drop_table("invoice_links")
    for each in reversed(_sender()):
        op.drop_column("outgoing_mail", str(each.name))
    with op.batch_alter_table("partner_configuration") as table:
        table.drop_constraint(op.f("uq_partner_configuration_portal_host"), type_="unique")
        for column in (_days(), *reversed(_brand())):
            table.drop_column(str(column.name))
