"""Setting up is charged once, and the use of a period is charged at least its minimum (docs/prices.md)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.services import billing, explanations, subscriptions, usage
from scaicontrol.services.billing.models import BillingCharge
from scaicontrol.services.catalog import Bracket, PriceModel
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from tests.factories import ACME, NORTHWIND, ada, alice, petra
from tests.factories.catalog import store_plan
from tests.factories.subscriptions import CLOCK, everybody_pays, subscribed
from tests.factories.usage import an_event, send

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STARTED = datetime(2026, 1, 15, 9, tzinfo=UTC)
# Midnight in Amsterdam of the fifteenth: where periods end.
MIDNIGHTS = [
    datetime(2026, 2, 14, 23, tzinfo=UTC),
    datetime(2026, 3, 14, 23, tzinfo=UTC),
    datetime(2026, 4, 14, 22, tzinfo=UTC),
]
CALLS = {"api_calls": [Bracket(Decimal(0), None, 1)]}
Lines = dict[str, int]


async def on_sale(backend: Backend, slug: str = "priced", **terms):
    await store_plan(backend, slug, **{"usage": CALLS, "setup_price_cents": 5000, "minimum_use_cents": 3000, **terms})


async def billed(backend: Backend, clock) -> Lines:
    """Let the clock's jobs come by and the next run bill; give what it charged, by the kind of charge."""
    known = set(await backend.ask(ada, _charges))
    await usage.aggregate(backend)
    await backend.perform(CLOCK, subscriptions.expire_trials, everybody_pays)
    await backend.perform(CLOCK, subscriptions.renew)
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    done = await billing.apply(backend, petra, run.id, str(run.plan_hash))
    assert (done.status, done.quarantined) == ("applied", 0)
    charges = await backend.ask(ada, _charges)
    found: Counter[str] = Counter()
    for key, (kind, cents) in charges.items():
        found[kind] += 0 if key in known else cents
    return {kind: cents for kind, cents in found.items() if cents}


async def _charges(uow) -> dict[str, tuple[str, int]]:
    rows = await uow.session.scalars(select(BillingCharge).where(BillingCharge.tenant_id == ACME))
    return {row.id: (row.charge_kind, row.amount_cents) for row in rows}


async def invoices(backend: Backend) -> list[Invoice]:
    async def read(uow):
        return list(await uow.session.scalars(select(Invoice).where(Invoice.tenant_id == ACME)))

    return await backend.ask(ada, read)


async def explained(backend: Backend) -> set[str]:
    """Explain every line of every document; each must come to the amount it was charged with."""
    said = set()
    for invoice in await invoices(backend):
        found = await backend.ask(alice, explanations.explain, invoice.id, language="en")
        assert found.matches, found
        said |= {sentence for part in found.parts for sentence in part.sentences}
    return said


async def used(backend: Backend, key: str, quantity: int, at: datetime) -> None:
    done = await send(backend, an_event(key, str(quantity), at=at))
    assert done.accepted == 1, done.rejected


async def test_the_example_of_the_documentation(backend, clock):
    await on_sale(backend)
    await subscribed(backend, "scaidrive.priced")
    assert await billed(backend, clock) == {"base": 1000, "setup": 5000}

    clock.set(MIDNIGHTS[0] - HOUR)
    await used(backend, "e1", 1000, MIDNIGHTS[0] - 2 * HOUR)
    clock.set(MIDNIGHTS[0] + 7 * HOUR)
    assert await billed(backend, clock) == {"base": 1000, "usage:api_calls": 1000, "minimum": 2000}

    clock.set(MIDNIGHTS[1] - HOUR)
    await used(backend, "e2", 4500, MIDNIGHTS[1] - 2 * HOUR)
    clock.set(MIDNIGHTS[1] + 7 * HOUR)
    assert await billed(backend, clock) == {"base": 1000, "usage:api_calls": 4500}

    clock.set(MIDNIGHTS[2] - HOUR)
    await used(backend, "e3", 500, MIDNIGHTS[2] - 2 * HOUR)
    await used(backend, "late", 500, MIDNIGHTS[1] - 3 * HOUR)
    clock.set(MIDNIGHTS[2] + 7 * HOUR)
    assert await billed(backend, clock) == {
        "base": 1000, "usage:api_calls": 500, "minimum": 2500, "correction:api_calls:1": 500,
    }  # fmt: skip
    assert sorted(invoice.subtotal_cents for invoice in await invoices(backend)) == [4000, 4500, 5500, 6000]
    said = await explained(backend)
    assert "For setting up, once: €50.00." in said
    assert "The use of this period comes to €10.00; at least €30.00 is charged, so €20.00 is added." in said


@pytest.mark.parametrize(
    ("first", "late", "found"),
    [
        (1000, [500], {}),
        (1000, [500, 2500], {"correction:api_calls:2": 3000, "minimum:2": -2000}),
        (1000, [2500], {"correction:api_calls:1": 2500, "minimum:1": -2000}),
        (4000, [-1500], {"correction:api_calls:1:1": -1500, "minimum:1": 500}),
        (4000, [-500], {"correction:api_calls:1:1": -500}),
    ],
)
async def test_what_becomes_known_later_is_held_against_the_minimum_again(backend, clock, first, late, found):
    await on_sale(backend, setup_price_cents=0)
    await subscribed(backend, "scaidrive.priced")
    clock.set(MIDNIGHTS[0] - HOUR)
    await used(backend, "e1", first, MIDNIGHTS[0] - 2 * HOUR)
    clock.set(MIDNIGHTS[0] + 7 * HOUR)
    await billed(backend, clock)
    now: Lines = {}
    for number, quantity in enumerate(late):
        clock.advance(DAY)
        corrects = {"corrects": "e1"} if quantity < 0 else {}
        at = clock.now() if quantity < 0 else MIDNIGHTS[0] - 3 * HOUR
        done = await send(backend, an_event(f"late{number}", str(quantity), at=at, **corrects))
        assert done.accepted == 1, done.rejected
        now = await billed(backend, clock)
    assert now == found
    known = sum(cents for kind, cents in (await backend.ask(ada, _charges)).values() if kind != "base")
    assert known == max(first + sum(late), 3000)
    assert await billed(backend, clock) == {}
    await explained(backend)


async def test_setting_up_is_charged_when_paying_begins_and_never_again(backend, clock):
    await on_sale(backend, "later", trial_days=14)
    subscription = await subscribed(backend, "scaidrive.later")
    assert await billed(backend, clock) == {}
    clock.advance(timedelta(days=14, hours=1))
    assert await billed(backend, clock) == {"base": 1000, "setup": 5000}
    await on_sale(backend, "other", setup_price_cents=7000)
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.other")
    clock.advance(timedelta(days=40))
    assert "setup" not in await billed(backend, clock)


async def test_the_price_that_is_quoted_names_setting_up_and_is_what_the_invoice_asks(backend, clock):
    await on_sale(backend)
    (quote,) = [
        each for each in await backend.ask(alice, billing.quotes, "scaidrive", 3) if each.plan_key == "scaidrive.priced"
    ]
    assert (quote.setup_cents, quote.net_cents) == (5000, 3 * 1000 + 5000)
    coming = await subscribed(backend, "scaidrive.priced", quantity=3)
    assert coming.quantity == 3
    await billed(backend, clock)
    (invoice,) = await invoices(backend)
    assert (invoice.subtotal_cents, invoice.total_cents) == (quote.net_cents, quote.total_cents)


async def test_a_period_that_its_term_cuts_short_has_its_part_of_the_minimum(backend, clock):
    """Four months in quarters: the second period has 30 of its 91 days. A minimum asks for no metric."""
    await on_sale(backend, setup_price_cents=0, usage={}, billing_period="quarterly", term_months=4)
    await subscribed(backend, "scaidrive.priced")
    clock.set(MIDNIGHTS[2] + 7 * HOUR)
    assert await billed(backend, clock) == {"base": 1000 + 330, "minimum": 3000}
    clock.advance(timedelta(days=31))
    assert await billed(backend, clock) == {"minimum": 989}


async def test_what_has_no_unit_price_is_one_position_that_unfolds(backend, clock):
    packages = [Bracket(Decimal(0), None, 500, 100, price_model=PriceModel.package)]
    await on_sale(backend, setup_price_cents=0, minimum_use_cents=0, usage={"api_calls": packages})
    await subscribed(backend, "scaidrive.priced")
    clock.set(MIDNIGHTS[0] - HOUR)
    await used(backend, "e1", 250, MIDNIGHTS[0] - 2 * HOUR)
    clock.set(MIDNIGHTS[0] + 7 * HOUR)
    assert (await billed(backend, clock))["usage:api_calls"] == 1500

    async def read(uow):
        return list(await uow.session.scalars(select(InvoiceLine).where(InvoiceLine.metric_slug == "api_calls")))

    (line,) = await backend.ask(ada, read)
    assert (line.quantity, line.unit_price_cents, line.amount_cents) == (1, 1500, 1500)
    assert "250 in 3 packages of 100 at €5.00 each: €15.00." in await explained(backend)
