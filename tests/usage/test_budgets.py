"""Budgets: a tenant says what use should cost, and is told once of each part of it that is reached or expected."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio
from pydantic import ValidationError
from sqlalchemy import select
from structlog.testing import capture_logs

from scaicontrol.core.errors import Conflict, Forbidden, NotFound, Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import usage
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.mails import reactions as mails
from scaicontrol.services.notifications.models import Notification
from scaicontrol.services.subscriptions.reads import periods
from scaicontrol.services.usage.schemas import BudgetIn
from tests.factories import ACME, GLOBEX, SCAIDRIVE, ada, alice, gina, petra, tom
from tests.factories.tenants import store_cast
from tests.factories.usage import ENDS, an_event, send, store_holder, store_world

CENT_EACH = {"api_calls": [Bracket(Decimal(0), None, 1)]}
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def world(backend, clock):
    """Acme holds ScaiDrive at a cent a call, on the 13th of its first period."""
    await store_cast(backend)
    await store_world(backend, usage=CENT_EACH)
    clock.set(datetime(2026, 1, 13, 12, tzinfo=UTC))
    return backend


async def set_budget(backend, cents=1000, by=alice, **said):
    return await backend.perform(by, usage.set_budget, ACME, "scaidrive", BudgetIn(amount_cents=cents, **said))


async def used(backend, key, quantity, at=None):
    await send(backend, an_event(key, quantity, at=at))
    await usage.aggregate(backend)


async def told(backend):
    async def read(uow):
        facts = select(Outbox).where(Outbox.event_type == "usage.budget_reached").order_by(Outbox.id)
        return [
            (fact.payload["reached"], fact.payload["amount_cents"], fact.payload["cost_cents"])
            for fact in await uow.session.scalars(facts)
        ]

    return await backend.ask(ada, read)


async def test_each_part_of_a_budget_is_told_once_in_a_period(world, clock):
    await set_budget(world, percents=[80, 50], on_forecast=False)
    await used(world, "e1", 499)
    assert await usage.alert_budgets(world) == 0
    await used(world, "e2", 1)
    assert [await usage.alert_budgets(world), await usage.alert_budgets(world)] == [1, 0]
    await used(world, "e3", 500)
    assert [await usage.alert_budgets(world), await usage.alert_budgets(world)] == [2, 0]
    assert await told(world) == [("50", 1000, 500), ("80", 1000, 1000), ("100", 1000, 1000)]
    await set_budget(world, 2000, percents=[50], on_forecast=False)  # another amount is told anew
    assert await usage.alert_budgets(world) == 1
    clock.set(ENDS + HOUR)  # the renewal has not run: the new period counts from nothing all the same
    assert await usage.alert_budgets(world) == 0
    await used(world, "n1", 1000, at=ENDS)
    assert await usage.alert_budgets(world) == 1


async def test_more_than_all_of_it_is_told_when_it_is_expected(world):
    days = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in range(4, 13)]
    await send(world, *(an_event(f"e{at.day}", 40, at=at) for at in days))
    await usage.aggregate(world)
    await set_budget(world, 1000, percents=[])
    assert [await usage.alert_budgets(world), await usage.alert_budgets(world)] == [1, 0]
    assert await told(world) == [("forecast", 1000, 360)]


async def test_of_many_budgets_all_periods_are_found_and_what_was_held_before(world, clock, monkeypatch):
    """However many tenants are swept at once; a renewed service is foreseen by the days of the period before."""
    monkeypatch.setattr(periods, "_MOST", 1)
    await store_holder(world, GLOBEX)
    renewed = datetime(2026, 3, 3, 14, 20, 30, tzinfo=UTC)
    for tenant in (ACME, GLOBEX):
        await store_holder(world, tenant, start=ENDS, end=renewed, is_one_time=True)
    clock.set(ENDS + timedelta(days=2))
    days = [ENDS - timedelta(days=back) for back in range(-1, 9)]
    for tenant, by in ((ACME, alice), (GLOBEX, gina)):
        await send(world, *(an_event(f"{tenant}-{at:%d}", 40, at=at, tenant_id=tenant) for at in days))
        await world.perform(by, usage.set_budget, tenant, "scaidrive", BudgetIn(amount_cents=900, percents=[]))
    await usage.aggregate(world)
    assert [await usage.alert_budgets(world), await usage.alert_budgets(world)] == [2, 0]
    assert [reached for reached, _, _ in await told(world)] == ["forecast", "forecast"]
    owners = {(ACME, SCAIDRIVE), (GLOBEX, SCAIDRIVE)}
    found = await world.ask(ada, periods.use_periods, owners, in_use_at=clock.now())
    assert {row.tenant_id for row in found} == {ACME, GLOBEX}
    assert len(await world.ask(ada, periods.use_periods, owners, since=ENDS - HOUR)) == 4
    with pytest.raises(ValueError, match="one tenant and service at a time"):
        await world.ask(ada, periods.use_periods, owners)


async def test_a_past_that_is_longer_than_is_read_is_reported(world, monkeypatch):
    monkeypatch.setattr(periods, "_MOST", 0)
    with capture_logs() as logs:
        assert list(await world.ask(ada, periods.use_periods, {(ACME, SCAIDRIVE)})) == []
    assert [(each["event"], each["tenant_id"]) for each in logs] == [("use_periods_cut", ACME)]


async def test_a_removed_budget_is_silent_and_comes_back(world):
    first = await set_budget(world)
    again = await set_budget(world)
    assert again.version == first.version == 1
    for _ in range(2):
        removed = await world.perform(alice, usage.remove_budget, ACME, "scaidrive")
        assert (removed.removed_at is not None, removed.version) == (True, 2)
    assert await world.ask(alice, usage.budget, ACME, "scaidrive") is None
    await used(world, "e1", 5000)
    assert await usage.alert_budgets(world) == 0
    assert (await set_budget(world)).version == 3
    assert await usage.alert_budgets(world) == 2


async def test_what_is_no_budget_is_refused_in_a_sentence(world):
    for body in ({"amount_cents": 0}, {"amount_cents": 5, "percents": [100]}, {"amount_cents": "5"}):
        with pytest.raises(ValidationError):
            BudgetIn(**body)
    with pytest.raises(Forbidden):
        await set_budget(world, by=tom)
    with pytest.raises(NotFound):
        await set_budget(world, by=gina)
    with pytest.raises(Conflict, match="changed the budget meanwhile"):
        await set_budget(world, version=4)
    with pytest.raises(NotFound, match="No service 'nowhere'"):
        await world.perform(alice, usage.set_budget, ACME, "nowhere", BudgetIn(amount_cents=5))
    with pytest.raises(Refused, match="Scaidrive is not in use"):
        await world.perform(gina, usage.set_budget, GLOBEX, "scaidrive", BudgetIn(amount_cents=5))
    with pytest.raises(NotFound, match="There is no budget for Scaidrive"):
        await world.perform(alice, usage.remove_budget, ACME, "scaidrive")


async def test_a_tenant_is_shown_what_was_reached_in_its_language(world):
    await set_budget(world, percents=[])
    await used(world, "e1", 1000)
    await usage.alert_quotas(world)
    assert await usage.alert_budgets(world) == 1

    async def facts(uow):
        return list(await uow.session.scalars(select(Outbox).where(Outbox.event_type.startswith("usage."))))

    async def notices(uow):
        return sorted((row.title, row.link) for row in await uow.session.scalars(select(Notification)))

    for fact in await world.ask(ada, facts):
        if fact.event_type == "usage.budget_reached":
            await mails.notice_budget(world, fact)
            await mails.notice_budget(world, fact)
        if fact.event_type == "usage.threshold_reached":
            await mails.notice_threshold(world, fact)
    assert await world.ask(petra, notices) == [
        ("100% of API calls in Scaidrive are used", "/usage/scaidrive"),
        ("80% of API calls in Scaidrive are used", "/usage/scaidrive"),
        ("The budget for Scaidrive is reached", "/usage/scaidrive"),
    ]
