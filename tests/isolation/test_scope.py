"""A session keeps the scope it was born with, writes what its scope may write, and says so when it goes past it."""

from typing import Any

import pytest
import sqlalchemy as sa

from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.platform_settings import PlatformSetting
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db import Model
from scaicontrol.db.ownership import MARKERS, Common, SelfDescribed
from scaicontrol.db.tenant_filter import PLATFORM_SQL, Capability, Scope, ScopeViolation, scope_of
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions.models import Subscription
from tests.databases import TAMPERING
from tests.factories import ACME, NORTHWIND, SCAIDRIVE, ada, alice, petra, scaidrive

from .world import build

COUNTING = Capability("tests:count", "A test counts the documents of everybody.")


@pytest.mark.parametrize(
    "attempt",
    [
        lambda session: session.info.__setitem__("scope", Scope.platform()),
        lambda session: session.info.__delitem__("scope"),
        lambda session: session.info.pop("scope"),
        lambda session: session.info.clear(),
        lambda session: session.info.update(scope=Scope.platform()),
        lambda session: session.info.__ior__({"scope": Scope.platform()}),
        lambda session: session.info.popitem(),
        lambda session: setattr(session, "info", {"scope": Scope.platform()}),
        lambda session: setattr(session, "scope", Scope.platform()),
        lambda session: delattr(session, "info"),
        lambda session: delattr(session, "scope"),
    ],
)
async def test_a_scope_is_kept_for_life(backend: Backend, attempt: Any):
    async with backend.database.session(Scope.tenant(NORTHWIND, ACME)) as session:
        with pytest.raises(ScopeViolation):
            attempt(session.sync_session)
        assert scope_of(session.sync_session) == session.info["scope"] == Scope.tenant(NORTHWIND, ACME)


async def test_a_session_without_a_scope_sees_nothing_and_is_given_none(backend: Backend):
    async with backend.database.session(None) as session:  # type: ignore[arg-type]  # somebody forgot
        with pytest.raises(ScopeViolation):
            session.info["scope"] = Scope.platform()
        assert (await session.scalars(sa.select(Invoice))).all() == []


async def test_a_service_only_reads_the_subscriptions_of_its_tenants(backend: Backend):
    await build(backend)
    async with backend.database.session(Scope.service(SCAIDRIVE)) as session:
        (held,) = (await session.scalars(sa.select(Subscription))).all()
        held.quantity = 7
        with pytest.raises(ScopeViolation, match="its own usage and charges only"):
            await session.flush()


async def test_a_service_changes_only_its_own_entry_in_the_registry(backend: Backend):
    await build(backend)
    async with backend.database.session(Scope.service(SCAIDRIVE)) as session, session.begin():
        await session.execute(
            sa.update(Service).values(description="mine").execution_options(synchronize_session=False)
        )
    async with backend.database.session(Scope.platform()) as session:
        mine = sa.select(Service.id).where(Service.description == "mine")
        assert (await session.scalars(mine)).all() == [SCAIDRIVE]


@pytest.mark.parametrize("actor", [alice, petra, scaidrive, Actor.nobody()], ids=lambda actor: actor.scope.kind)
async def test_the_platforms_rows_are_written_by_the_platform(backend: Backend, actor: Actor):
    loose = []
    for mapper in Model.registry.mappers:
        kind = mapper.class_
        if issubclass(kind, (*MARKERS, Common)) or (issubclass(kind, SelfDescribed) and actor.scope.kind == "service"):
            continue
        async with backend.database.session(actor.scope) as session:
            try:
                await session.execute(sa.delete(kind).execution_options(synchronize_session=False))
            except ScopeViolation:
                continue
        loose.append(kind.__name__)
    assert not loose


def test_what_many_may_write_is_short_and_known():
    common = {mapper.class_.__name__ for mapper in Model.registry.mappers if issubclass(mapper.class_, Common)}
    assert common == {"IdempotentRequest", "NotificationRead"}


async def count_all(uow: UnitOfWork, capability: Any = COUNTING) -> int:
    everybody = sa.select(sa.func.count()).select_from(Invoice.__table__)
    return int(await uow.session.scalar(everybody.execution_options(**{PLATFORM_SQL: capability})) or 0)


@pytest.mark.parametrize("actor", [ada, alice], ids=lambda actor: actor.scope.kind)
async def test_what_goes_past_the_scopes_names_its_capability_in_the_audit_log(backend: Backend, actor: Actor):
    await build(backend)
    assert await backend.perform(actor, count_all) == 6
    (entry,) = await entries(backend)
    assert (entry.actor_id, entry.resource_id, entry.reason) == (actor.id, COUNTING.name, COUNTING.reason)


async def test_an_entry_goes_with_the_transaction_that_was_audited(backend: Backend):
    class ThoughtBetter(Exception):
        pass

    async def count_and_leave(uow: UnitOfWork) -> None:
        await count_all(uow)
        raise ThoughtBetter

    with pytest.raises(ThoughtBetter):
        await backend.perform(ada, count_and_leave)
    assert await entries(backend) == []


async def test_nothing_goes_past_the_scopes_without_a_name_or_where_no_entry_is_kept(backend: Backend):
    for forged in (True, "count", 1):
        with pytest.raises(ScopeViolation, match="names its capability"):
            await backend.perform(ada, count_all, forged)
    with pytest.raises(ScopeViolation, match="leaves an audit entry"):
        await backend.ask(ada, count_all)
    async with backend.database.session(Scope.platform()) as session:
        with pytest.raises(ScopeViolation, match="leaves an audit entry"):
            await session.execute(sa.text("SELECT 1").execution_options(**{PLATFORM_SQL: COUNTING}))


@pytest.mark.parametrize("statement", [sa.text("SELECT 1"), sa.select(Invoice.__table__.c.id)])
async def test_the_platform_too_writes_statements_of_entities(backend: Backend, statement: Any):
    async with backend.database.session(Scope.platform()) as session:
        with pytest.raises(ScopeViolation):
            await session.execute(statement)


async def test_a_raw_connection_begins_with_its_entry(backend: Backend):
    async with backend.database.platform_sql(TAMPERING) as connection:
        await connection.execute(sa.text("DELETE FROM platform_settings"))
        await connection.commit()
    (entry,) = await entries(backend)
    assert (entry.actor_id, entry.resource_id) == (f"system:{TAMPERING.name}", TAMPERING.name)


async def test_a_connection_for_the_servers_status_reaches_no_row(backend: Backend):
    async with backend.database.server_status() as connection:
        assert (await connection.execute(sa.text("SELECT 1"))).scalar_one() == 1
        for sql in ("SELECT notes FROM invoices", "SELECT 1 FROM invoices", "DELETE FROM invoices"):
            with pytest.raises(ScopeViolation):
                await connection.execute(sa.text(sql))


async def test_a_value_that_is_a_query_is_held_in_a_flush_too(backend: Backend):
    world = await build(backend)
    async with backend.database.session(Scope.tenant(NORTHWIND, ACME)) as session:
        row = await session.get_one(Invoice, world.invoices[ACME][0])
        row.notes = sa.select(sa.func.max(Invoice.__table__.c.notes)).scalar_subquery()
        with pytest.raises(ScopeViolation, match="without its entity"):
            await session.flush()


async def entries(backend: Backend) -> list[AuditEntry]:
    async def read(uow: UnitOfWork) -> list[AuditEntry]:
        return list(await uow.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "platform_sql.used")))

    return await backend.ask(ada, read)


async def test_a_setting_is_the_platforms(backend: Backend):
    async with backend.database.session(Scope.partner(NORTHWIND)) as session:
        session.add(PlatformSetting(key="x", value={}))
        with pytest.raises(ScopeViolation, match="Only the platform"):
            await session.flush()
