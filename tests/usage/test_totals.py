from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import event, select, update

from scaicontrol.core.backend import Backend
from scaicontrol.services import usage
from scaicontrol.services.usage import Total, UsageSpan, UsageWindow
from scaicontrol.services.usage.models import UsageAggregate, UsageEvent
from scaicontrol.services.usage.service.rollup import roll_up
from tests.factories import ACME, GLOBEX, NORTHWIND, SCAIDRIVE, ada, alice, ian
from tests.factories.usage import ENDS, STARTED, an_event, send, store_holder, store_world

HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
SPAN = UsageSpan(ACME, SCAIDRIVE, STARTED, ENDS)


async def total(backend: Backend, span=SPAN, metric="api_calls", actor=ada) -> Total:
    return (await backend.ask(actor, usage.totals, [span]))[span].get(metric, Total())


async def scatter(backend, clock, count=120, seed=7):
    """Spread calls over the whole period, its edges included, some of them rolled up and some not."""
    rng = Random(seed)
    clock.set(ENDS + 3 * DAY)
    edges = [STARTED - TICK, STARTED, STARTED + TICK, ENDS - TICK, ENDS]
    moments = [*edges, *(STARTED + (ENDS - STARTED) * rng.random() for _ in range(count))]
    amounts = [(moment, Decimal(rng.randrange(10**9)).scaleb(-6)) for moment in moments]

    async def write(uow):
        uow.session.add_all(
            UsageEvent(
                id=f"usg_{number}",
                tenant_id=ACME,
                partner_id=NORTHWIND,
                service_id=SCAIDRIVE,
                metric_slug="api_calls",
                idempotency_key=f"k{number}",
                quantity=amount,
                occurred_at=moment,
                counted_at=moment,
            )
            for number, (moment, amount) in enumerate(amounts)
        )

    await backend.perform(ada, write)
    return amounts


def expected(amounts, start, end):
    inside = [amount for moment, amount in amounts if start <= moment < end]
    return Total(sum(inside, Decimal()), max(inside, default=Decimal()), len(inside))


async def test_a_period_that_begins_within_an_hour_adds_up_exactly(backend, clock):
    await store_world(backend)
    amounts = await scatter(backend, clock)
    assert await total(backend) == expected(amounts, STARTED, ENDS)
    await backend.perform(ada, roll_up, 40)
    assert await total(backend) == expected(amounts, STARTED, ENDS)
    await usage.aggregate(backend)
    assert await total(backend) == expected(amounts, STARTED, ENDS)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (STARTED, STARTED + TICK),
        (STARTED, STARTED + 50 * timedelta(minutes=1)),
        (STARTED, STARTED + 30 * HOUR),
        (datetime.fromisoformat("2026-01-10T00:00:00Z"), datetime.fromisoformat("2026-01-20T00:00:00Z")),
        (datetime.fromisoformat("2026-01-10T05:00:00Z"), datetime.fromisoformat("2026-01-10T20:00:00Z")),
        (datetime.fromisoformat("2026-01-10T05:00:00Z"), datetime.fromisoformat("2026-01-12T20:00:01Z")),
        (STARTED - DAY, ENDS + DAY),
    ],
)
async def test_every_span_adds_up_exactly_however_it_is_cut(backend, clock, start, end):
    await store_world(backend)
    amounts = await scatter(backend, clock)
    await backend.perform(ada, roll_up, 60)
    assert await total(backend, UsageSpan(ACME, SCAIDRIVE, start, end)) == expected(amounts, start, end)


async def test_many_periods_of_many_tenants_are_read_with_a_constant_number_of_statements(backend, clock):
    await store_world(backend)
    amounts = await scatter(backend, clock)
    middle = STARTED + 15 * DAY
    spans = [
        UsageSpan(ACME, SCAIDRIVE, STARTED, middle),
        *(UsageSpan(f"tnt_{n}", SCAIDRIVE, STARTED, ENDS) for n in range(99)),
    ]
    seen = []

    def see(connection, cursor, statement, parameters, context, executemany):
        seen.append(statement)

    event.listen(backend.database.reader.sync_engine, "before_cursor_execute", see)
    found = await backend.ask(ada, usage.totals, spans)
    event.remove(backend.database.reader.sync_engine, "before_cursor_execute", see)
    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 3
    assert found[spans[0]]["api_calls"] == expected(amounts, STARTED, middle)
    assert found[spans[1]] == {}


async def test_two_periods_of_one_tenant_do_not_mix(backend, clock):
    await store_world(backend)
    amounts = await scatter(backend, clock)
    middle = STARTED + 15 * DAY
    halves = [UsageSpan(ACME, SCAIDRIVE, STARTED, middle), UsageSpan(ACME, SCAIDRIVE, middle, ENDS)]
    found = await backend.ask(ada, usage.totals, halves)
    assert [found[half]["api_calls"] for half in halves] == [
        expected(amounts, STARTED, middle), expected(amounts, middle, ENDS),
    ]  # fmt: skip


async def test_totals_can_be_computed_again_from_events(backend, clock):
    await store_world(backend)
    amounts = await scatter(backend, clock)
    await usage.aggregate(backend)

    async def break_them(uow):
        await uow.session.execute(update(UsageAggregate).where(UsageAggregate.count > 0).values(sum=1, max=1, count=1))

    await backend.perform(ada, break_them)
    assert await total(backend) != expected(amounts, STARTED, ENDS)
    for month in (STARTED, ENDS):
        await backend.perform(ada, usage.recompute, ACME, SCAIDRIVE, month)
    assert await total(backend) == expected(amounts, STARTED, ENDS)


async def test_hours_days_and_months_tell_the_same(backend, clock):
    await store_world(backend)
    await scatter(backend, clock)
    await usage.aggregate(backend)

    async def by_kind(uow):
        rows = list(await uow.session.scalars(select(UsageAggregate)))
        return {
            kind: (sum(row.sum for row in rows if row.period_type == kind),
                   sum(row.count for row in rows if row.period_type == kind))
            for kind in ("hour", "day", "month")
        }  # fmt: skip

    kinds = await backend.ask(ada, by_kind)
    assert kinds["hour"] == kinds["day"] == kinds["month"]


async def test_rolling_up_again_adds_nothing(backend):
    await store_world(backend)
    await send(backend, an_event("e1", 5))
    assert await usage.aggregate(backend) == 1
    assert await usage.aggregate(backend) == 0
    await send(backend, an_event("e2", 3), an_event("e3", "-1", corrects="e1"))
    assert await usage.aggregate(backend) == 2
    assert (await total(backend)).sum == 7


async def test_a_gauge_counts_by_its_highest_value_and_a_counter_by_its_sum(backend, clock):
    await store_world(backend)
    gauge = {"metric_slug": "storage_gb"}
    await send(backend, an_event("g1", 5, **gauge), an_event("g2", 9, **gauge), an_event("g3", 2, **gauge))
    await usage.aggregate(backend)
    await send(backend, an_event("g4", 7, **gauge), an_event("c1", 4), an_event("c2", 6))
    clock.set(ENDS + 6 * HOUR)
    windows = [UsageWindow("w", ACME, SCAIDRIVE, metric, STARTED, ENDS) for metric in ("storage_gb", "api_calls")]
    used = await backend.ask(ada, usage.closed_usage, windows)
    assert [(used[window].quantity, used[window].is_closed) for window in windows] == [(9, True), (10, True)]


async def test_a_period_is_closed_six_hours_after_its_end_and_what_comes_later_is_still_its_own(backend, clock):
    await store_world(backend)
    window = UsageWindow("w", ACME, SCAIDRIVE, "api_calls", STARTED, ENDS)
    clock.set(ENDS + 6 * HOUR - TICK)
    await send(backend, an_event("e1", 1, at=ENDS - HOUR))
    before = (await backend.ask(ada, usage.closed_usage, [window]))[window]
    assert (before.is_closed, before.quantity) == (False, 1)
    clock.advance(TICK)
    closed = (await backend.ask(ada, usage.closed_usage, [window]))[window]
    await send(backend, an_event("e2", 5, at=ENDS - HOUR))
    await usage.aggregate(backend)
    after = (await backend.ask(ada, usage.closed_usage, [window]))[window]
    assert closed.is_closed
    assert (closed.quantity, after.quantity) == (1, 6)
    assert closed.digest != after.digest
    following = UsageWindow("n", ACME, SCAIDRIVE, "api_calls", ENDS, ENDS + 28 * DAY)
    assert (await backend.ask(ada, usage.closed_usage, [following]))[following].quantity == 0


async def test_nobody_adds_up_what_is_not_theirs(backend):
    await store_world(backend)
    await store_holder(backend, GLOBEX)
    await send(backend, an_event("e1", 5))
    assert (await total(backend, actor=alice)).sum == 5
    assert (await total(backend, actor=ian)).sum == 0


async def test_old_events_go_and_their_totals_stay(backend, clock):
    await store_world(backend)
    await send(backend, an_event("e1", 5))
    await usage.aggregate(backend)
    clock.advance(410 * DAY)
    assert await backend.perform(ada, usage.prune) == 1
    day = UsageSpan(ACME, SCAIDRIVE, STARTED + 3 * HOUR, ENDS)
    assert (await total(backend, day)).sum == 5


def handler_reads_of_connection(session):
    cursor = session.connection().connection.cursor()
    cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
    return sum(int(row[1]) for row in cursor.fetchall())


@pytest.mark.parametrize("dialect", ["mariadb"])
async def test_reading_current_use_does_not_walk_the_events(backend, clock):
    await store_world(backend)

    async def handler_reads(uow):
        async def count():
            return await uow.session.run_sync(handler_reads_of_connection)

        before = await count()
        await usage.totals(uow, [SPAN])
        return await count() - before

    async def report(count, prefix):
        await send(backend, *[an_event(f"{prefix}{n}", at=STARTED + DAY) for n in range(count)])
        await usage.aggregate(backend)
        return await backend.ask(ada, handler_reads)

    few = await report(10, "a")
    many = await report(1000, "b")
    assert many <= few + 5
