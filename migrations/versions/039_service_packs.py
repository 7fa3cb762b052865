"""Service packs, what is in them, and who subscribed to them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "039"
down_revision: str | None = "038"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_INDEXES = {
    "service_pack_items": {
        "ix_service_pack_items_plan_id": ["plan_id"],
        "ix_service_pack_items_service_id": ["service_id"],
    },
    "pack_subscriptions": {
        "ix_pack_subscriptions_cancellation_due": ["status", "pending_cancellation_at"],
        "ix_pack_subscriptions_listed": ["created_at", "id"],
        "ix_pack_subscriptions_notice_due": ["next_trial_notice_at"],
        "ix_pack_subscriptions_pack_id": ["pack_id"],
        "ix_pack_subscriptions_pack_id_created_at_id": ["pack_id", "created_at", "id"],
        "ix_pack_subscriptions_partner_id": ["partner_id"],
        "ix_pack_subscriptions_partner_id_created_at_id": ["partner_id", "created_at", "id"],
        "ix_pack_subscriptions_partner_id_pack_id_created_at_id": ["partner_id", "pack_id", "created_at", "id"],
        "ix_pack_subscriptions_partner_id_status_created_at_id": ["partner_id", "status", "created_at", "id"],
        "ix_pack_subscriptions_period_due": ["status", "current_period_end"],
        "ix_pack_subscriptions_status_created_at_id": ["status", "created_at", "id"],
        "ix_pack_subscriptions_tenant_id": ["tenant_id"],
        "ix_pack_subscriptions_trial_due": ["status", "trial_ends_at"],
    },
}


def _live_key() -> sa.Column[str | None]:
    """One live subscription of a pack per tenant; written out for each database: `||` means OR on MariaDB."""
    counts = sa.and_(
        sa.literal_column("status", sa.String).not_in(["cancelled", "expired"]),
        sa.literal_column("is_one_time", sa.Boolean) == sa.literal(0, sa.Integer),
    )
    tenant, pack = (sa.literal_column(name, sa.String) for name in ("tenant_id", "pack_id"))
    key = sa.case((counts, tenant + sa.literal(":", sa.String) + pack), else_=sa.null())
    return sa.Column("live_key", sa.String(length=80), sa.Computed(key, persisted=True), nullable=True)


def upgrade() -> None:
    op.create_table(
        "service_packs",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("icon_url", sa.String(length=500), nullable=True),
        sa.Column(
            "billing_period",
            sa.Enum("monthly", "quarterly", "yearly", "one_time", name="billingperiod", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("base_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "discount_type",
            sa.Enum("fixed_price", "percentage", name="discounttype", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("discount_percentage", types.ExactDecimal(precision=5, scale=2), nullable=True),
        sa.Column("trial_days", sa.BigInteger(), nullable=False),
        sa.Column("features", types.JsonDocument, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_packs")),
        sa.UniqueConstraint("slug", name=op.f("uq_service_packs_slug")),
        if_not_exists=True,
    )
    op.create_table(
        "service_pack_items",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("pack_id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("plan_id", types.IdString, nullable=False),
        sa.Column("override_price_cents", sa.BigInteger(), nullable=True),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["service_packs.id"], name=op.f("fk_service_pack_items_pack_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_service_pack_items_plan_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service_registry.id"], name=op.f("fk_service_pack_items_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_pack_items")),
        sa.UniqueConstraint("pack_id", "service_id", name=op.f("uq_service_pack_items_pack_id_service_id")),
        if_not_exists=True,
    )
    op.create_table(
        "pack_subscriptions",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("pack_id", types.IdString, nullable=False),
        sa.Column("is_one_time", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "trialing",
                "active",
                "past_due",
                "cancelling",
                "suspended",
                "cancelled",
                "expired",
                name="subscriptionstatus",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("list_prices", types.JsonDocument, nullable=False),
        sa.Column("activated_at", types.UTCDateTime(), nullable=True),
        sa.Column("anchor_day", sa.BigInteger(), nullable=True),
        sa.Column("current_period_start", types.UTCDateTime(), nullable=True),
        sa.Column("current_period_end", types.UTCDateTime(), nullable=True),
        sa.Column("current_period_last_day", sa.Date(), nullable=True),
        sa.Column("trial_days", sa.BigInteger(), nullable=False),
        sa.Column("trial_ends_at", types.UTCDateTime(), nullable=True),
        sa.Column("next_trial_notice_at", types.UTCDateTime(), nullable=True),
        sa.Column("past_due_since", types.UTCDateTime(), nullable=True),
        sa.Column("suspended_at", types.UTCDateTime(), nullable=True),
        sa.Column("suspended_reason", sa.Text(), nullable=True),
        sa.Column("pending_cancellation_at", types.UTCDateTime(), nullable=True),
        sa.Column("last_scheduled_for", types.UTCDateTime(), nullable=True),
        sa.Column("cancelled_at", types.UTCDateTime(), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
        sa.Column("payment_method_id", types.IdString, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _live_key(),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["service_packs.id"], name=op.f("fk_pack_subscriptions_pack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_subscriptions")),
        sa.UniqueConstraint("live_key", name=op.f("uq_pack_subscriptions_live_key")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_pack_subscriptions_tenant_id_id")),
        if_not_exists=True,
    )
    for table, indexes in _INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(name, table, columns, if_not_exists=True)


def downgrade() -> None:
    for table in ("pack_subscriptions", "service_pack_items", "service_packs"):
        op.drop_table(table, if_exists=True)
