"""Prepared questions show what a session of the same scope shows, value for value, and are refused where it is."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, OutcomeUnknown, Unavailable
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import ReadContext, UnitOfWork
from scaicontrol.db.prepared import Prepared, PreparedInsert, prepared_view
from scaicontrol.db.tenant_filter import Scope, ScopeViolation
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.usage.models import UsageEvent
from tests.factories import ACME, GLOBEX, INITECH, NORTHWIND, SCAIDRIVE, SOUTHBAY, ada, scaidrive
from tests.factories.catalog import store_plan
from tests.factories.invoices import a_draft, finalized
from tests.factories.registry import store_service
from tests.factories.tenants import store_cast
from tests.factories.usage import store_holder

SCOPES = {
    "tenant": (Scope.tenant(NORTHWIND, ACME), {ACME}),
    "sibling": (Scope.tenant(NORTHWIND, GLOBEX), {GLOBEX}),
    "partner": (Scope.partner(NORTHWIND), {ACME, GLOBEX}),
    "other partner": (Scope.partner(SOUTHBAY), {INITECH}),
    "service": (Scope.service(SCAIDRIVE), {ACME}),  # only Acme holds it
    "platform": (Scope.platform(), {ACME, GLOBEX, INITECH}),
    "none": (Scope.none(), set()),
}
COLUMNS = [getattr(Invoice, column.key) for column in Invoice.__table__.columns]
ALL = Prepared(Invoice, sa.select(*COLUMNS).order_by(Invoice.tenant_id))
ONE = Prepared(Invoice, sa.select(*COLUMNS).where(Invoice.id == sa.bindparam("invoice_id")))
LINES = Prepared(
    InvoiceLine,
    sa.select(InvoiceLine.tenant_id)
    .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
    .where(Invoice.currency == "EUR"),
)

OF_IDS = Prepared(Invoice, sa.select(Invoice.tenant_id).where(Invoice.id.in_(sa.bindparam("ids", expanding=True))))
CONNECTION = Prepared(Invoice, sa.select(Invoice.id, sa.func.connection_id().label("connection")).limit(1))
KEYS = Prepared(UsageEvent, sa.select(UsageEvent.idempotency_key))
EVENTS = PreparedInsert(UsageEvent)
RUNNING = "SELECT 1 FROM information_schema.processlist WHERE info LIKE '%sleep(2%' AND id <> connection_id()"


@pytest.fixture
async def worlds(backend: Backend) -> Backend:
    """Three tenants of two partners with a draft each."""
    await store_cast(backend)
    for tenant in (ACME, GLOBEX, INITECH):
        await a_draft(backend, by=ada, tenant_id=tenant)
    await store_service(backend)
    await store_plan(backend)
    await store_holder(backend)
    return backend


@pytest.mark.parametrize("scope", SCOPES)
async def test_every_scope_sees_its_own_rows_only(worlds, scope):
    born, owners = SCOPES[scope]
    async with prepared_view(worlds.database.reader, born) as view:
        assert [row["tenant_id"] for row in await view.rows(ALL)] == sorted(owners)
        assert {row["tenant_id"] for row in await view.rows(LINES)} == owners
        for row in await everything(worlds):
            seen = await view.rows(ONE, invoice_id=row.id)
            assert [found["id"] for found in seen] == ([row.id] if row.tenant_id in owners else [])


async def test_values_are_those_of_an_entity(worlds):
    await finalized(worlds)
    for row in await everything(worlds):
        async with prepared_view(worlds.database.reader, Scope.tenant(row.partner_id, row.tenant_id)) as view:
            (seen,) = await view.rows(ONE, invoice_id=row.id)
        assert seen == {column.key: getattr(row, column.key) for column in Invoice.__table__.columns}


async def test_all_questions_of_a_look_see_one_moment(worlds):
    async with prepared_view(worlds.database.reader, Scope.platform()) as view:
        before = await view.rows(ALL)
        await a_draft(worlds, by=ada, tenant_id=ACME)
        assert await view.rows(ALL) == before
    async with prepared_view(worlds.database.reader, Scope.platform()) as view:
        assert len(await view.rows(ALL)) == len(before) + 1


@pytest.mark.parametrize(
    "query",
    [
        sa.select(Invoice.__table__.c.notes),
        sa.select(sa.literal_column("(SELECT count(*) FROM invoices)"), Invoice.id),
        sa.select(Invoice.id).where(sa.text("1 = 1 OR 1 = 1")),
    ],
    ids=["a table without its entity", "a literal", "raw SQL"],
)
async def test_what_a_session_refuses_is_refused(worlds, query):
    async with prepared_view(worlds.database.reader, Scope.tenant(NORTHWIND, ACME)) as view:
        with pytest.raises(ScopeViolation):
            await view.rows(Prepared(Invoice, query))


async def test_a_list_is_as_long_as_it_is(worlds):
    ids = [row.id for row in await everything(worlds)]
    some = Prepared(Invoice, sa.select(Invoice.id).where(Invoice.id.in_(sa.bindparam("ids", expanding=True))))
    async with prepared_view(worlds.database.reader, Scope.platform()) as view:
        for wanted in ([], ids[:1], ids):
            assert {row["id"] for row in await view.rows(some, ids=wanted)} == set(wanted)
    async with prepared_view(worlds.database.reader, Scope.tenant(NORTHWIND, ACME)) as view:
        assert [row["tenant_id"] for row in await view.rows(OF_IDS, ids=ids)] == [ACME]


async def test_what_is_not_in_a_list_is_refused(worlds):
    others = Prepared(Invoice, sa.select(Invoice.id).where(Invoice.id.not_in(sa.bindparam("ids", expanding=True))))
    async with prepared_view(worlds.database.reader, Scope.platform()) as view:
        with pytest.raises(TypeError, match="not in a list"):
            await view.rows(others, ids=[])


async def test_rows_are_stored_with_the_transaction_or_not_at_all(worlds):
    class ThoughtBetter(Exception):
        pass

    async def store(uow: UnitOfWork, *, stay: bool) -> None:
        await uow.insert(EVENTS, [an_event(uow, "one"), an_event(uow, "two")])
        assert len(await uow.rows(KEYS)) == 2
        if not stay:
            raise ThoughtBetter

    with pytest.raises(ThoughtBetter):
        await worlds.perform(scaidrive, store, stay=False)
    assert await stored(worlds) == []
    await worlds.perform(scaidrive, store, stay=True)
    assert [(row.idempotency_key, row.quantity, row.dimensions) for row in await stored(worlds)] == [
        ("one", Decimal("0.000001"), {"a": "é 😀 %s ? \\"}),
        ("two", Decimal("0.000001"), {"a": "é 😀 %s ? \\"}),
    ]


async def test_nothing_is_stored_for_others(worlds):
    async def store(uow: UnitOfWork, service_id: str) -> None:
        await uow.insert(EVENTS, [an_event(uow, "one"), an_event(uow, "two") | {"service_id": service_id}])

    with pytest.raises(ScopeViolation, match="of its own only"):
        await worlds.perform(scaidrive, store, "svc_other")
    with pytest.raises(ScopeViolation, match="Nobody may write"):
        await worlds.perform(Actor.nobody(), store, SCAIDRIVE)
    assert await stored(worlds) == []


async def test_a_clash_is_a_conflict_and_the_connection_serves_on(worlds):
    async def store(uow: UnitOfWork) -> None:
        await uow.insert(EVENTS, [an_event(uow, "same"), an_event(uow, "same")])

    with pytest.raises(Conflict):
        await worlds.perform(scaidrive, store)
    assert await stored(worlds) == []


@pytest.mark.parametrize("dialect", ["mariadb"])
async def test_a_transaction_that_lost_its_connection_is_undone_and_nobody_gets_that_connection(worlds, mariadb_server):
    async def store(uow: UnitOfWork) -> None:
        await uow.insert(EVENTS, [an_event(uow, "lost")])
        (row,) = await uow.rows(CONNECTION)
        mariadb_server.sql(f"KILL {row['connection']}")
        await uow.rows(KEYS)

    with pytest.raises(OutcomeUnknown):
        await worlds.perform(scaidrive, store)
    assert await stored(worlds) == []


@pytest.mark.parametrize("dialect", ["mariadb"])
async def test_an_answer_that_nobody_waited_for_reaches_nobody_else(worlds, mariadb_server):
    slow = Prepared(Invoice, sa.select(Invoice.id, sa.func.sleep(20).label("slept")).limit(1))

    async def wait_long(context: ReadContext) -> object:
        return await context.rows(slow)

    async def first(context: ReadContext) -> object:
        return await context.rows(ONE, invoice_id="inv_unknown")

    waiting = asyncio.create_task(worlds.fast_read(ada, wait_long))
    while not mariadb_server.sql(RUNNING):  # noqa: ASYNC110  another process knows
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [await worlds.fast_read(ada, first) for _ in range(10)] == [[]] * 10


@pytest.mark.parametrize("dialect", ["mariadb"])
async def test_a_lost_connection_is_said_and_replaced(worlds, mariadb_server):
    lost: list[int] = []

    async def question(context: ReadContext) -> int:
        (row,) = await context.rows(CONNECTION)
        if not lost:
            lost.append(row["connection"])
            mariadb_server.sql(f"KILL {row['connection']}")
            await context.rows(CONNECTION)
        return int(row["connection"])

    with pytest.raises(Unavailable, match="ask again"):
        await worlds.fast_read(ada, question)
    assert await worlds.fast_read(ada, question) not in lost


async def test_nobody_is_told_anything(worlds):
    async def question(context: ReadContext) -> object:
        return await context.rows(ALL)

    assert await worlds.fast_read(Actor.nobody(), question) == []


def an_event(uow: UnitOfWork, key: str) -> dict[str, Any]:
    return {
        "id": new_id("usg"), "tenant_id": ACME, "partner_id": NORTHWIND, "service_id": SCAIDRIVE,
        "metric_slug": "api_calls", "idempotency_key": key, "quantity": Decimal("0.000001"), "occurred_at": uow.now,
        "counted_at": uow.now, "dimensions": {"a": "é 😀 %s ? \\"}, "corrects": None, "late": False,
        "aggregated_at": None, "created_at": uow.now, "updated_at": uow.now,
    }  # fmt: skip


async def stored(backend: Backend) -> list[UsageEvent]:
    async def read(uow: UnitOfWork) -> list[UsageEvent]:
        return list(await uow.session.scalars(sa.select(UsageEvent).order_by(UsageEvent.idempotency_key)))

    return await backend.ask(ada, read)


async def everything(backend: Backend) -> list[Invoice]:
    return await backend.ask(ada, lambda uow: _all(uow.session))


async def _all(session) -> list[Invoice]:
    return list(await session.scalars(sa.select(Invoice)))
