"""
The ledger: entries of two sides for every movement of money and of what is owed, also for what moved before.

What is there is posted from its own rows, each source once, so that a run that was cut off goes on. How a receivable
was settled step by step is not in its row: what was settled of it until now is one entry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol.db import triggers, types

revision: str = "038"
down_revision: str | None = "034"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _moments() -> list[sa.Column[Any]]:
    return [sa.Column(name, types.UTCDateTime(), nullable=False) for name in ("created_at", "updated_at")]


def _owner() -> list[sa.Column[Any]]:
    return [sa.Column(name, types.IdString, nullable=False) for name in ("tenant_id", "partner_id")]


def upgrade() -> None:
    op.create_table(
        "ledger_entries",
        *_owner(),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("occurred_at", types.UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("source_type", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("about_id", sa.String(length=100), nullable=True),
        sa.Column("reverses_id", types.IdString, nullable=True),
        *_moments(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_ledger_entries_tenant_id_id")),
        sa.UniqueConstraint(
            "source_id", "source_type", "kind", name=op.f("uq_ledger_entries_source_id_source_type_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_ledger_entries_tenant_id_invoice_id"),
        ),
        if_not_exists=True,
    )
    op.create_table(
        "ledger_postings",
        *_owner(),
        sa.Column("entry_id", types.IdString, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("occurred_at", types.UTCDateTime(), nullable=False),
        *_moments(),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_ledger_postings")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["ledger_entries.tenant_id", "ledger_entries.id"],
            name=op.f("fk_ledger_postings_tenant_id_entry_id"),
        ),
        if_not_exists=True,
    )
    for name, table, columns in (
        ("ix_ledger_entries_listed", "ledger_entries", ["created_at", "id"]),
        ("ix_ledger_entries_tenant", "ledger_entries", ["tenant_id", "created_at", "id"]),
        ("ix_ledger_entries_partner", "ledger_entries", ["partner_id", "occurred_at", "id"]),
        ("ix_ledger_entries_invoice", "ledger_entries", ["invoice_id"]),
        ("ix_ledger_entries_about", "ledger_entries", ["about_id"]),
        (
            "ix_ledger_postings_balance",
            "ledger_postings",
            ["partner_id", "currency", "account", "occurred_at", "amount_cents"],
        ),
        ("ix_ledger_postings_tenant", "ledger_postings", ["tenant_id", "account"]),
        ("ix_ledger_postings_account", "ledger_postings", ["account", "entry_id"]),
    ):
        op.create_index(name, table, columns, unique=False, if_not_exists=True)
    post_what_is_there(op.get_bind())
    triggers.install(op.get_bind())


def downgrade() -> None:
    op.drop_table("ledger_postings")
    op.drop_table("ledger_entries")


@dataclass(frozen=True)
class _Source:
    """One kind of row: what its entries say, and their sides as (account, cents)."""

    type: str
    suffix: str  # of the entry's id, where one row has several
    rows: sa.FromClause
    row: sa.FromClause  # the one of `rows` that is the source
    invoice: sa.FromClause  # of `rows`, too: owner of the currency, and the document whose account moves
    where: sa.ColumnElement[bool]
    kind: Any
    occurred_at: Any
    about_id: Any
    sides: Sequence[tuple[Any, Any]]
    currency: Any = None
    source_id: Any = None

    @property
    def entry_id(self) -> sa.ColumnElement[str]:
        return sa.literal("led_").concat(self.row.c.id).concat(self.suffix)


def post_what_is_there(bind: sa.Connection) -> None:
    """Write the entries of all rows that have none, and the sides of entries that lack them."""
    tables = sa.MetaData()
    names = (
        "invoices", "invoice_settlements", "payments", "refunds", "credits", "credit_uses", "receivables", "disputes",
        "dispute_movements", "ledger_entries", "ledger_postings",
    )  # fmt: skip
    there = {name: sa.Table(name, tables, autoload_with=bind, resolve_fks=False) for name in names}
    for source in _sources(there):
        _post(bind, there["ledger_entries"], there["ledger_postings"], source)


def _post(bind: sa.Connection, entries: sa.Table, postings: sa.Table, source: _Source) -> None:
    row, known = source.row.c, entries.alias("known")
    currency = source.invoice.c.currency if source.currency is None else source.currency
    source_id = row.id if source.source_id is None else source.source_id
    moves = sa.or_(*(cents != 0 for _, cents in source.sides))
    is_known = sa.exists().where(
        known.c.source_id == source_id, known.c.source_type == source.type, known.c.kind == source.kind
    )
    told = sa.select(
        source.entry_id, row.tenant_id, row.partner_id, currency, source.occurred_at, source.kind,
        sa.literal(source.type), source_id, source.invoice.c.id, source.about_id, row.created_at, row.created_at,
    )  # fmt: skip
    bind.execute(
        entries.insert().from_select(
            [
                "id", "tenant_id", "partner_id", "currency", "occurred_at", "kind", "source_type", "source_id",
                "invoice_id", "about_id", "created_at", "updated_at",
            ],
            told.select_from(source.rows).where(source.where, moves, ~is_known),
        )
    )  # fmt: skip
    entry, there = entries.alias("entry"), postings.alias("there")
    for position, (account, cents) in enumerate(source.sides, 1):
        is_there = sa.exists().where(there.c.entry_id == entry.c.id, there.c.position == position)
        side = sa.select(
            entry.c.tenant_id, entry.c.partner_id, entry.c.id, sa.literal(position), account, cents, entry.c.currency,
            entry.c.occurred_at, entry.c.created_at, entry.c.updated_at,
        )  # fmt: skip
        bind.execute(
            postings.insert().from_select(
                [
                    "tenant_id", "partner_id", "entry_id", "position", "account", "amount_cents", "currency",
                    "occurred_at", "created_at", "updated_at",
                ],
                side.select_from(source.rows.join(entry, entry.c.id == source.entry_id)).where(
                    source.where, cents != 0, ~is_there
                ),
            )
        )  # fmt: skip


def _sources(there: dict[str, sa.Table]) -> Iterator[_Source]:
    yield from _documents(there["invoices"])
    yield _settlements(there)
    yield from _promises(there)
    yield from _owed(there)
    yield _disputes(there)


def _documents(invoices: sa.Table) -> Iterator[_Source]:
    row = invoices.c
    account = sa.case((row.document_type == "credit_note", "credit_balances"), else_="receivables")
    for kind, suffix, moment, sign in (
        ("document_finalized", "", row.finalized_at, 1),
        ("document_voided", "v", row.voided_at, -1),
    ):
        yield _Source(
            type="document",
            suffix=suffix,
            rows=invoices,
            row=invoices,
            invoice=invoices,
            where=sa.and_(row.finalized_at.is_not(None), moment.is_not(None)),
            kind=sa.literal(kind),
            occurred_at=moment,
            about_id=sa.null(),
            sides=[
                (account, row.total_cents * sign),
                (sa.literal("revenue"), row.subtotal_cents * -sign),
                (sa.literal("vat_payable"), row.tax_cents * -sign),
            ],
        )


def _root(source_id: Any) -> sa.ColumnElement[str]:
    """Give what stands before the first colon: the payment or refund that a movement is one of."""
    colon = sa.func.instr(source_id, ":")
    root = sa.case((colon > 0, sa.func.substr(source_id, 1, colon - 1)), else_=source_id)
    # Ids are ascii: in another character set they would be looked for without an index.
    return sa.cast(root, sa.String(100).with_variant(mysql.CHAR(100, charset="ascii"), "mysql", "mariadb"))


def _clearing(provider: Any) -> sa.ColumnElement[str]:
    at_bank = sa.or_(provider.is_(None), provider.in_(["manual", "bank_transfer"]))
    return sa.case((at_bank, "bank"), else_=sa.literal("clearing:").concat(provider))


def _settlements(there: dict[str, sa.Table]) -> _Source:
    invoices, stl, refunds, uses = (
        there[name] for name in ("invoices", "invoice_settlements", "refunds", "credit_uses")
    )
    paid, refunded = there["payments"].alias("paid"), there["payments"].alias("refunded")
    row, root = stl.c, _root(stl.c.source_id)
    is_payment = row.kind == "payment"
    rows = (
        stl.join(invoices, invoices.c.id == row.invoice_id)
        .outerjoin(refunds, sa.and_(refunds.c.id == root, is_payment))
        .outerjoin(refunded, refunded.c.id == refunds.c.payment_id)
        .outerjoin(paid, sa.and_(paid.c.id == root, row.kind.in_(["payment", "reversal"])))
    )
    # What went beyond any credit was promised to nobody.
    beside = sa.or_(sa.func.coalesce(row.reference, "") == "refunded at the provider", row.source_id.like("%:twice"))
    held = sa.or_(refunds.c.credit_use_id.is_not(None), refunds.c.id.in_(sa.select(uses.c.refund_id)))
    is_refund = sa.and_(refunds.c.id.is_not(None), held, ~beside)
    cents = row.amount_cents + row.unapplied_cents
    is_note = invoices.c.document_type == "credit_note"
    return _Source(
        type="settlement",
        suffix="",
        rows=rows,
        row=stl,
        invoice=invoices,
        where=sa.true(),
        kind=sa.case(
            (sa.and_(is_payment, sa.or_(is_refund, cents < 0)), "refund_paid"),
            (is_payment, "payment_booked"),
            (sa.and_(row.kind == "manual", cents > 0), "money_recorded"),
            (row.kind == "manual", "credit_paid_back"),
            (row.kind == "reversal", "payment_reversed"),
            (row.kind == "credit_note", "credit_note_allocated"),
            (row.kind == "credit", "credit_applied"),
            else_="loss_written_off",
        ),
        occurred_at=row.settled_at,
        about_id=root,
        sides=[
            (
                sa.case(
                    (row.kind == "write_off", "write_offs"),
                    (row.kind.in_(["credit", "credit_note"]), "transfers"),
                    else_=_clearing(sa.func.coalesce(paid.c.provider, refunded.c.provider)),
                ),
                cents,
            ),
            (
                sa.case((is_refund, "refunds"), (is_note, "credit_balances"), else_="receivables"),
                -row.amount_cents,
            ),
            (sa.case((is_refund, "refunds"), else_="credit_balances"), -row.unapplied_cents),
        ],
    )


def _promises(there: dict[str, sa.Table]) -> Iterator[_Source]:
    invoices, credits, uses = (there[name] for name in ("invoices", "credits", "credit_uses"))
    first = uses.alias("first")
    rows = (
        uses.join(credits, credits.c.id == uses.c.credit_id)
        .join(invoices, invoices.c.id == credits.c.invoice_id)
        .outerjoin(first, first.c.id == uses.c.reverses_id)
    )
    for kind, where in (
        ("refund_promised", uses.c.kind == "refunded"),
        ("refund_released", sa.and_(uses.c.kind == "reversed", first.c.kind == "refunded")),
    ):
        yield _Source(
            type="credit_use",
            suffix="",
            rows=rows,
            row=uses,
            invoice=invoices,
            where=where,
            kind=sa.literal(kind),
            occurred_at=uses.c.created_at,
            about_id=credits.c.id,
            sides=[
                (sa.literal("credit_balances"), uses.c.amount_cents),
                (sa.literal("refunds"), -uses.c.amount_cents),
            ],
        )


def _owed(there: dict[str, sa.Table]) -> Iterator[_Source]:
    invoices, receivables = there["invoices"], there["receivables"]
    row = receivables.c
    settled = row.amount_cents - row.remaining_cents
    for kind, suffix, moment, cents, source_id in (
        ("receivable_opened", "", row.created_at, row.amount_cents, row.id),
        ("receivable_settled", "s", row.updated_at, -settled, row.id.concat(":settled")),
    ):
        yield _Source(
            type="receivable",
            suffix=suffix,
            rows=receivables.join(invoices, invoices.c.id == row.invoice_id),
            row=receivables,
            invoice=invoices,
            where=sa.true(),
            kind=sa.literal(kind),
            occurred_at=moment,
            about_id=row.id,
            sides=[(sa.literal("other_receivables"), cents), (sa.literal("credit_balances"), -cents)],
            source_id=source_id,
        )


def _disputes(there: dict[str, sa.Table]) -> _Source:
    invoices, disputes, moves, payments = (
        there[name] for name in ("invoices", "disputes", "dispute_movements", "payments")
    )
    row = moves.c
    is_fee = row.kind == "fee"
    return _Source(
        type="dispute_movement",
        suffix="",
        rows=moves.join(disputes, disputes.c.id == row.dispute_id)
        .join(invoices, invoices.c.id == row.invoice_id)
        .outerjoin(payments, payments.c.id == disputes.c.payment_id),
        row=moves,
        invoice=invoices,
        where=sa.true(),
        kind=sa.case((is_fee, "fee_charged"), else_="dispute_withheld"),
        occurred_at=row.created_at,
        about_id=disputes.c.id,
        sides=[
            (sa.case((is_fee, "fees"), else_="disputes"), row.amount_cents),
            (_clearing(payments.c.provider), -row.amount_cents),
        ],
        currency=disputes.c.currency,
    )
