"""What consumers declare about their contracts without signing in, what was made of it, and which sellers let them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers, types

revision: str = "037"
down_revision: str | None = "036"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _terms() -> list[sa.Column[Any]]:
    return [
        sa.Column("sells_to_consumers", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("withdrawal_button", sa.Boolean(), nullable=True),
        sa.Column("cancel_button", sa.Boolean(), nullable=True),
    ]


def _moments() -> list[sa.Column[Any]]:
    return [sa.Column(name, types.UTCDateTime(), nullable=False) for name in ("created_at", "updated_at")]


def _present() -> set[str]:
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns("partner_configuration")}


def upgrade() -> None:
    there = _present()
    for column in _terms():
        if column.name not in there:
            op.add_column("partner_configuration", column)
    op.create_table(
        "contract_declarations",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.Column("submitted_at", types.UTCDateTime(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("identification", sa.String(length=500), nullable=True),
        sa.Column("contract", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("cancellation_kind", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("wanted_end", sa.Date(), nullable=True),
        sa.Column("found_tenant_id", types.IdString, nullable=True),
        sa.Column("found_subscription_id", types.IdString, nullable=True),
        sa.Column("is_sender_known", sa.Boolean(), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_declarations")),
        sa.UniqueConstraint(
            "partner_id", "submission_key", name=op.f("uq_contract_declarations_partner_id_submission_key")
        ),
        if_not_exists=True,
    )
    op.create_index("ix_contract_declarations_partner_id", "contract_declarations", ["partner_id"], if_not_exists=True)
    op.create_index(
        "ix_contract_declarations_listed", "contract_declarations", ["created_at", "id"], if_not_exists=True
    )
    op.create_table(
        "declaration_decisions",
        sa.Column("declaration_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("decided_at", types.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("subscription_id", types.IdString, nullable=True),
        sa.Column("ends_at", types.UTCDateTime(), nullable=True),
        *_moments(),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["contract_declarations.id"], name=op.f("fk_declaration_decisions_declaration_id")
        ),
        sa.PrimaryKeyConstraint("declaration_id", name=op.f("pk_declaration_decisions")),
        if_not_exists=True,
    )
    op.create_index("ix_declaration_decisions_partner_id", "declaration_decisions", ["partner_id"], if_not_exists=True)
    triggers.install(op.get_bind())


def downgrade() -> None:
    op.drop_table("declaration_decisions")
    op.drop_table("contract_declarations")
    with op.batch_alter_table("partner_configuration") as table:
        for column in reversed(_terms()):
            table.drop_column(str(column.name))
