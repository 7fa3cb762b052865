"""
Credit balances: what credit notes and payments left over, and what becomes of it.

What stood open before is carried over: credit notes with something left, and money that settled nothing. What refunds
that are not carried out yet will take of it is promised to them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.core.ids import new_id
from scaicontrol.db import triggers, types

revision: str = "013"
down_revision: str | None = "012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _create_tables()
    _add_columns()
    _carry_over()
    triggers.install(op.get_bind())


def downgrade() -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    present = _present("refunds")
    with op.batch_alter_table("refunds", schema=None) as batch:
        if "credit_id" in present:
            batch.drop_constraint(op.f(_TO_CREDIT), type_="foreignkey")
            batch.drop_index("ix_refunds_credit")
            batch.drop_index("ix_refunds_external")
            batch.drop_column("credit_id")
            batch.drop_column("released_at")
    op.execute("UPDATE refunds SET credit_note_id = id WHERE credit_note_id IS NULL")
    with op.batch_alter_table("refunds", schema=None) as batch:
        batch.alter_column("credit_note_id", existing_type=types.IdString, nullable=False)
    for table, columns in _columns().items():
        there = _present(table)
        for column in columns:
            if column.name in there:
                op.drop_column(table, column.name)
    op.drop_table("credit_uses")
    op.drop_table("credits")
    triggers.install(op.get_bind())


def _moments() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
    )


def _create_tables() -> None:
    op.create_table(
        "credits",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("remaining_cents", sa.BigInteger(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_credits_tenant_id_id")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_credits_source_source_id")),
        sa.CheckConstraint(
            "remaining_cents >= 0 AND remaining_cents <= amount_cents", name=op.f("ck_credits_remaining")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_credits_tenant_id_invoice_id"),
        ),
        if_not_exists=True,
    )
    op.create_table(
        "credit_uses",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("credit_id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=True),
        sa.Column("refund_id", types.IdString, nullable=True),
        sa.Column("reverses_id", types.IdString, nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_uses")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_credit_uses_tenant_id_id")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_credit_uses_refund_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_credit_uses_reverses_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_id"],
            ["credits.tenant_id", "credits.id"],
            name=op.f("fk_credit_uses_tenant_id_credit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_credit_uses_tenant_id_invoice_id"),
        ),
        if_not_exists=True,
    )
    for table, name, columns in _INDEXES:
        op.create_index(name, table, columns, if_not_exists=True)


_INDEXES = (
    ("credits", "ix_credits_tenant_id", ["tenant_id"]),
    ("credits", "ix_credits_partner_id", ["partner_id"]),
    ("credits", "ix_credits_open", ["tenant_id", "currency", "remaining_cents"]),
    ("credits", "ix_credits_invoice", ["invoice_id"]),
    ("credit_uses", "ix_credit_uses_tenant_id", ["tenant_id"]),
    ("credit_uses", "ix_credit_uses_partner_id", ["partner_id"]),
    ("credit_uses", "ix_credit_uses_credit", ["credit_id"]),
    ("credit_uses", "ix_credit_uses_invoice", ["invoice_id"]),
)
_TO_CREDIT = "fk_refunds_tenant_id_credit_id"


def _columns() -> dict[str, list[sa.Column[object]]]:
    def cents(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)

    return {
        "invoices": [cents("amount_applied_cents"), cents("times_reopened")],
        "payments": [cents("promised_cents")],
        "partner_configuration": [
            sa.Column("auto_apply_credit", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        ],
    }


def _present(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _add_columns() -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)
    present = _present("refunds")
    with op.batch_alter_table("refunds", schema=None) as batch:
        if "credit_id" not in present:
            batch.add_column(sa.Column("credit_id", types.IdString, nullable=True))
            batch.create_foreign_key(op.f(_TO_CREDIT), "credits", ["tenant_id", "credit_id"], ["tenant_id", "id"])
        if "released_at" not in present:
            batch.add_column(sa.Column("released_at", types.UTCDateTime(), nullable=True))
        batch.alter_column("credit_note_id", existing_type=types.IdString, nullable=True)
    for name, column_name in (("ix_refunds_credit", "credit_id"), ("ix_refunds_external", "external_id")):
        op.create_index(name, "refunds", [column_name], if_not_exists=True)


_OWNED = ("tenant_id", "partner_id", "id")
_INVOICES = sa.table(
    "invoices",
    *(sa.column(name) for name in (*_OWNED, "document_type", "status", "currency")),
    sa.column("amount_due_cents", sa.BigInteger),
    sa.column("finalized_at", types.UTCDateTime),
)
_SETTLEMENTS = sa.table(
    "invoice_settlements",
    *(sa.column(name) for name in (*_OWNED, "invoice_id", "kind", "source_id")),
    sa.column("amount_cents", sa.BigInteger),
    sa.column("unapplied_cents", sa.BigInteger),
    sa.column("created_at", types.UTCDateTime),
)
_REFUNDS = sa.table(
    "refunds",
    *(sa.column(name) for name in (*_OWNED, "payment_id", "credit_note_id", "credit_id", "status")),
    sa.column("amount_cents", sa.BigInteger),
    sa.column("due_at", types.UTCDateTime),
    sa.column("created_at", types.UTCDateTime),
)
_PAYMENTS = sa.table("payments", sa.column("id"), sa.column("promised_cents", sa.BigInteger))
_CREDITS = sa.table(
    "credits",
    *(sa.column(name) for name in (*_OWNED, "currency", "source", "source_id", "invoice_id")),
    sa.column("amount_cents", sa.BigInteger),
    sa.column("remaining_cents", sa.BigInteger),
    sa.column("is_kept", sa.Boolean),
    sa.column("version", sa.BigInteger),
    sa.column("created_at", types.UTCDateTime),
    sa.column("updated_at", types.UTCDateTime),
)
_USES = sa.table(
    "credit_uses",
    *(sa.column(name) for name in (*_OWNED, "credit_id", "kind", "refund_id", "recorded_by")),
    sa.column("amount_cents", sa.BigInteger),
    sa.column("created_at", types.UTCDateTime),
    sa.column("updated_at", types.UTCDateTime),
)


def _carry_over() -> None:
    bind = op.get_bind()
    known = {tuple(row) for row in bind.execute(sa.select(_CREDITS.c.source, _CREDITS.c.source_id))}
    _carry_notes(bind, known)
    _carry_money(bind, known)


def _carry_notes(bind: sa.Connection, known: set[tuple[Any, ...]]) -> None:
    """Notes with something left, and those that refunds gave or will give back."""
    refunds: dict[str, list[Any]] = {}
    of_notes = sa.select(_REFUNDS).where(_REFUNDS.c.amount_cents > 0, _REFUNDS.c.credit_id.is_(None))
    for row in bind.execute(of_notes.order_by(_REFUNDS.c.created_at, _REFUNDS.c.id)):
        refunds.setdefault(row.credit_note_id, []).append(row)
    notes = sa.select(_INVOICES).where(
        _INVOICES.c.document_type == "credit_note",
        _INVOICES.c.finalized_at.is_not(None),
        _INVOICES.c.status != "void",
        sa.or_(_INVOICES.c.amount_due_cents < 0, _INVOICES.c.id.in_(sa.select(_REFUNDS.c.credit_note_id))),
    )
    for note in bind.execute(notes.order_by(_INVOICES.c.finalized_at, _INVOICES.c.id)).all():
        rows = refunds.get(note.id, [])
        done = sum(row.amount_cents for row in rows if row.status == "succeeded")
        promised = sum(row.amount_cents for row in rows if row.status != "succeeded")
        amount = done - note.amount_due_cents
        if ("credit_note", note.id) in known or amount <= 0:
            continue
        source = ("credit_note", note.id, note.id)
        credit_id = _add_credit(bind, note, source, (amount, amount - done - promised), note.finalized_at)
        for row in rows:
            _carry_refund(bind, row, credit_id)


def _carry_refund(bind: sa.Connection, row: Any, credit_id: str) -> None:
    bind.execute(
        sa.insert(_USES).values(
            id=new_id("cru"), tenant_id=row.tenant_id, partner_id=row.partner_id, credit_id=credit_id, kind="refunded",
            amount_cents=row.amount_cents, refund_id=row.id, recorded_by="system:migration",
            created_at=row.created_at, updated_at=row.created_at,
        )
    )  # fmt: skip
    changed: dict[str, Any] = {"credit_id": credit_id}
    if row.status != "succeeded":
        # One that was given up is asked after once more: nobody knew whether its credit was free again.
        changed["due_at"] = row.due_at or row.created_at
        bind.execute(
            sa.update(_PAYMENTS)
            .where(_PAYMENTS.c.id == row.payment_id)
            .values(promised_cents=_PAYMENTS.c.promised_cents + row.amount_cents)
        )
    bind.execute(sa.update(_REFUNDS).where(_REFUNDS.c.id == row.id).values(**changed))


def _carry_money(bind: sa.Connection, known: set[tuple[Any, ...]]) -> None:
    """Money that came and settled nothing."""
    left = (
        sa.select(_SETTLEMENTS, _INVOICES.c.currency)
        .join(_INVOICES, _INVOICES.c.id == _SETTLEMENTS.c.invoice_id)
        .where(_SETTLEMENTS.c.kind.in_(("payment", "manual")), _SETTLEMENTS.c.unapplied_cents > 0)
    )
    for row in bind.execute(left.order_by(_SETTLEMENTS.c.created_at, _SETTLEMENTS.c.id)).all():
        source = "overpayment" if row.amount_cents else "unapplied_payment"
        if (source, row.source_id) not in known:
            amounts = (row.unapplied_cents, row.unapplied_cents)
            _add_credit(bind, row, (source, row.source_id, row.invoice_id), amounts, row.created_at)


def _add_credit(
    bind: sa.Connection, row: Any, origin: tuple[str, str, str], amounts: tuple[int, int], at: datetime
) -> str:
    """Add a credit from where it came, with its amount and what remains of that; give its id."""
    credit_id = new_id("crd")
    (source, source_id, invoice_id), (amount, remaining) = origin, amounts
    bind.execute(
        sa.insert(_CREDITS).values(
            id=credit_id, tenant_id=row.tenant_id, partner_id=row.partner_id, currency=row.currency, source=source,
            source_id=source_id, invoice_id=invoice_id, amount_cents=amount, remaining_cents=remaining, is_kept=False,
            version=1, created_at=at, updated_at=at,
        )
    )  # fmt: skip
    return credit_id
