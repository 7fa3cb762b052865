"""Use that becomes known late: by the moment of use until it is charged, after that by a line of the next document."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.services import billing, subscriptions, usage
from scaicontrol.services.billing.models import QuarantineItem
from scaicontrol.services.catalog.models import UsagePrice
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.subscriptions.models import SubscriptionPeriod
from tests.factories import ACME, NORTHWIND, ada, alice, petra
from tests.factories.subscriptions import CLOCK, subscribed
from tests.factories.usage import an_event, send

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
STARTED = datetime(2026, 1, 15, 9, tzinfo=UTC)
ENDS = datetime(2026, 2, 14, 23, tzinfo=UTC)  # midnight in Amsterdam


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """Acme has `pro`, whose calls cost a cent each."""

    async def price(uow):
        uow.session.add(
            UsagePrice(
                id="plu_calls", plan_id="pln_pro", metric_slug="api_calls", tier_start=Decimal(0), tier_end=None,
                unit_price_cents=1, unit_divisor=1, unit_label="call",
            )
        )  # fmt: skip

    await backend.perform(ada, price)
    await subscribed(backend)
    return backend


async def billed(backend, clock):
    """Let the clock's jobs come by and the next run bill; give what use it charged, net."""
    before = {invoice.id for invoice in await rows(backend, Invoice)}
    await usage.aggregate(backend)
    await backend.perform(CLOCK, subscriptions.renew)
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    done = await billing.apply(backend, petra, run.id, str(run.plan_hash))
    assert done.status == "applied"
    found = []
    for invoice in await rows(backend, Invoice):
        if invoice.id not in before:
            shown = await backend.ask(petra, _lines, invoice.id)
            found += [line.amount_cents for line in shown if line.metric_slug == "api_calls"]
    return found


async def _lines(uow, invoice_id):
    from scaicontrol.services.invoices.models import InvoiceLine

    return list(await uow.session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id)))


async def rows(backend, entity):
    async def read(uow):
        return list(await uow.session.scalars(select(entity).order_by(entity.created_at)))

    return await backend.ask(ada, read)


async def test_what_is_taken_back_before_the_invoice_is_not_charged_and_burdens_no_other_period(backend, clock):
    """5,398 calls of January were taken back in February: nothing came back, and February showed -5398."""
    clock.set(ENDS - HOUR)
    await send(backend, an_event("e1", "5398", at=ENDS - 2 * HOUR))
    clock.set(ENDS + 8 * HOUR)
    await send(backend, an_event("c1", "-5398", at=clock.now(), corrects="e1"))
    assert await billed(backend, clock) == []
    clock.set(ENDS + 20 * DAY)
    await send(backend, an_event("e2", "3", at=clock.now()))
    clock.set(ENDS + 40 * DAY)
    assert await billed(backend, clock) == [3]


async def test_what_is_taken_back_after_the_invoice_is_given_back_by_the_next_document(backend, clock):
    clock.set(ENDS - HOUR)
    await send(backend, an_event("e1", "5398", at=ENDS - 2 * HOUR))
    clock.set(ENDS + 7 * HOUR)
    assert await billed(backend, clock) == [5398]
    clock.set(ENDS + 10 * DAY)
    await send(backend, an_event("c1", "-5000", at=clock.now(), corrects="e1"))
    assert await billed(backend, clock) == [-5000]
    assert await billed(backend, clock) == []
    assert sum(invoice.subtotal_cents for invoice in await rows(backend, Invoice)) == 1000 + 1000 + 398


@pytest.mark.by_turns
@pytest.mark.parametrize("days", [0, 1, 6, 20, 29])
@pytest.mark.parametrize(
    ("reported", "then", "is_charged_between", "found"),
    [
        ("100", [("late", "50", None)], False, [150]),
        ("100", [("late", "50", None)], True, [50]),
        ("100", [("c1", "-40", "e1")], False, [60]),
        ("100", [("c1", "-40", "e1")], True, [-40]),
        ("100", [("c1", "-100", "e1"), ("late", "100", None)], True, []),
        ("0", [("late", "70", None)], True, [70]),
        ("100", [("c1", "-30", "e1"), ("c2", "-20", "e1"), ("late", "10", None)], True, [-40]),
    ],
)
async def test_use_counts_in_its_period_until_that_is_charged_and_then_as_a_correction(
    backend, clock, days, reported, then, is_charged_between, found
):
    clock.set(ENDS - HOUR)
    if reported != "0":
        await send(backend, an_event("e1", reported, at=ENDS - 2 * HOUR))
    clock.set(ENDS + 7 * HOUR)
    if is_charged_between:
        assert await billed(backend, clock) == ([int(reported)] if reported != "0" else [])
    clock.advance(days * DAY)
    for key, quantity, corrects in then:
        moment = clock.now() if corrects else ENDS - 3 * HOUR
        done = await send(backend, an_event(key, quantity, at=moment, **({"corrects": corrects} if corrects else {})))
        assert done.accepted == 1, done.rejected
    assert await billed(backend, clock) == found
    assert await billed(backend, clock) == []
    assert await rows(backend, QuarantineItem) == []


async def test_use_that_is_rolled_up_while_its_period_is_charged_is_not_lost(backend, clock):
    clock.set(ENDS + 7 * HOUR)
    await backend.perform(CLOCK, subscriptions.renew)
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    await send(backend, an_event("e1", "25", at=ENDS - HOUR))
    await billing.apply(backend, petra, run.id, str(run.plan_hash))  # sees it: set aside as changed, or charged with it
    await usage.aggregate(backend)
    charged = await billed(backend, clock)
    assert charged == [25]
    assert [item for item in await rows(backend, QuarantineItem) if item.resolved_at is None] == []


async def test_a_subscription_that_ended_is_corrected_too(backend, clock):
    clock.set(STARTED + 5 * DAY)
    await send(backend, an_event("e1", "200", at=clock.now() - HOUR))
    (period,) = await rows(backend, SubscriptionPeriod)
    await backend.perform(petra, subscriptions.cancel, period.subscription_id, "fraud", immediate=True)
    clock.advance(7 * HOUR)
    assert await billed(backend, clock) == [200]
    clock.advance(10 * DAY)
    await send(backend, an_event("c1", "-150", at=clock.now(), corrects="e1"))
    assert await billed(backend, clock) == [-150]


async def test_the_portal_sees_a_correction_coming(backend, clock):
    clock.set(ENDS - HOUR)
    await send(backend, an_event("e1", "100", at=ENDS - 2 * HOUR))
    clock.set(ENDS + 7 * HOUR)
    await billed(backend, clock)
    await send(backend, an_event("c1", "-40", at=clock.now(), corrects="e1"))
    await usage.aggregate(backend)
    coming = await backend.ask(alice, billing.upcoming, ACME)
    assert [document.credited_cents for document in coming.documents] == [48]
    assert (coming.day.isoformat(), coming.documents[0].lines) == ("2026-03-01", ())
