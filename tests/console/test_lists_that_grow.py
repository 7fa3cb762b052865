"""Lists of many rows: however they are narrowed and sorted, a page reads about as many rows as it shows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from operator import eq
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import JSON, Boolean, Column, ColumnElement, Integer, LargeBinary, Numeric, Table, insert, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.sql.elements import BinaryExpression
from starlette.datastructures import QueryParams

from admin_views.base import ControlView, ListFilter
from admin_views.lists import COUNTED_UP_TO
from admin_views.names import PICKED
from admin_views.site import install_console
from scaicontrol.core import list_windows
from scaicontrol.core.list_orders import ListQuestion
from scaicontrol.db.types import UTCDateTime
from scaicontrol.services.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.factories import ACME, INITECH, NORTHWIND, SOUTHBAY, ada, petra
from tests.factories.tenants import store_cast

MANY, OLDEST, RARE, SHOWN = 3_000, 500, 250, 25  # whoever reads from the newest on passes all others for the oldest
MOST_READ = 10 * SHOWN
HELD_AGAINST_OTHERS = {"webhook-delivery"}  # each is one's own where its subscriber is: a second row for each
PLAIN = {"text", *PICKED} - {"partner"}
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
OF_ONE_OWNER = {"resource_id", "invoice_id", "subscription_id", "statement_id", "run_id", "integration_id"}
ASKING_ELSEWHERE = {"uncollected", "paid_in", "runs_at", "country"}  # other tables say which rows these are


@pytest.fixture
def dialect() -> str:
    """Whose rows are counted is MariaDB's to say."""
    return "mariadb"


def values(one: ListFilter) -> tuple[str, str]:
    """Give what the oldest few rows have, and what most have."""
    if one.kind == "tenant":
        return ACME, INITECH
    if "date" in one.kind:
        day = (BEGAN + timedelta(days=20)).date().isoformat()
        return (day, day) if one.kind == "date" else (f"{day}T00:00", f"{day}T00:00")
    if one.choices:
        return str(one.choices[-2]), str(one.choices[-1])  # of subscriptions those that may be there twice
    return "EUR", "SEK"


def fixed(one: ListFilter) -> str | None:
    """Name the column that a filter leaves one value of."""
    part = one.narrow(values(one)[0])
    is_one = isinstance(part, BinaryExpression) and part.operator is eq and isinstance(part.left, Column)
    return str(part.left.key) if is_one else None


def table_of(view: ControlView) -> Table:
    table: Table = inspect(view.model).local_table
    return table


def rows_of(view: ControlView) -> Iterator[dict[str, Any]]:
    """Make rows of whatever a list shows: the oldest are of Northwind, and half of these are of the rare kind."""
    kind: str | None = inspect(view.model).polymorphic_identity
    narrowed = {fixed(one): values(one) for one in view.narrowing if one.kind in PLAIN}
    used = {each.key for each in (*view.order(QueryParams())[1].values(), *view.searched)}
    for place in range(MANY):
        owner = (NORTHWIND, ACME) if place < OLDEST else (SOUTHBAY, INITECH)
        row = {each.key: value(each, place, each.key in used, kind) for each in table_of(view).columns}
        for key, (few, most) in narrowed.items():
            if key in row:
                row[key] = few if place < (OLDEST if key in OF_ONE_OWNER else RARE) else most
        row |= {"partner_id": owner[0], "created_at": BEGAN + timedelta(minutes=30 * place)}
        row |= {
            key: each
            for key, each in {"tenant_id": owner[1], "kind": kind or row.get("kind"), "public": True}.items()
            if key in row
        }
        yield {key: row[key] for key, column in table_of(view).columns.items() if not column.computed}


def value(column: Column[Any], place: int, is_used: bool, kind: str | None = None) -> Any:
    if column.nullable and not is_used:
        return None
    if isinstance(column.type, JSON):
        return []
    plain = ((UTCDateTime, BEGAN), (Boolean, False), (Integer, place), (Numeric, Decimal(1)), (LargeBinary, b""))
    for those, each in plain:
        if isinstance(column.type, those):
            return each
    if column.type.python_type is date:
        return date(2025, 1, 1) + timedelta(days=place // 40)
    choices = getattr(column.type, "enum_class", None)
    length = getattr(column.type, "length", None) or 40
    return next(iter(choices)) if choices else f"{kind or ''}{place:09}" if length > 20 else "EUR"[:length]


async def store(url: str, view: ControlView) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("SET foreign_key_checks = 0")
            if view.model is WebhookDelivery:  # one sees those to the subscribers that one sees
                to = inspect(WebhookEndpoint).columns
                rows = [{each.key: value(each, 0, is_used=False) for each in to} for _ in range(2)]
                owners = (NORTHWIND, "EUR"), (SOUTHBAY, "SEK")
                rows = [row | {"partner_id": who, "id": key} for row, (who, key) in zip(rows, owners, strict=True)]
                await connection.execute(insert(WebhookEndpoint), rows)
            await connection.execute(insert(table_of(view)), list(rows_of(view)))
            await connection.exec_driver_sql(f"ANALYZE TABLE {table_of(view).name}")
    finally:
        await engine.dispose()


def handler_reads(session: Any) -> int:
    cursor = session.connection().connection.cursor()
    cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
    return sum(int(row[1]) for row in cursor.fetchall())


def questions(view: ControlView, uow: Any) -> Iterator[tuple[str, ListQuestion[Any]]]:
    sort, sortable = view.order(QueryParams())
    narrowed: list[tuple[str, list[ColumnElement[bool]]]] = [("all", [])]
    narrowed += [
        (f"{one.name}={each}", [one.narrow(each)])
        for one in view.narrowing
        if one.name not in ASKING_ELSEWHERE
        for each in dict.fromkeys(values(one))
        if each != "no" and one.kind in (*PLAIN, "date")
        if uow.actor.is_platform or (each != INITECH and fixed(one) not in OF_ONE_OWNER)  # nobody picks another's
    ]
    for said, conditions in narrowed:
        for key, up in chain.from_iterable(((key, "-"), (key, "")) for key in sortable):
            yield (
                f"{view.identity}, {said}, by {up}{key}",
                ListQuestion(view.visible(uow), conditions, f"{up}{key}", sortable, sort, view.grows),
            )


@pytest.mark.parametrize("who", [ada, petra], ids=lambda who: who.id)
async def test_a_page_reads_no_more_than_ten_rows_for_each_it_shows(backend, database_url, who):
    await store_cast(backend)
    app = FastAPI()
    app.state.backend = backend
    seen = [each for each in install_console(app).views if isinstance(each, ControlView) and who.may(each.permission)]
    growing = [each for each in seen if each.grows]
    assert len(growing) >= (18 if who.is_platform else 17)
    dear: list[str] = []
    offered: set[tuple[str, str]] = set()
    for view in growing:
        await store(database_url, view)

        async def look(uow: Any, view: ControlView = view) -> None:
            for said, question in questions(view, uow):
                after = None
                for page in ("first", "next"):
                    before = await uow.session.run_sync(handler_reads)
                    found = await list_windows.window(uow, question, SHOWN, COUNTED_UP_TO, after=after)
                    read = await uow.session.run_sync(handler_reads) - before
                    after = found.after
                    uow.session.expunge_all()
                    offered.update((view.identity, key) for key in found.orders)
                    if read > MOST_READ * (2 if view.identity in HELD_AGAINST_OTHERS else 1):
                        dear.append(f"{said}, {page}: {read} rows read for {len(found.items)}, ordered by {found.sort}")
                    if after is None or found.sort != question.sort:
                        break

        await backend.ask(who, look)
    assert not dear, "\n".join(dear)
    assert {(view.identity, view.newest.removeprefix("-")) for view in growing} <= offered
