from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from scaicontrol.core.errors import Forbidden, Invalid, Refused
from scaicontrol.services import usage
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.usage.models import UsageEvent
from tests.factories import GLOBEX, INITECH, SOUTHBAY, ada, alice, scaidrive, service
from tests.factories.catalog import store_plan
from tests.factories.registry import store_service
from tests.factories.usage import ENDS, STARTED, an_event, send, store_holder, store_world

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def stored(backend):
    async def read(uow):
        return list(await uow.session.scalars(select(UsageEvent).order_by(UsageEvent.id)))

    return await backend.ask(ada, read)


async def test_a_batch_is_taken_once_however_often_it_is_sent(backend):
    await store_world(backend)
    batch = [an_event("e1", "1.5"), an_event("e2", 2)]
    assert await send(backend, *batch) == usage.Ingested(2, 0, [])
    assert await send(backend, *batch, an_event("e3")) == usage.Ingested(1, 2, [])
    rows = await stored(backend)
    assert [(row.idempotency_key, row.quantity) for row in rows] == [("e1", Decimal("1.5")), ("e2", 2), ("e3", 1)]
    assert {row.partner_id for row in rows} == {"prt_northwind"}


REJECTED = [
    ("unknown_tenant", {"tenant_id": "tnt_nobody"}),
    ("unknown_tenant", {"tenant_id": INITECH}),
    ("not_subscribed", {"tenant_id": GLOBEX}),
    ("unknown_metric", {"metric_slug": "unheard_of"}),
    ("too_old", {"at": "2025-12-11T08:59:59Z"}),
    ("in_future", {"at": "2026-01-15T09:05:01Z"}),
    ("bad_quantity", {"quantity": "-1"}),
    ("bad_quantity", {"quantity": 1.5}),
    ("bad_quantity", {"quantity": True}),
    ("bad_quantity", {"quantity": None}),
    ("bad_quantity", {"quantity": "1e3"}),
    ("bad_quantity", {"quantity": "NaN"}),
    ("bad_quantity", {"quantity": "0.0000001"}),
    ("bad_quantity", {"quantity": "1234567890123"}),
    ("bad_quantity", {"corrects": "good", "quantity": "1"}),
    ("bad_quantity", {"corrects": "unheard-of", "quantity": "-1"}),
    ("bad_quantity", {"corrects": "good", "quantity": "-1", "metric_slug": "storage_gb"}),
    ("wrong_service", {"service_slug": "scaiwave"}),
    ("key_conflict", {"key": "good", "quantity": "2"}),
    ("malformed", {"surprise": 1}),
    ("malformed", {"key": ""}),
    ("malformed", {"key": "two words"}),
    ("malformed", {"key": "k" * 129}),
    ("malformed", {"tenant_id": None}),
    ("malformed", {"at": "yesterday"}),
    ("malformed", {"at": "2026-01-10T09:00:00"}),
    ("malformed", {"dimensions": {str(n): n for n in range(17)}}),
    ("malformed", {"dimensions": {"region": ["eu"]}}),
]


@pytest.mark.parametrize(("code", "fields"), REJECTED, ids=[f"{code}-{n}" for n, (code, _) in enumerate(REJECTED)])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_one_bad_event_never_spoils_the_rest(backend, code, fields):
    await store_world(backend)
    await store_holder(backend, GLOBEX, status=SubscriptionStatus.pending, activated_at=None)
    bad = an_event(**({"key": "bad"} | fields))
    done = await send(backend, an_event("good"), bad, "nonsense", an_event("also-good", 0))
    assert (done.accepted, done.duplicates) == (2, 0)
    assert [(rejection.index, rejection.code) for rejection in done.rejected] == [(1, code), (2, "malformed")]
    assert len(await stored(backend)) == 2


async def test_edges_of_time_belong_to_the_window(backend):
    await store_world(backend)
    done = await send(
        backend, an_event("old", at="2025-12-11T09:00:00Z"), an_event("new", at="2026-01-15T10:05:00+01:00")
    )
    assert (done.accepted, done.rejected) == (2, [])


async def test_keys_that_differ_in_case_are_two_events(backend):
    await store_world(backend)
    assert (await send(backend, an_event("Key"), an_event("key"))).accepted == 2


async def test_within_a_batch_the_first_of_two_equal_keys_counts(backend):
    await store_world(backend)
    done = await send(backend, an_event("e1", "1.50"), an_event("e1", "1.5"), an_event("e1", "7"))
    assert (done.accepted, done.duplicates) == (1, 1)
    assert [rejection.code for rejection in done.rejected] == ["key_conflict"]


async def test_a_key_belongs_to_its_service(backend):
    await store_world(backend)
    await store_service(backend, "scaiwave")
    await store_plan(backend, "wave", service_id="svc_scaiwave")
    await store_holder(backend, service_id="svc_scaiwave", plan_id="pln_wave")
    assert (await send(backend, an_event("e1"))).accepted == 1
    wave = service("svc_scaiwave", "scaiwave")
    assert (await usage.submit(backend, wave, [an_event("e1", "9")])).accepted == 1


async def test_corrections_take_away_down_to_zero_and_not_further(backend):
    await store_world(backend)
    await send(backend, an_event("e1", "10"))
    done = await send(backend, an_event("c1", "-4", corrects="e1"), an_event("c2", "-7", corrects="e1"))
    assert (done.accepted, [rejection.code for rejection in done.rejected]) == (1, ["bad_quantity"])
    assert "Only 6" in done.rejected[0].message
    done = await send(
        backend,
        an_event("c3", "-6", corrects="e1"),
        an_event("c1", "-4", corrects="e1"),
        an_event("c4", "-0.000001", corrects="e1"),
        an_event("e2", "3"),
        an_event("c5", "-3", corrects="e2"),
        an_event("c6", "-1", corrects="c5"),
    )
    assert (done.accepted, done.duplicates) == (3, 1)
    assert [rejection.index for rejection in done.rejected] == [2, 5]


async def test_an_event_counts_when_it_happened_however_late_it_comes(backend, clock):
    await store_world(backend)
    clock.set(ENDS + 5 * HOUR)
    await send(backend, an_event("in-time", at=ENDS - HOUR))
    clock.set(ENDS + 20 * DAY)
    await send(backend, an_event("after-the-close", at=ENDS - HOUR), an_event("next", at=ENDS))
    rows = {row.idempotency_key: (row.late, row.counted_at) for row in await stored(backend)}
    assert rows == {
        "in-time": (False, ENDS - HOUR),
        "after-the-close": (False, ENDS - HOUR),
        "next": (False, ENDS),
    }


async def test_a_correction_counts_when_what_it_corrects_did(backend, clock):
    await store_world(backend)
    clock.set(ENDS)
    await send(backend, an_event("e1", "5398", at=ENDS - HOUR))
    clock.set(ENDS + 3 * DAY)
    now = clock.now()
    await send(backend, an_event("c1", "-5398", at=now, corrects="e1"), an_event("e2", "7", at=now))
    await send(backend, an_event("c2", "-2", at=now, corrects="e2"), an_event("e3", "1", at=now))
    counted = {row.idempotency_key: row.counted_at for row in await stored(backend)}
    assert counted == {"e1": ENDS - HOUR, "c1": ENDS - HOUR, "e2": now, "c2": now, "e3": now}


async def test_what_comes_after_its_period_was_charged_is_late_and_still_counts_there(backend, clock):
    await store_service(backend)
    await store_plan(backend)
    await store_holder(backend, usage_is_charged=True)
    clock.set(ENDS + HOUR)
    await send(backend, an_event("e1", at=ENDS - HOUR))
    assert [(row.late, row.counted_at) for row in await stored(backend)] == [(True, ENDS - HOUR)]


async def test_after_the_end_only_what_happened_before_counts_and_corrections_of_it(backend, clock):
    await store_service(backend)
    await store_plan(backend)
    ended = STARTED + 5 * DAY
    await store_holder(backend, status=SubscriptionStatus.cancelled, cancelled_at=ended)
    clock.set(ended + HOUR)
    done = await send(backend, an_event("before", at=ended - HOUR), an_event("after", at=ended))
    assert (done.accepted, [rejection.code for rejection in done.rejected]) == (1, ["not_subscribed"])
    clock.set(ended + 20 * DAY)
    late = await send(
        backend, an_event("late", at=ended - HOUR), an_event("c1", "-1", at=clock.now(), corrects="before")
    )
    assert late.accepted == 2


async def test_suspended_tenants_are_still_counted(backend):
    await store_service(backend)
    await store_plan(backend)
    await store_holder(backend, status=SubscriptionStatus.suspended)
    assert (await send(backend, an_event())).accepted == 1


async def test_only_an_approved_service_reports_and_never_too_much_at_once(backend):
    await store_world(backend)
    await store_service(backend, "waiting", status=ServiceStatus.pending)
    for actor in (alice, ada):
        with pytest.raises(Forbidden):
            await usage.submit(backend, actor, [an_event()])
    with pytest.raises(Refused, match="it is pending"):
        await usage.submit(backend, service("svc_waiting", "waiting"), [an_event()])
    with pytest.raises(Invalid, match="at most 1000 events"):
        await send(backend, *[an_event(str(n)) for n in range(1001)])


async def test_a_service_sees_the_use_of_its_own_tenants_only(backend):
    await store_world(backend)
    await store_service(backend, "scaiwave")
    await store_plan(backend, "wave", service_id="svc_scaiwave")
    await store_holder(backend, INITECH, SOUTHBAY, service_id="svc_scaiwave", plan_id="pln_wave")
    wave = service("svc_scaiwave", "scaiwave")
    await usage.submit(backend, wave, [an_event("w1", tenant_id=INITECH)])
    await send(backend, an_event("e1"))

    async def keys(uow):
        return set(await uow.session.scalars(select(UsageEvent.idempotency_key)))

    assert await backend.ask(scaidrive, keys) == {"e1"}
    assert await backend.ask(wave, keys) == {"w1"}
    assert await backend.ask(alice, keys) == {"e1"}


async def test_the_statements_of_a_batch_do_not_grow_with_it(backend):
    await store_world(backend)

    async def statements(count):
        seen = []

        def see(connection, cursor, statement, parameters, context, executemany):
            seen.append(statement)

        event.listen(backend.database.writer.sync_engine, "before_cursor_execute", see)
        batch = [an_event(f"{count}-{n}", dimensions={"region": "eu"} if n % 2 else None) for n in range(count - 1)]
        done = await send(backend, *batch, an_event(f"{count}-c", "-1", corrects=f"{count}-0"))
        event.remove(backend.database.writer.sync_engine, "before_cursor_execute", see)
        assert done.accepted == count
        return len(seen)

    few, many = await statements(100), await statements(1000)
    assert few == many
    assert many <= 8


def test_moments_of_the_tests_are_those_of_the_clock(clock):
    assert STARTED < clock.now() < ENDS
    assert isinstance(clock.now(), datetime)
