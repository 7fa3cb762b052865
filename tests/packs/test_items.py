"""Other items of a pack come with the next period: whoever looks, whatever fails, at the price that was foreseen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.services import billing, packs, subscriptions
from scaicontrol.services.billing.models import BillingCharge
from scaicontrol.services.provisioning.service import starting
from tasks import timetravel
from tests.factories import ACME, ada, alice, petra
from tests.factories.packs import children, ends, held, office, packed, sold
from tests.factories.subscriptions import CLOCK, facts, subscribed

PERCENTAGE = {"discount_type": "percentage", "discount_percentage": "10"}
ONLY_DRIVE = {"items": [{"plan_id": "pln_pro"}]}
HOUR = timedelta(hours=1)


async def living(backend, row):
    return {child.plan_key: child for child in await children(backend, row.id) if child.status != "cancelled"}


async def grown(backend, clock, **fields):
    """Let Acme's pack of ScaiDrive alone be renewed with ScaiCRM in it, which is still to be set up."""
    pack = await sold(backend, **ONLY_DRIVE, **fields)
    row = await packed(backend)
    await timetravel.settle(backend)
    await backend.perform(ada, packs.update, pack.id, office(**fields))
    clock.set(ends(row) + HOUR)
    await backend.perform(CLOCK, packs.renew)
    added = (await living(backend, row))["scaicrm.contacts"]
    assert added.status == "pending"
    return row, added


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_public": False}, PERCENTAGE])
async def test_a_tenant_that_cancels_before_the_job_came_by_gets_other_items_of_what_it_may_not_see(
    backend, clock, fields
):
    may_cancel = Actor(alice.id, alice.kind, alice.scope, frozenset({"subscriptions:manage"}))
    pack = await sold(backend, **ONLY_DRIVE, **{k: v for k, v in fields.items() if k.startswith("discount")})
    row = await packed(backend)
    await backend.perform(ada, packs.update, pack.id, office(**fields))
    clock.set(ends(row) + HOUR)
    await backend.perform(may_cancel, packs.cancel, row.id)
    assert set(await living(backend, row)) == {"scaidrive.pro", "scaicrm.contacts"}
    assert (await held(backend, row.id)).status == "cancelling"


async def test_a_service_that_the_tenant_has_by_itself_waits_until_that_is_over(backend, clock):
    pack = await sold(backend, **ONLY_DRIVE)
    row = await packed(backend)
    single = await subscribed(backend, "scaicrm.campaigns")
    await backend.perform(ada, packs.update, pack.id, office())
    clock.set(ends(row) + HOUR)
    await backend.perform(CLOCK, packs.renew)
    assert set(await living(backend, row)) == {"scaidrive.pro"}
    await backend.perform(ada, subscriptions.cancel, single.id, immediate=True)
    clock.set(ends(await held(backend, row.id)) + HOUR)
    await backend.perform(CLOCK, packs.renew)
    assert set(await living(backend, row)) == {"scaidrive.pro", "scaicrm.contacts"}


@pytest.mark.parametrize(("fields", "price", "left"), [({}, 2500, 2500), (PERCENTAGE, 2700, 900)])
async def test_what_cannot_be_set_up_in_a_running_pack_is_not_charged(backend, clock, fields, price, left):
    row, added = await grown(backend, clock, **fields)
    assert (await held(backend, row.id)).unit_price_cents == price
    await fails(backend, added)
    row = await held(backend, row.id)
    [drive] = (await living(backend, row)).values()
    assert (str(row.status), row.unit_price_cents, drive.unit_price_cents) == ("active", left, left)
    told = (await facts(backend, "pack_subscription.changed"))[-1].payload
    assert [item["plan_key"] for item in told["items"]] == ["scaidrive.pro"]
    run = await billing.plan(backend, petra, row.partner_id, clock.now())
    await billing.apply(backend, petra, run.id, str(run.plan_hash))
    assert await charged(backend) == [900 if fields else 2500, left]


async def test_a_pack_of_which_nothing_is_left_ends(backend, clock):
    row, added = await grown(backend, clock)
    await backend.perform(ada, packs.update, row.pack_id, office(items=[{"plan_id": "pln_contacts"}]))
    clock.set(ends(await held(backend, row.id)) + HOUR)
    await backend.perform(CLOCK, packs.renew)
    await fails(backend, added)
    assert (str((await held(backend, row.id)).status), await living(backend, row)) == ("cancelled", {})


async def test_a_service_that_was_added_to_a_suspended_pack_is_suspended_once_it_is_set_up(backend, clock):
    row, added = await grown(backend, clock)
    await backend.perform(ada, packs.suspend, row.id, "It owes.")
    await backend.perform(CLOCK, starting.start, added.id)
    assert {str(child.status) for child in (await living(backend, row)).values()} == {"suspended"}
    assert {child.suspended_reason for child in (await living(backend, row)).values()} == {"It owes."}


@pytest.mark.parametrize("fields", [{}, PERCENTAGE])
async def test_the_next_invoice_is_foreseen_with_the_items_that_wait(backend, clock, fields):
    pack = await sold(backend, **fields)
    row = await packed(backend)
    await timetravel.settle(backend)
    await backend.perform(ada, packs.update, pack.id, office(items=[{"plan_id": "pln_campaigns"}], **fields))
    coming = await backend.ask(alice, billing.upcoming, ACME)
    foreseen = [(line.description, line.amount_cents) for each in coming.documents for line in each.lines]
    assert foreseen == [("Office (ScaiCRM Campaigns)", 4500 if fields else 2500)]
    clock.set(ends(row) + HOUR)
    await backend.perform(CLOCK, packs.renew)
    run = await billing.plan(backend, petra, row.partner_id, clock.now())
    await billing.apply(backend, petra, run.id, str(run.plan_hash))
    assert (await charged(backend))[-1] == foreseen[0][1]


async def test_a_service_that_comes_with_the_next_period_is_in_its_forecast(backend):
    pack = await sold(backend, **ONLY_DRIVE, **PERCENTAGE)
    await packed(backend)
    await timetravel.settle(backend)
    await backend.perform(ada, packs.update, pack.id, office(**PERCENTAGE))
    coming = await backend.ask(alice, billing.upcoming, ACME)
    [line] = [line for each in coming.documents for line in each.lines]
    assert (line.description, line.amount_cents) == ("Office (Scaidrive Pro, ScaiCRM Contacts)", 2700)


async def fails(backend, child):
    await backend.perform(CLOCK, packs.child_failed, child, "unknown tenant")


async def charged(backend):
    async def read(uow):
        rows = await uow.session.scalars(select(BillingCharge).order_by(BillingCharge.period_start))
        return [row.amount_cents for row in rows if row.charge_kind == "pack"]

    return await backend.ask(ada, read)
