"""Coupons, who redeemed them, and what they take off periods and changes of subscriptions."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "046"
down_revision: str | None = "045"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_REDEMPTIONS = "coupon_redemptions"
_INDEXES = {
    "ix_coupons_feed": ("coupons", ["partner_id", "created_at", "id"]),
    "ix_coupons_listed": ("coupons", ["created_at", "id"]),
    "ix_coupons_partner_id": ("coupons", ["partner_id"]),
    "ix_coupon_redemptions_of_tenant": (_REDEMPTIONS, ["tenant_id", "coupon_id"]),
    "ix_coupon_redemptions_partner_id": (_REDEMPTIONS, ["partner_id"]),
    "ix_coupon_redemptions_subscription_id": (_REDEMPTIONS, ["subscription_id"]),
    "ix_coupon_redemptions_tenant_id": (_REDEMPTIONS, ["tenant_id"]),
}


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "subscription_periods": [sa.Column("discounts", types.JsonDocument, nullable=True)],
        "subscription_changes": [
            sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            for name in ("old_discount_cents", "new_discount_cents")
        ],
    }


def _present(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns(table)}


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("percent", types.ExactDecimal(5, 2), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("periods", sa.BigInteger(), nullable=True),
        sa.Column("plan_ids", types.JsonDocument, nullable=False),
        sa.Column("is_stackable", sa.Boolean(), nullable=False),
        sa.Column("max_redemptions", sa.BigInteger(), nullable=True),
        sa.Column("budget_cents", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", types.UTCDateTime(), nullable=False),
        sa.Column("valid_to", types.UTCDateTime(), nullable=True),
        sa.Column("ended_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("partner_id", "code", name=op.f("uq_coupons_partner_id_code")),
        if_not_exists=True,
    )
    op.create_table(
        _REDEMPTIONS,
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("coupon_id", types.IdString, nullable=False),
        sa.Column("subscription_id", types.IdString, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("percent", types.ExactDecimal(5, 2), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("periods", sa.BigInteger(), nullable=True),
        sa.Column("plan_ids", types.JsonDocument, nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("given_cents", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["subscriptions.tenant_id", "subscriptions.id"],
            name=op.f("fk_coupon_redemptions_tenant_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_redemptions")),
        sa.UniqueConstraint("coupon_id", "number", name=op.f("uq_coupon_redemptions_coupon_id_number")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_coupon_redemptions_tenant_id_id")),
        if_not_exists=True,
    )
    for name, (table, columns_of) in _INDEXES.items():
        op.create_index(name, table, columns_of, unique=False, if_not_exists=True)
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
    op.drop_table(_REDEMPTIONS, if_exists=True)
    op.drop_table("coupons", if_exists=True)
