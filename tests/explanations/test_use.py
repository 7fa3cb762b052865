"""What stands behind a line of use: the days and records that it was added up from, and whether they still do."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import billing, explanations, subscriptions, usage
from scaicontrol.services.catalog.models import UsagePrice
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from tests.factories import ACME, NORTHWIND, ada, alice, gina, petra
from tests.factories.subscriptions import CLOCK, market, subscribed
from tests.factories.usage import an_event, send

BEGUN = datetime(2026, 1, 15, 9, tzinfo=UTC)
ENDS = datetime(2026, 2, 14, 23, tzinfo=UTC)  # midnight in Amsterdam
DAY = timedelta(days=1)
ALL = PageRequest(sort="occurred_at")


@pytest_asyncio.fixture
async def billed(shop: Backend, clock) -> tuple[Backend, Invoice]:
    """Acme used 250 calls in its first period, over which they are dearer by 100, and was invoiced."""

    async def price(uow):
        for number, (start, end, cents) in enumerate([(0, 100, 1), (100, None, 2)]):
            uow.session.add(
                UsagePrice(
                    id=f"plu_{number}", plan_id="pln_pro", metric_slug="api_calls", tier_start=Decimal(start),
                    tier_end=end and Decimal(end), unit_price_cents=cents, unit_divisor=1, unit_label="call",
                )
            )  # fmt: skip

    await shop.perform(ada, price)
    await subscribed(shop)
    clock.set(BEGUN + 10 * DAY)
    await send(
        shop,
        an_event("e1", 100, at=BEGUN + timedelta(hours=1)),
        an_event("e2", 120, at=BEGUN + 5 * DAY),
        an_event("e3", 30, at=BEGUN + 5 * DAY + timedelta(hours=1)),
    )
    await usage.aggregate(shop)
    clock.set(ENDS + timedelta(hours=7))
    await shop.perform(CLOCK, subscriptions.renew)
    run = await billing.plan(shop, petra, NORTHWIND, clock.now())
    await billing.apply(shop, petra, run.id, str(run.plan_hash))

    async def read(uow):
        return await uow.session.scalar(select(Invoice).where(Invoice.tenant_id == ACME))

    return shop, await shop.ask(petra, read)


@pytest_asyncio.fixture
async def shop(settings, database, clock, ports) -> Backend:
    product = Backend(settings, database, clock, ports)
    await market(product)
    return product


async def line_of(backend, invoice, metric):
    async def read(uow):
        lines = select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)
        return next(line for line in await uow.session.scalars(lines) if line.metric_slug == metric)

    return await backend.ask(petra, read)


async def test_a_line_of_use_shows_its_days_its_records_and_what_came_since(billed, clock):
    backend, invoice = billed
    line = await line_of(backend, invoice, "api_calls")
    behind = await backend.ask(alice, explanations.use_behind, invoice.id, line.id)
    assert (behind.charged_quantity, behind.quantity, behind.is_unchanged, line.amount_cents) == (250, 250, True, 400)
    used = {point.period_start.day: (point.quantity, point.events) for point in behind.days if point.events}
    assert (used, sum(point.quantity for point in behind.days)) == ({15: (100, 1), 20: (150, 2)}, 250)
    records = await backend.ask(alice, explanations.records_of, invoice.id, line.id, ALL)
    assert [row.idempotency_key for row in records.items] == ["e1", "e2", "e3"]
    one_day = await backend.ask(alice, explanations.records_of, invoice.id, line.id, ALL, date(2026, 1, 20))
    assert [row.idempotency_key for row in one_day.items] == ["e2", "e3"]
    await send(backend, an_event("c1", "-20", at=clock.now(), corrects="e2"))
    await usage.aggregate(backend)
    behind = await backend.ask(alice, explanations.use_behind, invoice.id, line.id)
    assert (behind.charged_quantity, behind.quantity, behind.is_unchanged) == (250, 230, False)


async def test_what_has_no_use_behind_it_is_refused_and_what_is_anothers_is_not_found(billed):
    backend, invoice = billed
    base = await line_of(backend, invoice, None)
    with pytest.raises(Refused, match="is not about use"):
        await backend.ask(alice, explanations.use_behind, invoice.id, base.id)
    with pytest.raises(NotFound, match="There is no line ili_nowhere"):
        await backend.ask(alice, explanations.use_behind, invoice.id, "ili_nowhere")
    with pytest.raises(NotFound):
        await backend.ask(gina, explanations.records_of, invoice.id, base.id, ALL)


async def test_a_line_says_from_when_its_price_version_was_sold(billed):
    backend, invoice = billed
    said = await backend.ask(alice, explanations.explain, invoice.id, language="en")
    for part in said.parts:
        if part.part == "line":
            assert part.sentences[:2] == [
                "Plan scaidrive.pro, price version 1.", "This price version is sold since 15 January 2026.",
            ]  # fmt: skip
    calls = next(part for part in said.parts if "API calls" in part.title)
    assert "The first 100 at €0.01 each: €1.00." in calls.sentences
