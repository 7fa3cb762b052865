"""A change of interval: a period of its own at its own price, the unused days given back, nobody else held up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import pytest_asyncio
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.services import billing, subscriptions
from scaicontrol.services.billing.models import BillingCharge, QuarantineItem
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.subscriptions.models import SubscriptionPeriod
from tests.factories import ACME, NORTHWIND, ada, alice, petra
from tests.factories.catalog import store_plan
from tests.factories.partners import configured
from tests.factories.subscriptions import CLOCK, periods, show, subscribed

DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """Northwind prorates by day; `grand` is 9,900.00 a year, `plain` 199.00 and `small` 9.99 a month."""
    await configured(backend, proration="day")
    for slug, cents, every in (
        ("grand", 990_000, "yearly"), ("plain", 19_900, "monthly"), ("small", 999, "monthly"),
        ("season", 4_500, "quarterly"), ("annual", 11_988, "yearly"),
    ):  # fmt: skip
        await store_plan(backend, slug, base_price_cents=cents, billing_period=every)
    return backend


async def rows(backend, entity, *conditions):
    async def read(uow):
        return list(await uow.session.scalars(select(entity).where(*conditions).order_by(entity.created_at)))

    return await backend.ask(ada, read)


async def billed(backend, clock):
    """Plan and apply what is due now, and check that the preview had said the same."""
    shown = await backend.ask(petra, billing.preview, ACME, clock.now())
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    before = {invoice.id for invoice in await rows(backend, Invoice)}
    done = await billing.apply(backend, petra, run.id, str(run.plan_hash))
    written = [invoice for invoice in await rows(backend, Invoice) if invoice.id not in before]
    assert [(item.detail) for item in await rows(backend, QuarantineItem) if item.resolved_at is None] == []
    invoiced = sum(i.total_cents for i in written if i.document_type == DocumentType.invoice)
    credited = -sum(i.total_cents for i in written if i.document_type == DocumentType.credit_note)
    assert (invoiced, credited) == (
        sum(document.total_cents for document in shown.documents),
        sum(document.credited_cents for document in shown.documents),
    )
    return done


async def settled(backend):
    """Sum up, net, what the customer was charged and given back by documents with a number."""
    return sum(invoice.subtotal_cents for invoice in await rows(backend, Invoice, Invoice.number.is_not(None)))


async def test_a_credit_larger_than_the_charges_blocks_nobody_and_its_rest_is_a_credit_note(backend, clock):
    """9,900.00 a year, 281 of 365 days left, to 199.00 a month; the customer also buys another service."""
    grand = await subscribed(backend, "scaidrive.grand")
    await billed(backend, clock)
    clock.advance(84 * DAY)
    shown = await backend.ask(alice, subscriptions.preview_change, grand.id, plan="scaidrive.plain")
    assert (shown.remaining_days, shown.credit_cents, shown.charge_cents) == (281, 762_164, 19_900)
    assert (shown.restarts, shown.rest_cents, shown.rest_goes_to) == (True, 742_264, "credit_note")
    await backend.perform(alice, subscriptions.change_plan, grand.id, plan="scaidrive.plain", plan_hash=shown.plan_hash)
    done = await billed(backend, clock)
    assert (done.status, await rows(backend, QuarantineItem)) == ("applied", [])
    (note,) = await rows(backend, Invoice, Invoice.document_type == DocumentType.credit_note)
    assert (note.subtotal_cents, note.tax_cents) == (-742_264, -155_875)
    assert await settled(backend) == 990_000 - 762_164 + 19_900


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("first", "then", "days", "net"),
    [
        ("annual", "small", 0, 999),  # 121.88 was charged for a month of 9.99
        ("annual", "small", 1, 11_988 - 11_955 + 999),
        ("annual", "small", 364, 11_988 - 33 + 999),
        ("annual", "season", 100, 11_988 - 8_704 + 4_500),
        ("season", "small", 10, 4_500 - 4_000 + 999),
        ("season", "annual", 89, 4_500 - 50 + 11_988),
        ("small", "annual", 0, 11_988),
        ("small", "annual", 30, 999 - 32 + 11_988),
        ("small", "season", 15, 999 - 516 + 4_500),
        ("grand", "small", 0, 999),
        ("grand", "plain", 200, 990_000 - 447_534 + 19_900),
        ("plain", "annual", 12, 19_900 - 12_197 + 11_988),
    ],
)
@pytest.mark.parametrize("is_billed_before", [True, False])
async def test_a_new_interval_costs_its_own_price_and_the_unused_days_go_back(
    backend, clock, first, then, days, net, is_billed_before
):
    subscription = await subscribed(backend, f"scaidrive.{first}")
    if is_billed_before:
        await billed(backend, clock)
    clock.advance(days * DAY)
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan=f"scaidrive.{then}")
    done = await billed(backend, clock)
    assert (done.status, await settled(backend)) == ("applied", net)
    now = await show(backend, subscription.id)
    assert (now.plan_key, now.anchor_day, now.pending_plan_id) == (f"scaidrive.{then}", clock.now().day, None)
    spans = await periods(backend, subscription.id)
    assert all(one.period_end == following.period_start for one, following in pairwise(spans))
    assert spans[-1].period_end == now.current_period_end


async def test_back_and_forth_on_one_day_costs_what_stays(backend, clock):
    subscription = await subscribed(backend, "scaidrive.annual")
    await billed(backend, clock)
    for plan in ("small", "season", "annual", "small"):
        await backend.perform(alice, subscriptions.change_plan, subscription.id, plan=f"scaidrive.{plan}")
        if plan == "season":
            await billed(backend, clock)
    await billed(backend, clock)
    assert await settled(backend) == 999
    assert len(await periods(backend, subscription.id)) == 1
    assert len({(row.charge_kind, row.period_start) for row in await rows(backend, BillingCharge)}) == len(
        await rows(backend, BillingCharge)
    )


async def test_at_the_end_of_the_period_nothing_is_given_back_and_the_new_interval_begins_there(backend, clock):
    subscription = await subscribed(backend, "scaidrive.annual")
    await billed(backend, clock)
    clock.advance(100 * DAY)
    shown = await backend.ask(
        alice, subscriptions.preview_change, subscription.id, plan="scaidrive.small", when="period_end"
    )
    assert (shown.credit_cents, shown.charge_cents, shown.price_from) == (0, 0, subscription.current_period_end)
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.small", when="period_end")
    waiting = await show(backend, subscription.id)
    assert (waiting.plan_key, waiting.pending_plan_key, waiting.mrr_amount_cents) == (
        "scaidrive.annual", "scaidrive.small", 999,
    )  # fmt: skip
    assert subscription.current_period_end is not None
    clock.set(subscription.current_period_end + timedelta(hours=1))
    await backend.perform(CLOCK, subscriptions.renew)
    await billed(backend, clock)
    now = await show(backend, subscription.id)
    assert (now.plan_key, now.pending_plan_id, await settled(backend)) == ("scaidrive.small", None, 11_988 + 999)


async def test_what_waits_is_given_up_by_choosing_what_one_has(backend, clock):
    subscription = await subscribed(backend, "scaidrive.annual")
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.small", when="period_end")
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.annual", when="period_end")
    assert (await show(backend, subscription.id)).pending_plan_id is None
    with pytest.raises(Refused, match="Nothing to change"):
        await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.annual")


async def test_a_fixed_term_says_what_leaving_costs(backend, clock):
    await store_plan(backend, "bound", base_price_cents=2_000, term_months=12)
    bound = await subscribed(backend, "scaidrive.bound")
    clock.advance(40 * DAY)
    with pytest.raises(Refused, match=r"term ends on 14 January 2027.*staying until then costs 200\.00 EUR more"):
        await backend.ask(alice, subscriptions.preview_change, bound.id, plan="scaidrive.small")
    with pytest.raises(Refused, match="before which it cannot cost less"):
        await backend.perform(alice, subscriptions.change_plan, bound.id, plan="scaidrive.annual")
    await backend.perform(alice, subscriptions.change_plan, bound.id, quantity=2)
    agreed = subscriptions.Override("Agreed by phone.", plan="pln_small")
    await backend.perform(petra, subscriptions.override, bound.id, agreed)
    assert (await show(backend, bound.id)).plan_key == "scaidrive.small"


async def test_a_credit_whose_invoice_is_a_draft_waits_alone_until_it_is_final(backend, clock):
    grand = await subscribed(backend, "scaidrive.grand")
    await billed(backend, clock)

    async def undo(uow):  # as if nobody had finalized what charged it
        for charge in await uow.session.scalars(select(BillingCharge)):
            charge.invoice_id = None

    await backend.perform(ada, undo)
    await backend.perform(alice, subscriptions.change_plan, grand.id, plan="scaidrive.plain")
    clock.advance(DAY)
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    await billing.apply(backend, petra, run.id, str(run.plan_hash))
    (item,) = await rows(backend, QuarantineItem)
    assert (item.reason_code, item.charge_kind, item.inputs["credit_cents"]) == (
        "credit_exceeds_charges", "proration", 990_000,
    )  # fmt: skip


async def test_only_the_days_of_a_period_are_its_own(backend, clock):
    subscription = await subscribed(backend, "scaidrive.small")
    clock.advance(10 * DAY)
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.annual")
    old, new = await rows(backend, SubscriptionPeriod)
    assert (old.usage_until, old.usage_due_at, new.usage_from) == (new.period_start,) * 3


@pytest.mark.by_turns
@pytest.mark.parametrize("hour", [0, 1, 5, 9, 12, 22])
@pytest.mark.parametrize("first", ["annual", "season"])
async def test_what_is_given_back_falls_due_with_the_period_that_took_its_place(backend, clock, first, hour):
    """On an invoice day the run bills what fell due by the day's beginning: both, or neither."""
    clock.set(datetime(2026, 1, 9, 12, tzinfo=UTC))
    subscription = await subscribed(backend, f"scaidrive.{first}")
    await billed(backend, clock)
    before = await settled(backend)
    clock.set(datetime(2026, 2, 1, hour, tzinfo=UTC))
    await billing.generate(backend)
    shown = await backend.ask(alice, subscriptions.preview_change, subscription.id, plan="scaidrive.small")
    await backend.perform(alice, subscriptions.change_plan, subscription.id, plan="scaidrive.small")
    for moment in (datetime(2026, 2, 1, 23, tzinfo=UTC), datetime(2026, 2, 2, 23, tzinfo=UTC)):
        clock.set(moment)
        await billing.generate(backend)
        costs = await settled(backend) - before
        assert costs in (0, shown.charge_cents - shown.credit_cents), costs
