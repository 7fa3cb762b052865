"""Files for sellers' banks, the transfers in them, and the credits that these hold."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "045"
down_revision: str | None = "044"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_FILES = "payment_files"
_ORDERS = "payment_orders"


def _stamps() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        _FILES,
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("message", sa.String(length=20), nullable=False),
        sa.Column("payer_name", sa.String(length=70), nullable=False),
        sa.Column("payer_iban", sa.String(length=34), nullable=False),
        sa.Column("payer_bic", sa.String(length=11), nullable=True),
        sa.Column("execute_on", sa.Date(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sent_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_files")),
        if_not_exists=True,
    )
    op.create_table(
        _ORDERS,
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("credit_id", types.IdString, nullable=False),
        sa.Column("file_id", types.IdString, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payee_name", sa.String(length=70), nullable=False),
        sa.Column("payee_iban", sa.String(length=34), nullable=False),
        sa.Column("remittance", sa.String(length=140), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.Column("closed_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_stamps(),
        sa.ForeignKeyConstraint(["file_id"], ["payment_files.id"], name=op.f("fk_payment_orders_file_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_id"],
            ["credits.tenant_id", "credits.id"],
            name=op.f("fk_payment_orders_tenant_id_credit_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_orders")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_payment_orders_tenant_id_id")),
        if_not_exists=True,
    )
    for table, name, columns in _INDEXES:
        op.create_index(name, table, columns, unique=False, if_not_exists=True)
    if "order_id" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("credits")}:
        op.add_column("credits", sa.Column("order_id", types.IdString, nullable=True))


_INDEXES = (
    (_FILES, "ix_payment_files_partner_id", ["partner_id"]),
    (_FILES, "ix_payment_files_listed", ["created_at", "id"]),
    (_FILES, "ix_payment_files_partner_id_created_at_id", ["partner_id", "created_at", "id"]),
    (_ORDERS, "ix_payment_orders_partner_id", ["partner_id"]),
    (_ORDERS, "ix_payment_orders_tenant_id", ["tenant_id"]),
    (_ORDERS, "ix_payment_orders_credit", ["credit_id"]),
    (_ORDERS, "ix_payment_orders_file", ["file_id"]),
    (_ORDERS, "ix_payment_orders_listed", ["created_at", "id"]),
    (_ORDERS, "ix_payment_orders_partner_id_created_at_id", ["partner_id", "created_at", "id"]),
    (_ORDERS, "ix_payment_orders_status_created_at_id", ["status", "created_at", "id"]),
    (_ORDERS, "ix_payment_orders_partner_id_status_created_at_id", ["partner_id", "status", "created_at", "id"]),
)


def downgrade() -> None:
    with op.batch_alter_table("credits") as table:
        table.drop_column("order_id")
    op.drop_table(_ORDERS, if_exists=True)
    op.drop_table(_FILES, if_exists=True)
