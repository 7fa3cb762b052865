"""
What tenants owe beside their documents, and refunds that went although they had been given up.

What banks took back before, of money whose credit had been paid out, stands as less than nothing unapplied on its
invoice: it becomes a receivable.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.core.ids import new_id
from scaicontrol.db import triggers, types

revision: str = "022"
down_revision: str | None = "021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("went_after_all", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("credit_use_id", types.IdString, nullable=True),
    ]


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("refunds")}


def upgrade() -> None:
    present = _present()
    for column in _columns():
        if column.name not in present:
            op.add_column("refunds", column)
    op.create_table(
        "receivables",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("remaining_cents", sa.BigInteger(), nullable=False),
        sa.Column("written_off_cents", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receivables")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_receivables_tenant_id_id")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_receivables_source_source_id")),
        sa.CheckConstraint(
            "remaining_cents >= 0 AND remaining_cents <= amount_cents", name=op.f("ck_receivables_remaining")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_receivables_tenant_id_invoice_id"),
        ),
        if_not_exists=True,
    )
    for name, columns in (
        ("ix_receivables_open", ["remaining_cents", "created_at"]),
        ("ix_receivables_invoice", ["invoice_id"]),
        ("ix_receivables_partner_id", ["partner_id"]),
        ("ix_receivables_tenant_id", ["tenant_id"]),
    ):
        op.create_index(name, "receivables", columns, unique=False, if_not_exists=True)
    _carry_over()
    triggers.install(op.get_bind())


def _carry_over() -> None:
    """
    Name what invoices have unapplied below nothing; what credits, and refunds under way, hold of them counts against it.

    A run that was cut off may have named some of it.
    """
    bind = op.get_bind()
    tables = sa.MetaData()
    names = ("invoices", "invoice_settlements", "credits", "refunds", "receivables")
    invoices, settlements, credits, refunds, receivables = (
        sa.Table(name, tables, autoload_with=bind, resolve_fks=False) for name in names
    )
    waits = (
        sa.select(sa.func.coalesce(sa.func.sum(refunds.c.amount_cents), 0))
        .where(refunds.c.credit_id == credits.c.id, refunds.c.status != "succeeded", refunds.c.released_at.is_(None))
        .scalar_subquery()
    )
    held = (
        sa.select(sa.func.coalesce(sa.func.sum(credits.c.remaining_cents + waits), 0))
        .where(credits.c.invoice_id == invoices.c.id)
        .scalar_subquery()
    )
    unapplied = sa.func.sum(settlements.c.unapplied_cents)
    short = (
        sa.select(
            invoices.c.id, invoices.c.tenant_id, invoices.c.partner_id, invoices.c.currency,
            (unapplied - held).label("short"), sa.func.max(settlements.c.settled_at).label("since"),
        )
        .join(settlements, settlements.c.invoice_id == invoices.c.id)
        .where(invoices.c.document_type == "invoice", invoices.c.id.not_in(sa.select(receivables.c.invoice_id)))
        .group_by(invoices.c.id, invoices.c.tenant_id, invoices.c.partner_id, invoices.c.currency)
        .having(unapplied - held < 0)
    )  # fmt: skip
    for row in bind.execute(short).all():
        bind.execute(
            receivables.insert().values(
                id=new_id("rcv"), tenant_id=row.tenant_id, partner_id=row.partner_id, currency=row.currency,
                source="taken_back", source_id=f"{row.id}:carried_over", invoice_id=row.id,
                amount_cents=-int(row.short), remaining_cents=-int(row.short), written_off_cents=0, version=1,
                created_at=row.since, updated_at=row.since,
            )
        )  # fmt: skip


def downgrade() -> None:
    op.drop_table("receivables")
    present = _present()
    for column in _columns():
        if column.name in present:
            op.drop_column("refunds", str(column.name))
