"""
Every way to reach a row through a session, in every scope: it shows the scope's own rows, or it is refused.

Acme has one invoice, Globex two, Initech four: the number of rows that a statement saw tells whose they were.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import InvalidRequestError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, lazyload, make_transient_to_detached, selectinload, subqueryload

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import Model
from scaicontrol.db.tenant_filter import PartnerOwned, PartnerPrivate, PartnerShared, Scope, ScopeViolation, TenantOwned
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.tenants.models import Tenant
from tests.factories import ACME, GLOBEX, INITECH, NORTHWIND, SCAIDRIVE, SOUTHBAY, ada
from tests.factories.catalog import store_plan
from tests.factories.invoices import a_draft
from tests.factories.registry import store_service
from tests.factories.tenants import store_cast
from tests.factories.usage import store_holder

TABLE: Any = Invoice.__table__
LINES: Any = InvoiceLine.__table__
SCOPES = {
    "tenant": (Scope.tenant(NORTHWIND, ACME), {ACME: 1}),
    "sibling": (Scope.tenant(NORTHWIND, GLOBEX), {GLOBEX: 2}),
    "partner": (Scope.partner(NORTHWIND), {ACME: 1, GLOBEX: 2}),
    "other partner": (Scope.partner(SOUTHBAY), {INITECH: 4}),
    "service": (Scope.service(SCAIDRIVE), {ACME: 1}),  # only Acme holds it
    "none": (Scope.none(), {}),
}
REFUSED = (ScopeViolation, InvalidRequestError)
Statement = Callable[[AsyncSession], Awaitable[int]]
READS: dict[str, Statement] = {}
WRITES: dict[str, Statement] = {}


def reads(query: Statement) -> Statement:
    READS[query.__name__] = query
    return query


def writes(change: Statement) -> Statement:
    WRITES[change.__name__] = change
    return change


async def counted(session: AsyncSession, statement: Any) -> int:
    return len((await session.execute(statement)).all())


# Reads: each gives how many invoices it saw.


@reads
async def entity(session):
    return await counted(session, sa.select(Invoice))


@reads
async def column(session):
    return await counted(session, sa.select(Invoice.notes))


@reads
async def count_of_a_column(session):
    return await session.scalar(sa.select(sa.func.count(Invoice.id)))


@reads
async def count_from_entity(session):
    return await session.scalar(sa.select(sa.func.count()).select_from(Invoice))


@reads
async def count_of_a_subquery(session):
    return await session.scalar(sa.select(sa.func.count()).select_from(sa.select(Invoice).subquery()))


@reads
async def total_of_a_page(session):
    query = sa.select(Invoice).with_only_columns(sa.func.count(), maintain_column_froms=True)
    return await session.scalar(query)


@reads
async def page(session):
    class Work:
        def __init__(self) -> None:
            self.session = session

    found = await paginate(Work(), sa.select(Invoice), PageRequest(), {"created_at": Invoice.created_at})  # type: ignore[arg-type]  # only the session is used
    assert found.total == len(found.items)
    return found.total


@reads
async def alias(session):
    return await counted(session, sa.select(aliased(Invoice)))


@reads
async def alias_of_a_subquery(session):
    return await counted(session, sa.select(aliased(Invoice, sa.select(Invoice).subquery())))


@reads
async def scalar_subquery(session):
    return await session.scalar(sa.select(sa.select(sa.func.count(Invoice.id)).scalar_subquery())) or 0


@reads
async def correlated_subquery(session):
    inner = sa.select(sa.func.count(Invoice.id)).where(Invoice.tenant_id == Tenant.id).scalar_subquery()
    return sum((await session.scalars(sa.select(inner).select_from(Tenant))).all())


@reads
async def exists(session):
    tenants = sa.select(Tenant.id).where(sa.exists().where(Invoice.tenant_id == Tenant.id))
    mine = (await session.scalars(tenants)).all()
    return sum({ACME: 1, GLOBEX: 2, INITECH: 4}[tenant] for tenant in mine)


@reads
async def relationship_any(session):
    return await counted(session, sa.select(Invoice.id).where(Invoice.lines.any()))


@reads
async def in_subquery(session):
    ids = sa.select(InvoiceLine.invoice_id)
    return await counted(session, sa.select(Invoice.id).where(Invoice.id.in_(ids)))


@reads
async def union(session):
    return await counted(session, sa.union_all(sa.select(Invoice.id), sa.select(Invoice.id).where(sa.false())))


@reads
async def entities_from_a_union(session):
    both = sa.union_all(sa.select(Invoice), sa.select(Invoice).where(sa.false())).subquery()
    return await counted(session, sa.select(aliased(Invoice, both)))


@reads
async def cte(session):
    named = sa.select(Invoice.id).cte()
    return await counted(session, sa.select(named.c.id))


@reads
async def recursive_cte(session):
    start = sa.select(Invoice.id.label("id")).cte("walk", recursive=True)
    walk = start.union(sa.select(Invoice.id).join(start, start.c.id == Invoice.referenced_invoice_id))
    return await counted(session, sa.select(walk.c.id))


@reads
async def join(session):
    return await counted(session, sa.select(InvoiceLine.id).join(Invoice, Invoice.id == InvoiceLine.invoice_id))


@reads
async def outer_join(session):
    joined = sa.select(Invoice.id).select_from(Tenant).outerjoin(Invoice, Invoice.tenant_id == Tenant.id)
    return len([row for (row,) in (await session.execute(joined)).all() if row is not None])


@reads
async def core_table(session):
    return await counted(session, sa.select(TABLE))


@reads
async def core_column(session):
    return await counted(session, sa.select(TABLE.c.notes))


@reads
async def core_alias(session):
    return await counted(session, sa.select(TABLE.alias().c.notes))


@reads
async def core_table_by_name(session):
    return await counted(session, sa.select(sa.table("invoices", sa.column("notes")).c.notes))


@reads
async def core_column_beside_an_entity(session):
    return await counted(
        session, sa.select(TABLE.c.notes).select_from(TABLE).join(Tenant, Tenant.id == TABLE.c.tenant_id)
    )


@reads
async def core_exists_beside_an_entity(session):
    tenants = sa.select(Tenant.id).where(sa.exists().where(TABLE.c.tenant_id != Tenant.id))
    return await counted(session, tenants) and 99


@reads
async def core_subquery_beside_an_entity(session):
    inner = sa.select(sa.func.count()).select_from(TABLE).scalar_subquery()
    found = (await session.execute(sa.select(inner, Tenant.id))).first()
    return found[0] if found else 0


@reads
async def core_from_beside_an_entity(session):
    found = sa.select(sa.func.count(sa.distinct(TABLE.c.id))).select_from(Tenant).join(TABLE, sa.true())
    return await session.scalar(found)


@reads
async def core_from_without_a_column(session):
    return await session.scalar(
        sa.select(sa.func.count(), sa.func.max(Tenant.id)).select_from(TABLE).join(Tenant, sa.true())
    )


@reads
async def core_union_beside_an_entity(session):
    return await counted(session, sa.union_all(sa.select(Tenant.id), sa.select(TABLE.c.id)))


@reads
async def core_cte_beside_an_entity(session):
    named = sa.select(TABLE.c.id).cte()
    return await counted(session, sa.select(named.c.id).join(Tenant, sa.true()))


@reads
async def named_table_beside_an_entity(session):
    lightly = sa.table("invoices", sa.column("notes"))
    return await counted(session, sa.select(lightly.c.notes).join(Tenant, sa.true()))


@reads
async def text(session):
    return await counted(session, sa.text("SELECT id FROM invoices"))


@reads
async def text_as_a_column(session):
    return await session.scalar(sa.select(sa.text("(SELECT count(*) FROM invoices)")))


@reads
async def text_in_a_condition(session):
    asked = sa.select(Tenant.id).where(sa.text("EXISTS (SELECT 1 FROM invoices WHERE tenant_id <> tenants.id)"))
    return await counted(session, asked) and 99


@reads
async def literal_column(session):
    return await session.scalar(sa.select(sa.literal_column("(SELECT count(*) FROM invoices)")))


@reads
async def literal_column_beside_an_entity(session):
    found = (await session.execute(sa.select(sa.literal_column("(SELECT count(*) FROM invoices)"), Tenant.id))).first()
    return found[0] if found else 0


@reads
async def from_statement(session):
    return await counted(session, sa.select(Invoice).from_statement(sa.text("SELECT * FROM invoices")))


@reads
async def from_core_statement(session):
    return await counted(session, sa.select(Invoice).from_statement(sa.select(TABLE)))


@reads
async def connection(session):
    return len((await (await session.connection()).execute(sa.select(Invoice.id))).all())


@reads
async def connection_core(session):
    return len((await (await session.connection()).execute(sa.select(TABLE.c.id))).all())


@reads
async def connection_named_table(session):
    lightly = sa.table("invoices", sa.column("id"))
    return len((await (await session.connection()).execute(sa.select(lightly.c.id))).all())


@reads
async def connection_literal(session):
    counting: Any = sa.select(sa.literal_column("(SELECT count(*) FROM invoices)"))
    return (await (await session.connection()).execute(counting)).scalar()


@reads
async def driver_sql(session):
    return len((await (await session.connection()).exec_driver_sql("SELECT id FROM invoices")).all())


@reads
async def forged_option(session):
    """The platform's option, taken by a session that is not the platform's."""
    return await counted(session, sa.select(TABLE.c.id).execution_options(_scoped=True))


@reads
async def stream(session):
    return len([row async for row in await session.stream_scalars(sa.select(Invoice))])


@reads
async def legacy_query(session):
    return await session.run_sync(lambda sync: len(sync.query(Invoice).all()))


@reads
async def legacy_count(session):
    return await session.run_sync(lambda sync: sync.query(Invoice).count())


@reads
async def get_each(session):
    return len([row for row in [await session.get(Invoice, name) for name in SEEDED] if row is not None])


@reads
async def get_and_lock_each(session):
    rows = [await session.get(Invoice, name, with_for_update=True) for name in SEEDED]
    return len([row for row in rows if row is not None])


@reads
async def refresh_a_detached_row(session):
    seen = 0
    for name in SEEDED:
        row = Invoice(id=name)
        make_transient_to_detached(row)
        session.add(row)
        try:
            await session.refresh(row)
        except InvalidRequestError:
            session.expunge(row)
        else:
            seen += 1
    return seen


@reads
async def locked(session):
    return await counted(session, sa.select(Invoice.id).with_for_update())


def _loading(option: Callable[..., Any]) -> Statement:
    async def load(session):
        rows = (await session.scalars(sa.select(Invoice).options(option(Invoice.lines)))).unique().all()
        return sum(len(row.lines) for row in rows)

    return load


for _name, _option in (("selectin", selectinload), ("joined", joinedload), ("subquery", subqueryload)):
    READS[f"{_name}_load"] = _loading(_option)


@reads
async def lazy_load(session):
    rows = (await session.scalars(sa.select(Invoice).options(lazyload(Invoice.lines)))).all()
    return await session.run_sync(lambda _: sum(len(row.lines) for row in rows))


@reads
async def aggregate(session):
    per_tenant = sa.select(sa.func.count()).select_from(Invoice).group_by(Invoice.tenant_id)
    return sum((await session.scalars(per_tenant)).all())


@reads
async def window(session):
    return await counted(session, sa.select(sa.func.row_number().over(order_by=Invoice.id)))


@reads
async def function_over_a_table(session):
    """A statement that mentions the entity in ORDER BY alone."""
    return await counted(session, sa.select(sa.literal(1)).order_by(Invoice.id))


# Writes: each would mark every invoice it reaches.


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


SEEDED: list[str] = []
_LINES: list[str] = []
_FOREIGN_KEYS: list[tuple[str, str, str]] = []
_ROWS: dict[str, dict[str, Any]] = {}
_KEPT = ("tenant_id", "partner_id", "document_type", "status", "currency", "created_at", "updated_at", "version")


def _columns(name: str) -> dict[str, Any]:
    """Initech's invoice under another key."""
    return {**_ROWS[SEEDED[-1]], "id": name}


@pytest.fixture
async def worlds(backend: Backend) -> Backend:
    await store_cast(backend)
    for marks in (SEEDED, _LINES, _FOREIGN_KEYS, _ROWS):
        marks.clear()
    for tenant, number in ((ACME, 1), (GLOBEX, 2), (INITECH, 4)):
        for _ in range(number):
            draft = await a_draft(backend, by=ada, tenant_id=tenant)
            SEEDED.append(draft.id)
            _FOREIGN_KEYS.append((draft.id, draft.tenant_id, draft.partner_id))
            _ROWS[draft.id] = {"notes": draft.notes, **{name: getattr(draft, name) for name in _KEPT}}
    await store_service(backend)
    await store_plan(backend)
    await store_holder(backend)
    _LINES.extend([row["id"] for row in await everything(backend, InvoiceLine)])
    return backend


async def everything(backend: Backend, kind: type[Any]) -> list[dict[str, Any]]:
    async def read(uow: UnitOfWork) -> list[dict[str, Any]]:
        rows = await uow.session.scalars(sa.select(kind).order_by(kind.tenant_id, kind.id))
        return [{column.key: getattr(row, column.key) for column in kind.__table__.columns} for row in rows]

    return await backend.ask(ada, read)


@pytest.mark.parametrize("scope", SCOPES)
async def test_no_read_sees_a_foreign_row(worlds: Backend, scope: str):
    born, owned = SCOPES[scope]
    leaks = []
    for name, query in READS.items():
        async with worlds.database.session(born) as session:
            try:
                seen = await query(session)
            except (*REFUSED, OperationalError):
                continue
        if seen not in {0, sum(owned.values())}:
            leaks.append(f"{name} saw {seen} of {owned}")
    assert not leaks


async def test_legitimate_reads_are_not_refused(worlds: Backend):
    safe = set(READS) - {
        name for name in READS if name.startswith(("core", "text", "literal", "from_", "connection", "named"))
    }
    own = safe - {"driver_sql", "forged_option", "window", "function_over_a_table", "refresh_a_detached_row"}
    wrong: list[Any] = []
    for scope, (born, owned) in SCOPES.items():
        for name in sorted(own):
            async with worlds.database.session(born) as session:
                seen: Any
                try:
                    seen = await READS[name](session)
                except ScopeViolation as error:
                    seen = error
                if seen != sum(owned.values()):
                    wrong.append((scope, name, seen))
    assert not wrong


@pytest.mark.parametrize("change", WRITES)
async def test_no_write_reaches_a_foreign_row(worlds: Backend, change: str):
    reached = []
    for scope, (born, owned) in SCOPES.items():
        before = await foreign_to(worlds, owned)
        async with worlds.database.session(born) as session:
            try:
                await WRITES[change](session)
                await session.commit()
            except (ScopeViolation, SQLAlchemyError):
                await session.rollback()
        if await foreign_to(worlds, owned) != before:
            reached.append(scope)
    assert not reached


async def foreign_to(backend: Backend, owned: dict[str, int]) -> list[Any]:
    rows = [*await everything(backend, Invoice), *await everything(backend, InvoiceLine)]
    return [row for row in rows if row["tenant_id"] not in owned]


def table_of(mapper: Any) -> Any:
    return mapper.local_table


def test_every_table_with_a_tenant_is_scoped():
    loose = [
        mapper.class_.__name__
        for mapper in Model.registry.mappers
        if {"tenant_id", "owner_partner_id"} & set(mapper.local_table.columns.keys())
        and not issubclass(mapper.class_, (TenantOwned, PartnerPrivate, PartnerOwned, PartnerShared))
    ]
    assert not loose


def test_a_link_between_tenants_cannot_be_written():
    """Whatever refers to a row of a tenant does so together with the tenant."""
    loose = []
    for mapper in Model.registry.mappers:
        if not issubclass(mapper.class_, TenantOwned):
            continue
        for key in table_of(mapper).foreign_key_constraints:
            parent = key.referred_table
            owner = next((m.class_ for m in Model.registry.mappers if m.local_table is parent), None)
            if (
                owner is not None
                and issubclass(owner, TenantOwned)
                and "tenant_id" in parent.c
                and not parent.c.tenant_id.nullable
                and "tenant_id" not in key.column_keys
            ):
                loose.append(f"{table_of(mapper).name}.{', '.join(key.column_keys)} → {parent.name}")
    assert not loose


def test_raw_sql_stands_in_the_database_package_and_the_migrations_only():
    root = Path(__file__).parents[2]
    allowed = (root / "scaicontrol/db", root / "migrations")
    found = [
        f"{path.relative_to(root)}:{number}"
        for folder in ("scaicontrol", "admin_views", "tui", "tasks")
        for path in (root / folder).rglob("*.py")
        if not any(path.is_relative_to(place) for place in allowed)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "exec_driver_sql" in line
        or ("sqlalchemy" in line and "import" in line and " text" in f" {line.replace(',', ' ')}".replace("Text", ""))
    ]
    assert not found
