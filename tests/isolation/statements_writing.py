"""Writes that must not reach a foreign row."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import make_transient_to_detached

from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from tests.factories import ACME, INITECH, NORTHWIND, SOUTHBAY
from tests.isolation.statements_reading import LINES, TABLE, writes

SEEDED: list[str] = []
_LINES: list[str] = []
_FOREIGN_KEYS: list[tuple[str, str, str]] = []
_ROWS: dict[str, dict[str, Any]] = {}
_KEPT = ("tenant_id", "partner_id", "document_type", "status", "currency", "created_at", "updated_at", "version")


def _columns(name: str) -> dict[str, Any]:
    """Initech's invoice under another key."""
    return {**_ROWS[SEEDED[-1]], "id": name}


@writes
async def orm_update(session):
    await session.execute(sa.update(Invoice).values(notes="stolen").execution_options(synchronize_session=False))


@writes
async def orm_update_of_each(session):
    for name in SEEDED:
        await session.execute(sa.update(Invoice).where(Invoice.id == name).values(notes="stolen"))


@writes
async def bulk_update_by_key(session):
    await session.execute(sa.update(Invoice), [{"id": name, "notes": "stolen"} for name in SEEDED])


@writes
async def legacy_bulk_update(session):
    rows = [{"id": name, "notes": "stolen"} for name in SEEDED]
    await session.run_sync(lambda sync: sync.bulk_update_mappings(Invoice, rows))


@writes
async def core_update(session):
    await session.execute(sa.update(TABLE).values(notes="stolen"))


@writes
async def named_table_update(session):
    await session.execute(sa.update(sa.table("invoices", sa.column("notes"))).values(notes="stolen"))


@writes
async def text_update(session):
    await session.execute(sa.text("UPDATE invoices SET notes = 'stolen'"))


@writes
async def orm_delete(session):
    await session.execute(sa.delete(InvoiceLine))
    await session.execute(sa.delete(Invoice))


@writes
async def core_delete(session):
    await session.execute(sa.delete(LINES))


@writes
async def named_table_delete(session):
    await session.execute(sa.delete(sa.table("invoice_line_items", sa.column("id"))))


@writes
async def upsert(session):
    statement: Any
    values = {**_columns(SEEDED[-1]), "notes": "stolen"}
    if session.bind.dialect.name == "sqlite":
        statement = (
            sqlite_insert(Invoice).values(values).on_conflict_do_update(index_elements=["id"], set_={"notes": "stolen"})
        )
    else:
        statement = mysql_insert(Invoice).values(values).on_duplicate_key_update(notes="stolen")
    await session.execute(statement)


@writes
async def insert_values(session):
    await session.execute(sa.insert(Invoice).values(**_columns("inv_new")))


@writes
async def insert_rows(session):
    await session.execute(sa.insert(Invoice), [_columns("inv_new")])


@writes
async def insert_returning(session):
    await session.execute(sa.insert(Invoice).returning(Invoice.id), [_columns("inv_new")])


@writes
async def legacy_bulk_insert(session):
    await session.run_sync(lambda sync: sync.bulk_insert_mappings(Invoice, [_columns("inv_new")]))


@writes
async def core_insert(session):
    await session.execute(sa.insert(TABLE), [_columns("inv_new")])


@writes
async def insert_from_select(session):
    rows = sa.select(sa.literal("inv_new"), *(getattr(Invoice, name) for name in _KEPT)).where(Invoice.id == SEEDED[-1])
    await session.execute(sa.insert(Invoice).from_select(["id", *_KEPT], rows))


@writes
async def add_foreign(session):
    session.add(Invoice(**_columns("inv_new")))
    await session.flush()


@writes
async def bulk_save(session):
    await session.run_sync(lambda sync: sync.bulk_save_objects([Invoice(**_columns("inv_new"))]))


@writes
async def merge_over_each(session):
    for name in SEEDED:
        await session.merge(Invoice(id=name, notes="stolen"))
    await session.flush()


@writes
async def merge_without_loading(session):
    for name, tenant_id, partner_id in _FOREIGN_KEYS:
        row = Invoice(id=name, tenant_id=tenant_id, partner_id=partner_id)
        make_transient_to_detached(row)
        session.add(row)
        row.notes = "stolen"
    await session.flush()


@writes
async def claim_a_detached_row(session):
    """A detached row that says it is ours: its key is a foreign one."""
    scope = session.info["scope"]
    for name in SEEDED:
        row = Invoice(id=name, tenant_id=scope.tenant_id or ACME, partner_id=scope.partner_id or NORTHWIND)
        make_transient_to_detached(row)
        session.add(row)
        row.notes = "stolen"
    await session.flush()


@writes
async def delete_a_detached_row(session):
    scope = session.info["scope"]
    row = InvoiceLine(id=_LINES[-1], tenant_id=scope.tenant_id or ACME, partner_id=scope.partner_id or NORTHWIND)
    make_transient_to_detached(row)
    await session.delete(row)
    await session.flush()


@writes
async def give_away(session):
    for row in (await session.scalars(sa.select(Invoice))).all():
        row.tenant_id, row.partner_id = INITECH, SOUTHBAY
    await session.flush()


@writes
async def child_of_a_foreign_parent(session):
    scope = session.info["scope"]
    line = {"id": "ili_new", "invoice_id": SEEDED[-1], "order_index": 9, "description": "x", "unit_price_cents": 1}
    session.add(
        InvoiceLine(**line, amount_cents=1, tenant_id=scope.tenant_id or ACME, partner_id=scope.partner_id or NORTHWIND)
    )
    await session.flush()
