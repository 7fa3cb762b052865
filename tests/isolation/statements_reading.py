"""Reads that must not see a foreign row, with what registers them."""

from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from scaicontrol.core.pagination import PageRequest, paginate
from scaicontrol.db.tenant_filter import Scope, ScopeViolation
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.tenants.models import Tenant
from tests.factories import ACME, GLOBEX, INITECH, NORTHWIND, SCAIDRIVE, SOUTHBAY

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
