"""Reading: the tenant filter on the ORM, and one invoice over HTTP."""

import os
import shutil
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import registry, relationship, selectinload

from scaicontrol.core.ids import new_id
from scaicontrol.db.engine import _MARIADB_SESSION
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from tests.factories import ACME, NORTHWIND, alice
from tests.factories.invoices import a_line, finalized
from tests.factories.tenants import store_cast

from . import keys
from .measure import Goal, Result, Side, compare, cpu_of, profiled
from .server import CONNECTIONS, serving
from .wire import Wire, send_all, written
from .world import World

READS, LISTS = 40, 16  # small rounds, many of them: the difference is small and the machine is not quiet


class _Line:
    """A line nobody guards: the same table and types, no marker, no events."""


class _Invoice:
    """An invoice nobody guards."""


_unguarded = registry()
_unguarded.map_imperatively(_Line, InvoiceLine.__table__)
_unguarded.map_imperatively(
    _Invoice,
    Invoice.__table__,
    properties={"lines": relationship(_Line, lazy="raise", order_by=InvoiceLine.__table__.c.order_index)},
)


def _one(invoice: Any, _: Any, invoice_id: str) -> Any:
    return select(invoice).where(invoice.id == invoice_id)


def _with_lines(invoice: Any, _: Any, invoice_id: str) -> Any:
    return select(invoice).where(invoice.id == invoice_id).options(selectinload(invoice.lines))


def _fifty(_: Any, line: Any, __: str) -> Any:
    return select(line).where(line.description == "Row").limit(50)


async def _invoice(world: World) -> str:
    """Acme's one finalized invoice of three lines."""
    if "invoice" not in world.made:
        await store_cast(world.backend)
        await finalized(world.backend, a_line(1900), a_line(2900), a_line(3900))
        world.made.add("invoice")
    found = await world.backend.ask(alice, lambda uow: uow.session.scalar(select(Invoice.id).limit(1)))
    assert found is not None
    return found


async def tenant_filter(world: World, quick: bool) -> list[Result]:
    """The same ORM read with the scope's criteria and guards, and without them."""
    invoice_id = await _invoice(world)
    if "fifty" not in world.made:
        header = {"tenant_id": ACME, "partner_id": NORTHWIND, "invoice_id": invoice_id, "description": "Row"}
        money = {"quantity": 1, "unit_price_cents": 1, "unit_divisor": 1, "amount_cents": 1, "tax_cents": 0}
        drafts = {"document_type": "invoice", "status": "draft", "currency": "EUR", "subtotal_cents": 0, "tax_cents": 0}
        drafts |= {"total_cents": 0, "reverse_charge": 0, "amount_paid_cents": 0, "amount_credited_cents": 0}
        owner = {"tenant_id": ACME, "partner_id": NORTHWIND}
        draft_id = new_id("inv")
        await world.fill("invoices", [{"id": draft_id, **owner, **drafts, "amount_due_cents": 0, "version": 1}])
        rows = [
            {**header, "invoice_id": draft_id, "id": new_id("lin"), "order_index": place, **money}
            for place in range(50)
        ]
        await world.fill("invoice_line_items", rows)
        world.made.add("fifty")
    plain = create_async_engine(
        world.server.url(),
        pool_size=4,
        pool_pre_ping=True,
        connect_args={"init_command": _MARIADB_SESSION, "charset": "utf8mb4"},
    )
    results = []
    for name, ask, times in (
        ("one row", _one, READS),
        ("one with its lines", _with_lines, READS),
        ("a list of 50", _fifty, LISTS),
    ):
        scoped, free = ask(Invoice, InvoiceLine, invoice_id), ask(_Invoice, _Line, invoice_id)

        async def guarded(statement: Any = scoped, times: int = times) -> int:
            for _ in range(times):
                async with world.backend.database.session(alice.scope, read_only=True) as session, session.begin():
                    (await session.scalars(statement)).all()
            return times

        async def unguarded(statement: Any = free, times: int = times) -> int:
            for _ in range(times):
                async with AsyncSession(plain, expire_on_commit=False) as session, session.begin():
                    (await session.scalars(statement)).all()
            return times

        result = await compare(
            f"a. tenant filter: {name}",
            Side("guarded", guarded),
            Side("unguarded", unguarded),
            sizes=f"{times} reads, a session each",
            kind="cost",
            goal=Goal(most=1.15),
            rounds=9 if quick else 41,
        )
        with profiled(result.notes):
            await guarded()
        results.append(result)
    await plain.dispose()
    return results


async def invoice_over_http(world: World, quick: bool) -> list[Result]:
    """GET of an own invoice with a real token, against a bare route that runs one raw statement."""
    invoice_id = await _invoice(world)
    key, count = keys.new_key(), 400 if quick else 2000
    token = keys.token(key, alice.id, tenant_id=ACME, partner_id=NORTHWIND, roles=["tenant_admin"])
    url = world.server.url()
    with (
        serving("product", url, world.folder, key.as_dict(private=False)) as ours,
        serving("bare", url, world.folder) as theirs,
    ):
        request = written("GET", f"/api/v1/billing/invoices/{invoice_id}", token)
        plain = written("GET", f"/invoices/{invoice_id}")
        sizes = []
        for port, asked in ((ours.port, request), (theirs.port, plain)):
            wire = await Wire.to(port)
            status, body = await wire.call(asked)
            assert status == 200, body
            sizes.append(len(body))
            await wire.close()
        result = await compare(
            "b. GET an invoice over HTTP",
            Side("product", lambda: send_all(ours.port, [request] * count, 200, CONNECTIONS), cpu_of(ours.pid)),
            Side("bare", lambda: send_all(theirs.port, [plain] * count, 200, CONNECTIONS), cpu_of(theirs.pid)),
            sizes=f"{count} requests, {CONNECTIONS} connections, {sizes[0]} and {sizes[1]} bytes",
            kind="speed",
            goal=Goal(least=0.45),
            rounds=7,
        )
        ours.start_profile()
        await send_all(ours.port, [request] * (count // 2), 200, CONNECTIONS)
        result.notes += await ours.stop_profile()
        if keep := os.environ.get("BENCH_KEEP_PROFILE"):
            shutil.copy(ours.profile_file.with_suffix(".pstats"), keep)
    return [result]
