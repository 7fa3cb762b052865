"""
Every way to reach a row through a session, in every scope: it shows the scope's own rows, or it is refused.

Acme has one invoice, Globex two, Initech four: the number of rows that a statement saw tells whose they were.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import joinedload, lazyload, make_transient_to_detached, selectinload, subqueryload

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import Model
from scaicontrol.db.tenant_filter import PartnerOwned, PartnerPrivate, PartnerShared, ScopeViolation, TenantOwned
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from tests.factories import ACME, GLOBEX, INITECH, ada
from tests.factories.catalog import store_plan
from tests.factories.invoices import a_draft
from tests.factories.registry import store_service
from tests.factories.tenants import store_cast
from tests.factories.usage import store_holder
from tests.isolation.statements_reading import READS, REFUSED, SCOPES, TABLE, WRITES, Statement, counted, reads
from tests.isolation.statements_writing import _FOREIGN_KEYS, _KEPT, _LINES, _ROWS, SEEDED


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
    return await counted(session, sa.select(Invoice).with_for_update())


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
