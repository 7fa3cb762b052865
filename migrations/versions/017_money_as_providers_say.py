"""
Payments as what the provider says, and disputes.

A payment that came keeps what it brought: what its provider took was the amount asked for. Documents are not touched.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers, types

revision: str = "017"
down_revision: str | None = "016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CAME: Final = "status IN ('succeeded', 'partially_refunded', 'refunded')"


def _columns() -> dict[str, list[sa.Column[object]]]:
    def counted(name: str, default: str = "0") -> sa.Column[object]:
        return sa.Column(name, sa.BigInteger(), server_default=sa.text(default), nullable=False)

    return {
        "payments": [
            counted("received_cents"),
            counted("returned_cents"),
            counted("lost_cents"),
            counted("disputed_cents"),
            counted("bookings"),
            counted("version", "1"),
        ],
        "dunnings": [counted("pursuit", "1")],
        "partner_configuration": [
            sa.Column("dispute_lost", sa.String(length=20), server_default="reopen", nullable=False)
        ],
    }


def _present(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def upgrade() -> None:
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)
    op.execute(f"UPDATE payments SET received_cents = amount_cents, bookings = 1 WHERE {_CAME} AND bookings = 0")  # noqa: S608  # our own words
    _create_disputes()
    _create_movements()
    triggers.install(op.get_bind())


def downgrade() -> None:
    op.drop_table("dispute_movements")
    op.drop_table("disputes")
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name in present:
                op.drop_column(table, str(column.name))


def _create_disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("payment_id", types.IdString, nullable=True),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("withheld_cents", sa.BigInteger(), nullable=False),
        sa.Column("lost_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("opened_at", types.UTCDateTime(), nullable=False),
        sa.Column("evidence_due_at", types.UTCDateTime(), nullable=True),
        sa.Column("closed_at", types.UTCDateTime(), nullable=True),
        sa.Column("due_at", types.UTCDateTime(), nullable=True),
        sa.Column("moves", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_disputes_tenant_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payments.tenant_id", "payments.id"],
            name=op.f("fk_disputes_tenant_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("provider", "external_id", name=op.f("uq_disputes_provider_external_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_disputes_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        for name, columns in (
            ("ix_disputes_due", ["due_at"]),
            ("ix_disputes_status", ["status", "opened_at"]),
            ("ix_disputes_payment", ["payment_id"]),
            ("ix_disputes_invoice", ["invoice_id"]),
            ("ix_disputes_partner_id", ["partner_id"]),
            ("ix_disputes_tenant_id", ["tenant_id"]),
        ):
            batch_op.create_index(name, columns, unique=False, if_not_exists=True)


def _create_movements() -> None:
    op.create_table(
        "dispute_movements",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("dispute_id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dispute_id"],
            ["disputes.tenant_id", "disputes.id"],
            name=op.f("fk_dispute_movements_tenant_id_dispute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_dispute_movements_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_movements")),
        sa.UniqueConstraint("dispute_id", "step", name=op.f("uq_dispute_movements_dispute_id_step")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_dispute_movements_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("dispute_movements", schema=None) as batch_op:
        for name, columns in (
            ("ix_dispute_movements_partner_moved", ["partner_id", "created_at"]),
            ("ix_dispute_movements_partner_id", ["partner_id"]),
            ("ix_dispute_movements_tenant_id", ["tenant_id"]),
        ):
            batch_op.create_index(name, columns, unique=False, if_not_exists=True)
