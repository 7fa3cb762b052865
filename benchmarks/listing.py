"""The console's list of invoices: a thousand rows against a million of them, and against the list SQLAdmin brings."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import unescape
from typing import Any, ClassVar, Final

import httpx2
from fastapi import FastAPI
from sqladmin import Admin, ModelView
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry

from admin_views.site import CONSOLE_COOKIE, CONSOLE_PURPOSE, install_console
from scaicontrol.core import signed_values
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.db.engine import Database
from scaicontrol.services import identity
from scaicontrol.services.identity import SessionKind
from scaicontrol.services.invoices.models import Invoice
from tests.databases import create_schema
from tests.factories import ACME, NORTHWIND
from tests.factories.tenants import store_cast

from .measure import Goal, Result, Side, compare, profiled
from .world import World, store_subscribers

FEW: Final = 1_000
MANY: Final = 1_000_000
TENANTS: Final = 500
SLICE: Final = 100_000
OLDEST: Final = 400
VOIDED: Final = 100
_URL: Final = "https://console.test"
_CLAIMS: Final[Mapping[str, dict[str, Any]]] = {
    "ada": {"sub": "usr_ada", "roles": ["super_admin"]},
    "petra": {"sub": "usr_petra", "partner_id": NORTHWIND, "roles": ["partner_admin"]},
}
_SIZES: Final = {"tenants": TENANTS, "acme": ACME, "northwind": NORTHWIND, "oldest": OLDEST, "voided": VOIDED}
_NEXT: Final = re.compile(r'href="([^"]+)" rel="next"')

# Invoices by arithmetic on their place: the same ones in every run, in every status, of every tenant. The oldest are of
# a partner with few, and the void ones among these: whoever reads from the newest on reads a million for them.
_FILL: Final = """
INSERT INTO invoices (
    id, tenant_id, partner_id, document_type, status, number, fiscal_year, serial, currency, language, issue_date,
    due_date, subtotal_cents, tax_cents, total_cents, reverse_charge, amount_paid_cents, amount_credited_cents,
    amount_due_cents, finalized_at, version, created_at, updated_at)
SELECT
    CONCAT('inv_', LPAD(seq, 26, '0')), IF(seq <= {oldest}, '{acme}', CONCAT('tnt_many_', LPAD(MOD(seq * 7919,
    {tenants}), 6, '0'))), IF(seq <= {oldest}, '{northwind}', 'prt_many'),
    'invoice', IF(seq <= {voided}, 'void', ELT(1 + MOD(seq * 31, 10), 'paid', 'paid', 'paid', 'paid', 'paid', 'paid',
    'paid', 'sent', 'sent', 'past_due')), CONCAT('MANY-2025-', LPAD(seq - 1, 6, '0')), 2025, seq, 'EUR', 'en',
    DATE('2025-01-01') + INTERVAL (seq DIV 3000) DAY,
    DATE('2025-01-15') + INTERVAL (seq DIV 3000) DAY, 1000 + MOD(seq * 104729, 100000), 0,
    1000 + MOD(seq * 104729, 100000), 0, 0, 0, 1000 + MOD(seq * 104729, 100000),
    TIMESTAMP('2025-01-01') + INTERVAL seq SECOND, 1, TIMESTAMP('2025-01-01') + INTERVAL seq SECOND,
    TIMESTAMP('2025-01-01') + INTERVAL seq SECOND
FROM seq_{first}_to_{last}
"""

_LIST: Final = "/admin/invoice/list?pageSize=50"
# What operators open: by whose claims, what is asked, and whether it is the page after the first.
PAGES: Final[dict[str, tuple[str, str, bool]]] = {
    "the first page": ("ada", "", False),
    "a later page": ("ada", "", True),
    "a search": ("ada", "&search=MANY-2025-0007", False),
    "a search that finds all": ("ada", "&search=MANY", False),
    "a filter": ("ada", "&status=past_due", False),
    "a later page of a filter": ("ada", "&status=past_due", True),
    "a filter for few": ("ada", "&status=void", False),
    "by total": ("ada", "&sort=-total_cents", True),
    "by number": ("ada", "&sort=number", True),
    "by day of issue": ("ada", "&sort=-issue_date", True),
    "a partner's first page": ("petra", "", False),
    "a partner's later page": ("petra", "", True),
    "a partner's search": ("petra", "&search=MANY-2025-0001", False),
    "a partner's filter": ("petra", "&status=paid", True),
    "a partner's by total": ("petra", "&sort=-total_cents", True),
}

_STOCK_LIST: Final = "/admin/stock-invoice/list?pageSize=50"
# The same at the list that SQLAdmin brings; its later page is one in the middle, where numbered pages lead.
STOCK_PAGES: Final[dict[str, str]] = {
    "the first page": _STOCK_LIST,
    "a later page": f"{_STOCK_LIST}&page=10000",
    "a search": f"{_STOCK_LIST}&search=MANY-2025-0007",
    "by total": f"{_STOCK_LIST}&sortBy=total_cents&sort=desc",
    "by number": f"{_STOCK_LIST}&sortBy=number&sort=asc",
}


async def console_lists(world: World, quick: bool) -> list[Result]:
    """A page of the list at both sizes, the rows the server reads for it, and the stock list at the larger."""
    many = 20_000 if quick else MANY
    times = 5 if quick else 10
    world.server.sql("CREATE DATABASE many CHARACTER SET utf8mb4")
    await create_schema(world.server.url("many"))
    results = []
    async with _console(world, "app", FEW) as few, _console(world, "many", many) as lots, _stock(world) as stock:
        for what, (who, asked, is_later) in PAGES.items():
            here = await lots.sign_in(who, asked, is_later=is_later)
            ours, fewer = lots.asking(here, times), few.asking(await few.sign_in(who, asked, is_later=is_later), times)
            result = await compare(
                f"i. console list, {what}: {many:,} to {FEW:,}",
                Side(f"{many:,} rows", ours),
                Side(f"{FEW:,} rows", fewer),
                sizes=f"{times} pages of 50",
                kind="cost",
                goal=Goal(most=1.3),
                rounds=9,
            )
            read, shown = await lots.rows_read(world, here)
            results += [
                result,
                Result(
                    f"i. console list, {what}: rows read for one shown",
                    f"{many:,} invoices",
                    [read / shown],
                    Goal(most=10),
                    f"{read} read",
                    f"{shown} shown",
                ),
            ]
            with profiled(result.notes):
                await ours()
        for what, address in STOCK_PAGES.items():
            who, asked, is_later = PAGES[what]
            here = await lots.sign_in(who, asked, is_later=is_later)
            result = await compare(
                f"i. console list over SQLAdmin's own, {what}",
                Side("ours", lots.asking(here, times)),
                Side("stock", stock.asking(address, 1)),
                sizes=f"{many:,} invoices, pages of 50",
                kind="speed",
                goal=Goal(least=5),
                rounds=5,
            )
            with profiled(result.notes):
                await lots.page(here)
            results.append(result)
    return results


class _Visitor:
    """Somebody who opens pages of one console."""

    def __init__(self, client: httpx2.AsyncClient, cookies: Mapping[str, str]) -> None:
        self.client = client
        self.cookies = cookies

    async def sign_in(self, who: str, asked: str, *, is_later: bool = False) -> str:
        """Be somebody else from now on, and give the address of their list, or of the page behind its first."""
        self.client.cookies.clear()
        self.client.cookies.set(CONSOLE_COOKIE, self.cookies[who])
        if not is_later:
            return _LIST + asked
        found = _NEXT.search(await self.page(_LIST + asked))
        assert found, "The list has one page only."
        return _LIST.partition("?")[0] + unescape(found[1])

    async def page(self, address: str) -> str:
        answer = await self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def asking(self, address: str, times: int) -> Callable[[], Awaitable[int]]:
        async def ask() -> int:
            for _ in range(times):
                await self.page(address)
            return times

        return ask

    async def rows_read(self, world: World, address: str) -> tuple[int, int]:
        """Count the rows that the server reads for a page, and those that it shows."""
        before = _handler_reads(world)
        text = await self.page(address)
        read, shown = _handler_reads(world) - before, text.count("<tr data-row")
        assert shown, text
        return read, shown


def _handler_reads(world: World) -> int:
    rows = world.server.sql("SHOW GLOBAL STATUS LIKE 'Handler_read%'").splitlines()
    return sum(int(row.split("\t")[1]) for row in rows)


@asynccontextmanager
async def _console(world: World, database: str, count: int) -> AsyncIterator[_Visitor]:
    """The product's console on a database with so many invoices, with an operator of the platform signed in."""
    own = Database(world.server.url(database), pool_size=4, max_overflow=0)
    backend = Backend(world.backend.settings, own, world.backend.clock, world.backend.ports)
    await store_cast(backend)
    here = World(world.server, backend, world.folder, database)
    await here.fill("partners", [{"id": "prt_many", "name": "Many", "slug": "many", "status": "active"}])
    await store_subscribers(here, "prt_many", TENANTS, due=False)
    for first in range(1, count + 1, SLICE):
        await here.sql(_FILL.format(first=first, last=min(first + SLICE - 1, count), **_SIZES))
    await here.sql("ANALYZE TABLE invoices")
    app = FastAPI()
    app.state.backend = backend
    install_console(app)
    cookies = {}
    for who, claims in _CLAIMS.items():
        opened = await backend.perform(
            Actor.system("sign-in"), identity.open_session, SessionKind.console, claims, datetime.now(UTC)
        )
        cookies[who] = await signed_values.sign(backend, CONSOLE_PURPOSE, opened)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=_URL) as client:
        yield _Visitor(client, cookies)
    await own.dispose()


_unguarded = registry()


class StockInvoice:
    """An invoice nobody guards, for the list that SQLAdmin brings."""


_unguarded.map_imperatively(StockInvoice, Invoice.__table__)


class _StockView(ModelView, model=StockInvoice):
    column_list: ClassVar[Any] = [
        Invoice.__table__.c[name].key
        for name in ("number", "status", "tenant_id", "total_cents", "amount_due_cents", "issue_date", "created_at")
    ]
    column_default_sort = ("created_at", True)
    column_searchable_list: ClassVar[Any] = ["number"]
    column_sortable_list: ClassVar[Any] = ["number", "total_cents", "created_at"]
    page_size_options: ClassVar[Any] = [50]


@asynccontextmanager
async def _stock(world: World) -> AsyncIterator[_Visitor]:
    """SQLAdmin as it comes, on the larger database."""
    engine = create_async_engine(world.server.url("many"), pool_size=4)
    app = FastAPI()
    Admin(app, engine, session_maker=async_sessionmaker(engine, expire_on_commit=False)).add_view(_StockView)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=_URL) as client:
        yield _Visitor(client, {})
    await engine.dispose()
