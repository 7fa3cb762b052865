"""Usage over HTTP against raw multi-row inserts of the same batches."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from scaicontrol.core.ids import new_ids
from tests.factories import ACME, NORTHWIND, SCAIDRIVE
from tests.factories.tenants import store_cast

from . import keys
from .measure import Goal, Result, Side, compare, cpu_of
from .server import serving
from .wire import send_all, written
from .world import World

CONNECTIONS = 4
COLUMNS = [
    "id",
    "tenant_id",
    "partner_id",
    "service_id",
    "metric_slug",
    "idempotency_key",
    "quantity",
    "occurred_at",
    "counted_at",
    "dimensions",
    "corrects",
    "late",
    "aggregated_at",
    "created_at",
    "updated_at",
]
INSERT = f"INSERT INTO usage_events ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"


async def usage_over_http(world: World, quick: bool) -> list[Result]:
    """POST /metering/events: token, checks, deduplication and a durable commit before each 202."""
    await store_cast(world.backend)
    # The service's clock is the wall here, as its subscribers' periods must be.
    now = datetime.now(UTC).replace(microsecond=0)
    world.backend.clock.now = lambda: now  # type: ignore[method-assign]  # a frozen clock may be told
    await _holder(world, now)
    key, numbers = keys.new_key(), itertools.count()
    token = keys.token(
        key, "scaidrive", client_id="scaidrive", token_type="client_credentials", scope="registry:manage"
    )
    results = []
    with serving("product", world.server.url(), world.folder, key.as_dict(private=False)) as ours:
        connections = [await world.raw() for _ in range(CONNECTIONS)]
        for size, batches in ((100, 40), (1000, 8)):
            count = max(batches // (4 if quick else 1), CONNECTIONS)

            async def over_http(size: int = size, count: int = count) -> int:
                bodies = [orjson.dumps({"events": _events(size, numbers, now)}) for _ in range(count)]
                posts = [written("POST", "/api/v1/metering/events", token, body) for body in bodies]
                await send_all(ours.port, posts, 202, CONNECTIONS)
                return count * size

            async def raw(size: int = size, count: int = count) -> int:
                waiting = iter([_rows(size, numbers, now) for _ in range(count)])
                await asyncio.gather(*(_insert(connection, waiting) for connection in connections))
                return count * size

            result = await compare(
                f"e. usage over HTTP, batches of {size}",
                Side("product", over_http, cpu_of(ours.pid, world.server.process.pid)),
                Side("raw inserts", raw),
                sizes=f"{count} batches a round, {CONNECTIONS} connections",
                kind="speed",
                goal=Goal(least=0.45),
                rounds=9,
            )
            result.cpu_ratio = None  # the two sides run in different processes
            ours.start_profile()
            await over_http()
            result.notes += await ours.stop_profile()
            results.append(result)
        for connection in connections:
            await connection.ensure_closed()
    return results


async def _holder(world: World, now: datetime) -> None:
    from tests.factories.catalog import store_plan
    from tests.factories.registry import store_service
    from tests.factories.usage import store_holder

    await store_service(world.backend)
    await store_plan(world.backend)
    await store_holder(world.backend, start=now - timedelta(days=10), end=now + timedelta(days=20))


def _events(size: int, numbers: Iterator[int], now: datetime) -> list[dict[str, Any]]:
    moment = (now - timedelta(hours=1)).isoformat()
    return [
        {
            "idempotency_key": f"k{next(numbers):012d}",
            "tenant_id": ACME,
            "metric_slug": "api_calls",
            "quantity": "1",
            "occurred_at": moment,
            "dimensions": {"region": "eu"},
        }
        for _ in range(size)
    ]


def _rows(size: int, numbers: Iterator[int], now: datetime) -> list[tuple[Any, ...]]:
    at, stamp = (now - timedelta(hours=1)).replace(tzinfo=None), now.replace(tzinfo=None)
    return [
        (identifier, ACME, NORTHWIND, SCAIDRIVE, "api_calls", f"k{next(numbers):012d}", "1", at, at, '{"region":"eu"}',
         None, 0, None, stamp, stamp)
        for identifier in new_ids("usg", size)
    ]  # fmt: skip


async def _insert(connection: Any, waiting: Iterator[list[tuple[Any, ...]]]) -> None:
    for rows in waiting:
        async with connection.cursor() as cursor:
            await cursor.executemany(INSERT, rows)
        await connection.commit()
