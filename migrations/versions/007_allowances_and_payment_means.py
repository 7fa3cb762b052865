"""What takes off and adds to a document and its lines, how it is paid, and which writer made each file."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers

revision: str = "007"
down_revision: str | None = "006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_UNIQUE = "uq_document_versions_invoice_id_version_kind_format"


def _columns() -> dict[str, list[sa.Column[object]]]:
    return {
        "invoices": [
            sa.Column("allowances", sa.JSON(none_as_null=True), nullable=True),
            sa.Column("charges", sa.JSON(none_as_null=True), nullable=True),
            sa.Column("contract_ref", sa.String(length=100), nullable=True),
            sa.Column("payment_terms", sa.String(length=500), nullable=True),
            sa.Column("delivery_date", sa.Date(), nullable=True),
            sa.Column("prepaid_cents", sa.BigInteger(), nullable=True),
            sa.Column("payment_means", sa.JSON(none_as_null=True), nullable=True),
        ],
        "invoice_line_items": [
            sa.Column("allowances", sa.JSON(none_as_null=True), nullable=True),
            sa.Column("charges", sa.JSON(none_as_null=True), nullable=True),
        ],
        "document_versions": [
            sa.Column("profile", sa.String(length=12), server_default=sa.text("''"), nullable=False),
            sa.Column("writer", sa.String(length=40), nullable=True),
        ],
        "partner_configuration": [
            sa.Column("seller_tax_number", sa.String(length=32), nullable=True),
            sa.Column("seller_contact_name", sa.String(length=120), nullable=True),
            sa.Column("sepa_creditor_id", sa.String(length=35), nullable=True),
        ],
        "tenants": [sa.Column("payment_means", sa.JSON(none_as_null=True), nullable=True)],
        "payment_methods": [
            sa.Column("mandate_reference", sa.String(length=35), nullable=True),
            sa.Column("debtor_iban", sa.String(length=34), nullable=True),
        ],
    }


def _present(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _drop_triggers() -> None:
    """Take the triggers off while columns move: SQLite drops none that a trigger names, and copies whole tables."""
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def _unique_over(*columns: str) -> None:
    """Let a file be one of its kind per these columns; the new key first, which the foreign key then rests on."""
    name = f"uq_document_versions_{'_'.join(columns)}"
    known = {each["name"] for each in sa.inspect(op.get_bind()).get_unique_constraints("document_versions")}
    with op.batch_alter_table("document_versions", schema=None) as batch_op:
        if name not in known:
            batch_op.create_unique_constraint(batch_op.f(name), list(columns))
        for other in sorted(str(each) for each in known if str(each).startswith("uq_document_versions_invoice_id")):
            if other != name:
                batch_op.drop_constraint(batch_op.f(other), type_="unique")


def upgrade() -> None:
    _drop_triggers()
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)
    _unique_over("invoice_id", "version", "kind", "format", "profile")
    triggers.install(op.get_bind())


def downgrade() -> None:
    _drop_triggers()
    _unique_over("invoice_id", "version", "kind", "format")
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name in present:
                op.drop_column(table, column.name)
    triggers.install(op.get_bind())
