from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, NotFound
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import registry, usage
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.usage import PeriodType, QuotaStanding, QuotaStatus
from tests.factories import (
    ACME,
    GLOBEX,
    INITECH,
    SCAIDRIVE,
    SOUTHBAY,
    ada,
    alice,
    bert,
    gina,
    ian,
    petra,
    sam,
    scaidrive,
)
from tests.factories.catalog import store_plan
from tests.factories.registry import store_service
from tests.factories.usage import ENDS, STARTED, an_event, send, store_holder, store_world

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def quota(backend: Backend, actor=scaidrive, tenant_id=ACME, metric="api_calls") -> QuotaStatus:
    return await backend.ask(actor, usage.quota, tenant_id, "scaidrive", metric)


async def thresholds(backend):
    async def read(uow):
        told = select(Outbox.payload).where(Outbox.event_type == "usage.threshold_reached").order_by(Outbox.id)
        return [(fact["metric_slug"], fact["threshold_percent"]) for fact in await uow.session.scalars(told)]

    return await backend.ask(ada, read)


@pytest.mark.parametrize(
    ("limit", "used", "percent", "status", "remaining"),
    [
        (1000, "0", "0", "ok", "1000"),
        (1000, "799.999999", "79.99", "ok", "200.000001"),
        (1000, "800", "80", "warning", "200"),
        (1000, "999.999999", "99.99", "warning", "0.000001"),
        (1000, "1000", "100", "exceeded", "0"),
        (1000, "2500", "250", "exceeded", "0"),
        (None, "2500", "0", "ok", None),
        (0, "0", "100", "exceeded", "0"),
    ],
)
def test_the_status_follows_from_limit_and_use(clock, limit, used, percent, status, remaining):
    now = clock.now()
    stands = QuotaStatus(ACME, "scaidrive", "api_calls", entitled=True, limit=limit, used=Decimal(used),
                         period_start=now, period_end=now, as_of=now)  # fmt: skip
    assert (stands.percent, stands.status) == (Decimal(percent), status)
    assert stands.remaining == (None if remaining is None else Decimal(remaining))


async def test_a_service_asks_and_gets_what_just_arrived_with_what_is_rolled_up(backend):
    await store_world(backend)
    await send(backend, an_event("e1", 500))
    await usage.aggregate(backend)
    await send(backend, an_event("e2", "300"))
    stands = await quota(backend)
    assert (stands.used, stands.limit, stands.status) == (Decimal(800), 1000, QuotaStanding.warning)
    assert stands.entitled
    assert (stands.period_start, stands.period_end) == (STARTED, ENDS)


async def test_who_is_not_entitled_has_nothing_left(backend):
    await store_world(backend)
    await store_holder(backend, GLOBEX, status=SubscriptionStatus.suspended)
    for tenant_id in (GLOBEX, INITECH, "tnt_nobody"):
        stands = await quota(backend, tenant_id=tenant_id)
        assert (stands.entitled, stands.limit, stands.unlimited) == (False, 0, False)
        assert stands.status is QuotaStanding.exceeded


async def test_grants_add_up_and_unlimited_wins(backend):
    await store_world(backend)
    await store_plan(backend, "extra", quotas={"api_calls": 500})
    await store_holder(backend, plan_id="pln_extra", pack_subscription_id="psb_1")
    assert (await quota(backend)).limit == 1500
    assert (await quota(backend, metric="storage_gb")).unlimited is True


async def test_a_new_period_starts_at_zero_even_before_the_renewal_ran(backend, clock):
    await store_world(backend)
    await send(backend, an_event("e1", 900))
    clock.set(ENDS + HOUR)
    stands = await quota(backend)
    assert (stands.used, stands.period_start) == (Decimal(0), ENDS)


async def test_a_service_asks_about_its_own_metrics_only(backend):
    await store_world(backend)
    await store_service(backend, "scaiwave")
    with pytest.raises(NotFound):
        await backend.ask(scaidrive, usage.quota, ACME, "scaiwave", "api_calls")
    with pytest.raises(NotFound, match="declares no metric"):
        await quota(backend, metric="unheard_of")


async def test_a_quota_costs_a_handful_of_statements_and_no_scan(backend):
    await store_world(backend)
    seen = []

    def see(connection, cursor, statement, parameters, context, executemany):
        seen.append(statement)

    event.listen(backend.database.reader.sync_engine, "before_cursor_execute", see)
    await quota(backend)
    event.remove(backend.database.reader.sync_engine, "before_cursor_execute", see)
    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 5


async def test_each_threshold_is_told_once_per_period(backend, clock):
    await store_world(backend)
    await send(backend, an_event("e1", 850))
    await usage.aggregate(backend)
    assert await usage.alert_quotas(backend) == 1
    assert await usage.alert_quotas(backend) == 0
    clock.advance(HOUR)
    await send(backend, an_event("e2", 200), an_event("g1", 100, metric_slug="storage_gb"))
    await usage.aggregate(backend)
    assert await usage.alert_quotas(backend) == 3
    assert sorted(await thresholds(backend)) == [
        ("api_calls", 80), ("api_calls", 100), ("storage_gb", 80), ("storage_gb", 100),
    ]  # fmt: skip
    clock.set(ENDS + HOUR)
    await send(backend, an_event("n1", 800, at=ENDS))
    await usage.aggregate(backend)
    assert await usage.alert_quotas(backend) == 1


async def test_the_summary_says_use_limit_and_cost(backend):
    prices = [Bracket(Decimal(0), Decimal(100), 0), Bracket(Decimal(100), None, 5, 10)]
    await store_world(backend, usage={"api_calls": prices})
    await send(backend, an_event("e1", "103"))
    uses = {use.metric_slug: use for use in await backend.ask(alice, usage.summary, ACME)}
    assert (uses["api_calls"].used, uses["api_calls"].cost_cents, uses["api_calls"].currency) == (103, 2, "EUR")
    assert (uses["api_calls"].percent, uses["storage_gb"].used) == (Decimal("10.3"), 0)
    assert await backend.ask(gina, usage.summary, ACME) == []


async def test_history_and_days_show_the_series_of_one_tenant(backend):
    await store_world(backend)
    await send(backend, an_event("e1", 1, at=STARTED + DAY), an_event("e2", 2, at=STARTED + 2 * DAY))
    await usage.aggregate(backend)
    (series,) = await backend.ask(alice, usage.history, ACME, PeriodType.day)
    assert [point.quantity for point in series.points] == [1, 2]
    detail = {use.metric_slug: use for use in await backend.ask(alice, usage.by_service, ACME, "scaidrive")}
    assert [point.quantity for point in detail["api_calls"].series][:4] == [0, 1, 2, 0]  # from the 3rd on, every day
    assert await backend.ask(ian, usage.history, ACME, PeriodType.day) == []


async def test_totals_over_tenants_stay_within_the_scope(backend, clock):
    await store_world(backend)
    await store_holder(backend, INITECH, SOUTHBAY)
    gauge = {"metric_slug": "storage_gb", "at": clock.now()}
    await send(
        backend,
        an_event("e1", 5, **gauge), an_event("e2", 3, **gauge), an_event("e3", 4, tenant_id=INITECH, **gauge),
        an_event("e4", 10, at=clock.now()), an_event("e5", 1, tenant_id=INITECH, at=clock.now()),
    )  # fmt: skip
    await usage.aggregate(backend)

    async def seen(actor):
        uses = await backend.ask(actor, usage.aggregate_use, PeriodType.month)
        return {use.metric_slug: (use.quantity, use.active_tenants) for use in uses}

    assert await seen(bert) == {"api_calls": (11, 2), "storage_gb": (9, 2)}
    assert await seen(petra) == {"api_calls": (10, 1), "storage_gb": (5, 1)}
    assert await seen(sam) == {"api_calls": (1, 1), "storage_gb": (4, 1)}


async def test_a_service_with_live_subscriptions_cannot_leave(backend):
    await store_service(backend)
    await store_plan(backend)
    await store_holder(backend)
    with pytest.raises(Conflict, match=r"live subscriptions \(1\)"):
        await backend.perform(scaidrive, registry.deregister, "scaidrive", "moved")
    assert (await backend.ask(ada, registry.get, SCAIDRIVE)).status == "active"
