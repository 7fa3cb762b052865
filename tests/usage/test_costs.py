"""What use costs and will cost, for people: the numbers of the billing run, taken apart by day and by bracket."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from scaicontrol.core.errors import NotFound
from scaicontrol.services import usage
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.usage.costs import cost
from scaicontrol.services.usage.forecasts import Expected, expected
from tests.factories import ACME, SCAIDRIVE, alice, gina, petra
from tests.factories.usage import ENDS, STARTED, an_event, send, store_holder, store_world

DAY = timedelta(days=1)
FREE_THEN_CHEAPER = [
    Bracket(Decimal(0), Decimal(100), 0),
    Bracket(Decimal(100), Decimal(200), 10),
    Bracket(Decimal(200), None, 5),
]
DEARER = [Bracket(Decimal(0), Decimal(10), 1), Bracket(Decimal(10), None, 3)]


@pytest.mark.parametrize(
    ("brackets", "quantity", "included", "billable", "gross", "discount", "net"),
    [
        (FREE_THEN_CHEAPER, 80, 80, 0, 0, 0, 0),
        (FREE_THEN_CHEAPER, 150, 100, 50, 500, 0, 500),
        (FREE_THEN_CHEAPER, 300, 100, 200, 2000, 500, 1500),
        (DEARER, 20, 0, 20, 40, 0, 40),
        ([], 7, 7, 0, 0, 0, 0),
    ],
)
def test_gross_less_discount_is_what_the_run_charges(brackets, quantity, included, billable, gross, discount, net):
    found = cost(Decimal(quantity), brackets)
    assert found.net_cents == usage.rate(Decimal(quantity), brackets).amount_cents
    assert (found.included, found.billable) == (included, billable)
    assert (found.gross_cents, found.discount_cents, found.net_cents) == (gross, discount, net)


@pytest.mark.parametrize(
    ("kind", "used", "days", "left", "found"),
    [
        ("counter", 70, [10] * 7, 10, (170, 170, 170)),
        ("counter", 100, [0] * 7 + [20] * 7, 7, (100, 240, 240)),
        ("counter", 100, [20] * 7 + [0] * 7, 7, (100, 100, 240)),
        ("counter", 60, [10] * 6, 10, None),
        ("counter", 5, [99] * 30 + [1] * 28, 1, (6, 6, 6)),
        ("gauge", 30, [50] * 7 + [20] * 7, 5, (30, 30, 50)),
    ],
)
def test_the_last_week_goes_on(kind, used, days, left, found):
    wanted = found and Expected(*map(Decimal, found))
    assert expected(kind, Decimal(used), [Decimal(day) for day in days], Decimal(left)) == wanted


async def test_the_days_add_up_to_what_the_period_counts(backend, clock):
    """A period begins and ends within an hour; what was used before it and after it is not in its days."""
    await store_world(backend, usage={"api_calls": FREE_THEN_CHEAPER})
    earlier = await store_holder(backend, start=STARTED - 31 * DAY, end=STARTED, plan_id="pln_pro", status="cancelled")
    second = timedelta(seconds=1)
    moments = [STARTED - second, STARTED, STARTED + DAY, STARTED + DAY + second, ENDS - second]
    clock.set(ENDS - timedelta(minutes=1))
    await send(backend, *(an_event(f"e{n}", 10**n, at=at) for n, at in enumerate(moments)))
    await usage.aggregate(backend)
    await send(backend, an_event("tail", "0.5", at=STARTED + 2 * DAY))  # not rolled up
    detail = {use.metric_slug: use for use in await backend.ask(alice, usage.by_service, ACME, "scaidrive")}
    calls, storage = detail["api_calls"], detail["storage_gb"]
    assert (calls.used, sum(point.quantity for point in calls.series)) == (Decimal("11110.5"), Decimal("11110.5"))
    assert (calls.limit, calls.remaining, calls.period_start) == (1000, 0, STARTED)
    assert [point.quantity for point in calls.series][:3] == [10, 1100, Decimal("0.5")]
    assert (len(calls.series), len(storage.series), storage.used) == (32, 32, 0)
    assert calls.cost_cents == 1000 + 5 * 10910 + 3  # 2.5 cents rounded half up
    found = await backend.ask(alice, usage.periods, ACME, "scaidrive")
    assert [(each.start, each.plan_key) for each in found] == [
        (STARTED, "scaidrive.pro"), (earlier.current_period_start, "scaidrive.pro"),
    ]  # fmt: skip
    before = await backend.ask(alice, usage.by_service, ACME, "scaidrive", begins=earlier.current_period_start)
    assert [use.used for use in before] == [1 if use.metric_slug == "api_calls" else 0 for use in before]
    with pytest.raises(NotFound, match="No period of scaidrive begins at"):
        await backend.ask(alice, usage.by_service, ACME, "scaidrive", begins=STARTED + DAY)
    assert await backend.ask(gina, usage.by_service, ACME, "scaidrive") == []


async def test_what_is_shown_of_a_closed_period_is_what_billing_counts(backend, clock):
    await store_world(backend, usage={"api_calls": FREE_THEN_CHEAPER})
    await send(backend, an_event("e1", "222.25"))
    clock.set(ENDS + DAY)
    window = usage.UsageWindow("row", ACME, SCAIDRIVE, "api_calls", STARTED, ENDS)
    closed = (await backend.ask(petra, usage.closed_usage, [window]))[window]
    shown = await backend.ask(alice, usage.by_service, ACME, "scaidrive", begins=STARTED)
    calls = next(use for use in shown if use.metric_slug == "api_calls")
    assert (closed.quantity, usage.rate(closed.quantity, FREE_THEN_CHEAPER).amount_cents) == (
        calls.used, calls.cost_cents,
    )  # fmt: skip
    assert calls.forecast is None


async def test_a_running_period_says_what_it_is_likely_to_cost(backend, clock):
    await store_world(backend, usage={"api_calls": FREE_THEN_CHEAPER})
    clock.set(datetime(2026, 1, 13, 12, tzinfo=UTC))
    days = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in range(4, 13)]
    await send(backend, *(an_event(f"e{at.day}", 7, at=at) for at in days))
    await usage.aggregate(backend)
    calls = next(use for use in await backend.ask(alice, usage.summary, ACME) if use.metric_slug == "api_calls")
    assert calls.forecast is not None
    # 63 so far, 7 a day for the 21 days and 2 h 20 m 30 s that are left.
    assert calls.forecast.likely == Decimal("210.682986")
    assert (calls.forecast.low, calls.forecast.high) == (calls.forecast.likely, calls.forecast.likely)
    assert (calls.cost_cents, calls.forecast.likely_cents) == (0, 1053)
