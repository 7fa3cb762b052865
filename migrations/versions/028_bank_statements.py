"""What sellers' banks say came and went: statements, their lines, and what each line booked."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "028"
down_revision: str | None = "027"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_STATEMENTS, _LINES, _BOOKINGS = "bank_statements", "bank_lines", "bank_line_bookings"
_INDEXES = {
    _STATEMENTS: {
        "ix_bank_statements_partner_id": ["partner_id"],
        "ix_bank_statements_reference": ["partner_id", "iban", "reference"],
        "ix_bank_statements_listed": ["created_at", "id"],
    },
    _LINES: {
        "ix_bank_lines_partner_id": ["partner_id"],
        "ix_bank_lines_fingerprint": ["partner_id", "iban", "fingerprint"],
        "ix_bank_lines_status": ["status", "created_at", "id"],
        "ix_bank_lines_listed": ["created_at", "id"],
        "ix_bank_lines_amount": ["partner_id", "amount_cents"],
        "ix_bank_lines_counterparty": ["partner_id", "counterparty_iban"],
        "ix_bank_lines_reverses": ["reverses_line_id"],
    },
    _BOOKINGS: {
        "ix_bank_line_bookings_tenant_id": ["tenant_id"],
        "ix_bank_line_bookings_partner_id": ["partner_id"],
        "ix_bank_line_bookings_invoice": ["invoice_id"],
    },
}


def upgrade() -> None:
    op.create_table(
        _STATEMENTS,
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("message", sa.String(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("balances", types.JsonDocument, nullable=False),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
        sa.UniqueConstraint(
            "partner_id", "iban", "content_sha256", name=op.f("uq_bank_statements_partner_id_iban_content_sha256")
        ),
        if_not_exists=True,
    )
    op.create_table(
        _LINES,
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("statement_id", types.IdString, nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=True),
        sa.Column("bank_reference", sa.String(length=300), nullable=True),
        sa.Column("end_to_end_id", sa.String(length=140), nullable=True),
        sa.Column("structured_reference", sa.Text(), nullable=True),
        sa.Column("remittance", sa.Text(), nullable=True),
        sa.Column("counterparty_name", sa.String(length=200), nullable=True),
        sa.Column("counterparty_iban", sa.String(length=34), nullable=True),
        sa.Column("bank_code", sa.String(length=140), nullable=True),
        sa.Column("fingerprint", sa.String(length=70), nullable=False),
        sa.Column("entry_key", sa.String(length=70), nullable=True),
        sa.Column("waits_for", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reverses_line_id", types.IdString, nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("decided_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint("statement_id", "position", "part", name=op.f("uq_bank_lines_statement_id_position_part")),
        sa.UniqueConstraint("partner_id", "iban", "entry_key", name=op.f("uq_bank_lines_partner_id_iban_entry_key")),
        sa.ForeignKeyConstraint(["statement_id"], ["bank_statements.id"], name=op.f("fk_bank_lines_statement_id")),
        if_not_exists=True,
    )
    op.create_table(
        _BOOKINGS,
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("line_id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line_bookings")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_bank_line_bookings_tenant_id_id")),
        sa.UniqueConstraint("line_id", "source_id", name=op.f("uq_bank_line_bookings_line_id_source_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_bank_line_bookings_tenant_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(["line_id"], ["bank_lines.id"], name=op.f("fk_bank_line_bookings_line_id")),
        if_not_exists=True,
    )
    for table, indexes in _INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(name, table, columns, unique=False, if_not_exists=True)


def downgrade() -> None:
    for table in (_BOOKINGS, _LINES, _STATEMENTS):
        op.drop_table(table, if_exists=True)
