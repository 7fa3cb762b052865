"""Exchange rates, proofs of place, the VAT in a second currency, and why single lines are exempt."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "002"
down_revision: str | None = "001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "tax_decisions": [
            sa.Column("exemptions", sa.JSON(none_as_null=True), nullable=True),
            sa.Column("tax_currency", sa.String(length=3), nullable=True),
            sa.Column("tax_in_tax_currency_cents", sa.BigInteger(), nullable=True),
            sa.Column("exchange_rates", sa.JSON(none_as_null=True), nullable=True),
        ],
        "invoice_line_items": [
            sa.Column("exemption_reason", sa.Text(), nullable=True),
            sa.Column("exemption_code", sa.String(length=32), nullable=True),
        ],
    }


def _present(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def upgrade() -> None:
    op.create_table(
        "exchange_rates",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate", types.ExactDecimal(precision=18, scale=8), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rates")),
        sa.UniqueConstraint("currency", "valid_on", name=op.f("uq_exchange_rates_currency_valid_on")),
        if_not_exists=True,
    )
    op.create_table(
        "location_proofs",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("seen_at", types.UTCDateTime(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location_proofs")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_location_proofs_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "kind", name=op.f("uq_location_proofs_tenant_id_kind")),
        if_not_exists=True,
    )
    with op.batch_alter_table("location_proofs", schema=None) as batch_op:
        for key in ("partner_id", "tenant_id"):
            batch_op.create_index(batch_op.f(f"ix_location_proofs_{key}"), [key], unique=False, if_not_exists=True)
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)


def downgrade() -> None:
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name in present:
                op.drop_column(table, column.name)
    op.drop_table("location_proofs")
    op.drop_table("exchange_rates")
