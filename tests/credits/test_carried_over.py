"""What stood open before there were balances becomes credit when the schema is upgraded, and no document changes."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import MetaData, create_engine, func, insert, inspect, select, text

from scaicontrol.db import migrate
from tests.databases import sqlite_url

BEFORE = "012"
AT = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # as the column keeps it
OWNED = {
    "tenant_id": "tnt_1",
    "partner_id": "prt_1",
    "created_at": AT,
    "updated_at": AT,
}


def a_row(table, **given):
    """Fill what a table cannot do without; only what is given means anything."""
    plain = {"BIGINT": 0, "INTEGER": 0, "BOOLEAN": False, "DATETIME": AT, "JSON": "[]"}
    needed = {
        c.name: plain.get(str(c.type).split("(")[0], "x") for c in table.c if not c.nullable and c.default is None
    }
    return insert(table).values(**(needed | {k: v for k, v in (OWNED | given).items() if k in table.c}))


@pytest.fixture
def old(tmp_path):
    url = sqlite_url(tmp_path / "old.db")
    migrate.upgrade(url, BEFORE)
    engine = create_engine(url.replace("+aiosqlite", ""))
    yield url, engine
    engine.dispose()


def tables(engine):
    known = MetaData()
    known.reflect(engine)
    return known.tables


def a_document(connection, known, key, kind, due, *, status="finalized", total=None):
    row = {
        "id": key, "document_type": kind, "status": status, "currency": "EUR", "amount_due_cents": due,
        "total_cents": due if total is None else total, "finalized_at": AT, "number": key,
    }  # fmt: skip
    connection.execute(a_row(known["invoices"], **row))


def money(connection, known, invoice_id, source_id, applied, unapplied, kind="payment"):
    row = {
        "id": f"stl_{source_id}", "invoice_id": invoice_id, "kind": kind, "source_id": source_id,
        "amount_cents": applied, "unapplied_cents": unapplied,
    }  # fmt: skip
    connection.execute(a_row(known["invoice_settlements"], **row))


def a_refund(connection, known, key, note_id, cents, status):
    row = {
        "id": key, "payment_id": "pay_1", "credit_note_id": note_id, "amount_cents": cents, "status": status,
        "idempotency_key": key,
    }  # fmt: skip
    connection.execute(a_row(known["refunds"], **row))


def test_open_notes_and_money_that_settled_nothing_become_credit(old):
    url, engine = old
    known = tables(engine)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        a_document(connection, known, "inv_1", "invoice", 0, status="paid", total=6100)
        a_document(connection, known, "inv_open", "credit_note", -2000, total=-12_000)
        a_document(connection, known, "inv_refunding", "credit_note", -700, total=-1000)
        a_document(connection, known, "inv_done", "credit_note", 0, status="paid", total=-500)
        a_document(connection, known, "inv_void", "credit_note", 0, status="void", total=-500)
        payment = {"id": "pay_1", "invoice_id": "inv_1", "amount_cents": 6100, "refunded_cents": 300, "currency": "EUR"}
        connection.execute(a_row(known["payments"], **payment, status="partially_refunded", idempotency_key="pay_1"))
        money(connection, known, "inv_1", "pay_1", 6100, 0)
        money(connection, known, "inv_1", "pay_over", 0, 90)
        money(connection, known, "inv_1", "pay_by_hand", 10, 5, "manual")
        a_refund(connection, known, "rfn_done", "inv_refunding", 300, "succeeded")
        a_refund(connection, known, "rfn_failed", "inv_refunding", 500, "failed")
        sealed = connection.execute(select(known["invoices"]).order_by(known["invoices"].c.id)).all()
    migrate.upgrade(url)
    now = tables(engine)
    with engine.begin() as connection:
        columns = [now["invoices"].c[column.name] for column in known["invoices"].c]
        assert connection.execute(select(*columns).order_by(now["invoices"].c.id)).all() == sealed
        held = now["credits"].c
        found = connection.execute(select(held.source, held.source_id, held.amount_cents, held.remaining_cents)).all()
        assert sorted(map(tuple, found)) == [
            ("credit_note", "inv_open", 2000, 2000),
            ("credit_note", "inv_refunding", 1000, 200),
            ("overpayment", "pay_by_hand", 5, 5),
            ("unapplied_payment", "pay_over", 90, 90),
        ]
        uses = now["credit_uses"].c
        assert sorted(map(tuple, connection.execute(select(uses.refund_id, uses.amount_cents)))) == [
            ("rfn_done", 300),
            ("rfn_failed", 500),
        ]
        assert connection.scalar(select(now["payments"].c.promised_cents)) == 500
        assert connection.scalar(select(func.count()).where(now["refunds"].c.credit_id.is_(None))) == 0


def test_what_is_not_there_any_more_is_not_there_after_going_back(old):
    url, engine = old
    migrate.upgrade(url)
    migrate.downgrade(url, BEFORE)
    assert {"credits", "credit_uses"} & set(inspect(engine).get_table_names()) == set()


def test_money_that_had_gone_twice_is_owed_and_what_providers_said_can_be_decided_on(tmp_path):
    url = sqlite_url(tmp_path / "newer.db")
    migrate.upgrade(url, "020")
    engine = create_engine(url.replace("+aiosqlite", ""))
    known = tables(engine)
    said = "The provider reports {} USD, asked were 500 EUR, booked are 0."
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        for key in ("inv_twice", "inv_held", "inv_even"):
            a_document(connection, known, key, "invoice", 0, status="paid", total=1000)
        money(connection, known, "inv_twice", "pay_a", 1000, 100)
        money(connection, known, "inv_twice", "back", 0, -100, "manual")
        money(connection, known, "inv_twice", "pay_a:lost", 0, -100, "reversal")
        money(connection, known, "inv_held", "pay_b", 1000, 70)
        money(connection, known, "inv_even", "pay_c", 1000, 0)
        credit = {
            "id": "crd_1", "currency": "EUR", "source": "overpayment", "source_id": "pay_b", "invoice_id": "inv_held",
            "amount_cents": 70, "remaining_cents": 70, "version": 1,
        }  # fmt: skip
        connection.execute(a_row(known["credits"], **credit))
        for key, cents in (("pay_x", 450), ("pay_y", None)):
            waits = {"id": key, "invoice_id": "inv_even", "amount_cents": 500, "currency": "EUR", "status": "pending"}
            mismatch = {"failure_code": "provider_mismatch", "failure_message": said.format(cents)}
            connection.execute(a_row(known["payments"], **waits, **mismatch, idempotency_key=key, external_id=key))
    migrate.upgrade(url)
    now = tables(engine)
    with engine.begin() as connection:
        owed, paid = now["receivables"].c, now["payments"].c
        found = select(owed.invoice_id, owed.amount_cents, owed.remaining_cents, owed.source)
        assert [tuple(row) for row in connection.execute(found)] == [("inv_twice", 100, 100, "taken_back")]
        reports = select(paid.id, paid.reported_cents, paid.reported_currency).order_by(paid.id)
        assert [tuple(row) for row in connection.execute(reports)] == [("pay_x", 450, "USD"), ("pay_y", 500, "USD")]
    migrate.upgrade(url)  # once is enough
    migrate.downgrade(url, "020")
    assert "receivables" not in inspect(engine).get_table_names()
    engine.dispose()
