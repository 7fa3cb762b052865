"""Wallets: lots of money beforehand, their uses, whether invoices take it by themselves, and entries of no document."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers, types

revision: str = "044"
down_revision: str | None = "043"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_AUTOMATIC = "auto_apply_wallet"


def _moments() -> list[sa.Column[Any]]:
    return [sa.Column(name, types.UTCDateTime(), nullable=False) for name in ("created_at", "updated_at")]


def _owner() -> list[sa.Column[Any]]:
    return [sa.Column(name, types.IdString, nullable=False) for name in ("tenant_id", "partner_id")]


def upgrade() -> None:
    op.create_table(
        "wallet_lots",
        *_owner(),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("remaining_cents", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(), nullable=True),
        sa.Column("received_at", types.UTCDateTime(), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_lots")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_wallet_lots_tenant_id_id")),
        sa.CheckConstraint(
            "remaining_cents >= 0 AND remaining_cents <= amount_cents", name=op.f("ck_wallet_lots_remaining")
        ),
        if_not_exists=True,
    )
    op.create_table(
        "wallet_uses",
        *_owner(),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("lot_id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=True),
        sa.Column("reverses_id", types.IdString, nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_uses")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_wallet_uses_tenant_id_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lot_id"],
            ["wallet_lots.tenant_id", "wallet_lots.id"],
            name=op.f("fk_wallet_uses_tenant_id_lot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_wallet_uses_tenant_id_invoice_id"),
        ),
        if_not_exists=True,
    )
    for name, table, columns in _indexes():
        op.create_index(name, table, columns, unique=False, if_not_exists=True)
    present = {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("partner_configuration")}
    if _AUTOMATIC not in present:
        op.add_column(
            "partner_configuration", sa.Column(_AUTOMATIC, sa.Boolean(), server_default=sa.text("1"), nullable=False)
        )
    _document_of_entries(required=False)


def downgrade() -> None:
    """Not while a wallet has moved: its entries have no document, and no entry of the ledger is removed."""
    _document_of_entries(required=True)
    op.drop_column("partner_configuration", _AUTOMATIC)
    op.drop_table("wallet_uses")
    op.drop_table("wallet_lots")


def _document_of_entries(*, required: bool) -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    with op.batch_alter_table("ledger_entries", schema=None) as batch:
        batch.alter_column("invoice_id", existing_type=types.IdString, nullable=not required)
    triggers.install(op.get_bind())


def _indexes() -> list[tuple[str, str, list[str]]]:
    lots, uses = "wallet_lots", "wallet_uses"
    plain = [(f"ix_{table}_{name}", table, [name]) for table in (lots, uses) for name in ("tenant_id", "partner_id")]
    keys = [
        ["partner_id"], ["source"], ["partner_id", "source"], ["currency"], ["partner_id", "currency"],
    ]  # fmt: skip
    ordered = [[*key, "created_at", "id"] for key in keys] + [["partner_id", "amount_cents", "id"]]
    return [
        *plain,
        *((f"ix_{lots}_{'_'.join(columns)}", lots, columns) for columns in ordered),
        ("ix_wallet_lots_open", lots, ["tenant_id", "currency", "remaining_cents"]),
        ("ix_wallet_lots_due", lots, ["expires_at"]),
        ("ix_wallet_lots_listed", lots, ["created_at", "id"]),
        ("ix_wallet_lots_feed", lots, ["tenant_id", "created_at", "id"]),
        ("ix_wallet_lots_amount", lots, ["amount_cents"]),
        ("ix_wallet_uses_lot", uses, ["lot_id"]),
        ("ix_wallet_uses_invoice", uses, ["invoice_id"]),
        ("ix_wallet_uses_reverses", uses, ["reverses_id"]),
    ]
