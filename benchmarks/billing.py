"""Billing: how planning grows, what a number costs, and what an applied invoice costs over its own statements."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.services import billing, invoices
from scaicontrol.services.invoices.schemas import DraftIn
from tests.factories import NORTHWIND, petra
from tests.factories.catalog import store_plan
from tests.factories.invoices import a_line
from tests.factories.partners import store_partner
from tests.factories.registry import store_service

from .measure import Goal, Result, Side, compare, forget_peak_memory, peak_memory_mib, profiled
from .replay import Elsewhere, Recorder, copied, replay
from .world import NOW, World, store_subscribers

JOB = Actor.system("bench")
AS_OF = NOW
SIDE_BY_SIDE = 4  # as billing.apply writes documents
RAW_DUE = (
    "SELECT p.*, s.service_id, v.name, v.slug, l.slug, l.name, l.version, b.* FROM subscription_periods p "
    "JOIN subscriptions s ON s.id = p.subscription_id JOIN plans l ON l.id = p.plan_id "
    "JOIN service_registry v ON v.id = l.service_id JOIN tenant_billing_profiles b ON b.tenant_id = p.tenant_id "
    "WHERE p.partner_id = %s AND p.base_due_at <= %s"
)


async def _shop(world: World, *partners: str, **terms: Any) -> None:
    for partner in partners:
        await store_partner(world.backend, partner, **terms)
    await store_service(world.backend)
    await store_plan(world.backend)


async def planning(world: World, quick: bool) -> list[Result]:
    """Plans of 1k, 10k and 100k due subscriptions: against their rows fetched raw, against each other, and counted."""
    thousand = 100 if quick else 1000
    sizes = {"prt_small": thousand, "prt_middle": 10 * thousand, "prt_large": 100 * thousand}
    await _shop(world, *sizes, "prt_counted")
    counted = await _counted(world, thousand)
    for partner, count in sizes.items():
        await store_subscribers(world, partner, count, due=True)
    results = [counted]
    for partner, count in sizes.items():
        large = partner == "prt_large"
        forget_peak_memory()
        result = await compare(
            f"c. plan {count:,} due, over raw rows",
            Side("plan", _planned(world, partner, count)),
            Side("raw fetch", _fetched(world, partner, count)),
            sizes=f"{count} subscriptions of as many tenants",
            kind="cost",
            rounds=1 if large else 5,  # the growth below measures it again, in turn
            warm=not large,
        )
        result.notes.append(f"peak memory of the process {peak_memory_mib():.0f} MiB")
        if partner == "prt_middle":
            with profiled(result.notes):
                await _planned(world, partner, count)()
        results.append(result)
    forget_peak_memory()
    growth = await compare(
        f"c. plan {sizes['prt_large']:,} over {sizes['prt_middle']:,}",
        Side("large", _once(_planned(world, "prt_large", sizes["prt_large"]))),
        Side("middle", _once(_planned(world, "prt_middle", sizes["prt_middle"]))),
        sizes="ten times the work",
        kind="cost",
        goal=Goal(most=11),
        warm=False,
        seconds=150,
    )
    memory = peak_memory_mib()
    results.append(growth)
    results.append(
        Result(f"c. memory of planning {sizes['prt_large']:,}", "GiB, the whole process", [memory / 1024], Goal(most=1))
    )
    return results


def _planned(world: World, partner: str, count: int) -> Callable[[], Awaitable[int]]:
    async def plan() -> int:
        run = await billing.plan(world.backend, JOB, partner, AS_OF)
        if run.documents != count:
            raise RuntimeError(f"{run.documents} of {count} documents were planned; {run.quarantined} set aside.")
        return count

    return plan


def _once(work: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    async def one() -> int:
        await work()
        return 1

    return one


def _fetched(world: World, partner: str, count: int) -> Callable[[], Awaitable[int]]:
    async def fetch() -> int:
        connection = await world.raw()
        async with connection.cursor() as cursor:
            await cursor.execute(RAW_DUE, (partner, AS_OF.replace(tzinfo=None)))
            rows = await cursor.fetchall()
        await connection.ensure_closed()
        if len(rows) != count:
            raise RuntimeError(f"{len(rows)} of {count} rows were fetched.")
        return count

    return fetch


async def _counted(world: World, thousand: int) -> Result:
    """The same due rows among few and among many: reads and statements must not grow with what is not due."""
    partner = "prt_counted"
    await store_subscribers(world, partner, thousand, due=True)
    plan = _planned(world, partner, thousand)
    await plan()
    among_few = await _counters(world, plan)
    await store_subscribers(world, partner, 99 * thousand, due=False, start=thousand)
    stale = await _counters(world, plan)
    await world.sql("ANALYZE TABLE subscription_periods, subscriptions, tenants, tenant_billing_profiles")
    among_many = await _counters(world, plan)
    reads = among_many["reads"] / among_few["reads"]
    statements = among_many["statements"] / among_few["statements"]
    return Result(
        f"c. reads of {thousand} due among {100 * thousand:,}",
        f"Handler_read% over those among {thousand}; statements {statements:.3f}",
        [reads, statements],
        Goal(most=1.05),
        f"among many {among_many['reads']} reads, {among_many['statements']} statements",
        f"among few {among_few['reads']} reads, {among_few['statements']} statements",
        notes=[
            f"among few: {_spelt(among_few)}; among many: {_spelt(among_many)}",
            f"among many, before the server counted its tables again: {_spelt(stale)}",
        ],
    )


def _spelt(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in counted.items() if value and name.startswith("Handler_read"))


async def _counters(world: World, work: Callable[[], Awaitable[int]]) -> dict[str, int]:
    empty = await _status(world), await _status(world)  # reading a status is counted too
    before = await _status(world)
    await work()
    after = await _status(world)
    return {name: after[name] - before[name] - (empty[1][name] - empty[0][name]) for name in before}


async def _status(world: World) -> dict[str, int]:
    lines = await asyncio.to_thread(world.server.sql, "SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Handler_read%' "
                                    "OR Variable_name = 'Questions'")  # fmt: skip
    found = {name: int(value) for name, value in (line.split("\t") for line in lines.splitlines())}
    statements = found.pop("Questions")
    return {**found, "reads": sum(found.values()), "statements": statements}


async def finalising(world: World, quick: bool) -> list[Result]:
    """One series, several drafts at a time: gate, number, seal, outbox; over a bare lock, insert and commit."""
    await _shop(world, NORTHWIND)
    count = 8 if quick else 40
    [tenant_id] = await store_subscribers(world, NORTHWIND, 1, due=False)
    await world.sql("CREATE TABLE bare_series (id INT PRIMARY KEY, next INT NOT NULL)")
    await world.sql("CREATE TABLE bare_numbers (id INT PRIMARY KEY, body VARCHAR(200))")
    await world.sql("INSERT INTO bare_series VALUES (1, 1)")
    connections = [await world.raw() for _ in range(SIDE_BY_SIDE)]
    drafts: list[str] = []

    async def draft() -> None:
        data = DraftIn(tenant_id=tenant_id, currency="EUR", lines=[a_line(1900), a_line(2900), a_line(3900)])
        drafts[:] = [(await world.backend.perform(petra, invoices.draft, data)).id for _ in range(count)]

    async def product() -> int:
        waiting = iter(drafts)

        async def one() -> None:
            for invoice_id in waiting:
                await invoices.finalize(world.backend, petra, invoice_id)

        await asyncio.gather(*(one() for _ in range(SIDE_BY_SIDE)))
        return count

    async def bare() -> int:
        waiting = iter(range(count * 10))

        async def one(connection: Any) -> None:
            for _ in waiting:
                async with connection.cursor() as cursor:
                    await cursor.execute("SELECT next FROM bare_series WHERE id = 1 FOR UPDATE")
                    [number] = await cursor.fetchone()
                    await cursor.execute("INSERT INTO bare_numbers VALUES (%s, %s)", (number, "x" * 200))
                    await cursor.execute("UPDATE bare_series SET next = next + 1 WHERE id = 1")
                await connection.commit()

        await asyncio.gather(*map(one, connections))
        return count * 10

    result = await compare(
        "d. finalise, over lock-insert-commit",
        Side("product", product, prepare=draft),
        Side("bare", bare),
        sizes=f"{count} invoices of 3 lines a round, {SIDE_BY_SIDE} at a time",
        kind="cost",
    )
    await draft()
    with profiled(result.notes):
        await product()
    await draft()
    started = time.perf_counter()
    for invoice_id in drafts:
        await invoices.check(world.backend, petra, invoice_id)
    result.notes.append(f"the gate alone: {(time.perf_counter() - started) / count * 1000:.1f} ms each, serially")
    for connection in connections:
        await connection.ensure_closed()
    return [result]


async def applying(world: World, quick: bool) -> list[Result]:
    """An applied invoice, from planned document to draft or to its number, over its own statements sent raw."""
    results: list[Result] = []
    for name, finalize, partner in (("to a draft", False, "prt_drafts"), ("to its number", True, "prt_numbers")):
        if not results:
            await _shop(world)
        await store_partner(world.backend, partner, auto_finalize=finalize)
        rounds, each = 5, 10 if quick else (100 if not finalize else 40)
        tenants = await store_subscribers(world, partner, each * (rounds + 2), due=True)
        groups = [tenants[start : start + each] for start in range(0, len(tenants), each)]
        with Recorder(world.backend.database.writer) as recorder:
            async with copied(world) as elsewhere:
                runs: list[Any] = []

                async def plan(
                    groups: list[list[str]] = groups,
                    partner: str = partner,
                    runs: list[Any] = runs,
                    elsewhere: Elsewhere = elsewhere,
                ) -> None:
                    run = await billing.plan(world.backend, JOB, partner, AS_OF, groups.pop())
                    runs.append(run)
                    await elsewhere.follow()
                    recorder.clear()

                async def product(runs: list[Any] = runs, each: int = each) -> int:
                    run = runs[-1]
                    applied = await billing.apply(world.backend, JOB, run.id, run.plan_hash)
                    if applied.status != "applied":
                        raise RuntimeError(f"{applied} ended as {applied.status}.")
                    return each

                async def raw(each: int = each, elsewhere: Elsewhere = elsewhere) -> int:
                    await replay(recorder, elsewhere.connections)
                    return each

                result = await _apply_compared(
                    f"d. apply an invoice {name}", Side("product", product, prepare=plan), Side("its statements", raw),
                    f"{each} invoices a round, {SIDE_BY_SIDE} at a time", rounds,
                )  # fmt: skip
                result.notes.append(
                    f"{recorder.statements / each:.1f} statements and {recorder.commits / each:.1f} commits each"
                )
                await plan()
                with profiled(result.notes):
                    await product()
        results.append(result)
    return results


async def _apply_compared(name: str, ours: Side, raw: Side, sizes: str, rounds: int) -> Result:
    """Replaying needs what was just recorded, so ours always goes first."""
    return await compare(name, ours, raw, sizes=sizes, kind="cost", goal=Goal(most=3.0), rounds=rounds, in_turn=False)
