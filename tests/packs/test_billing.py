"""A pack is charged once a period, by one line that allocates it to its services; use is charged as ever."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from scaicontrol.services import billing, explanations, invoices, packs, payments, usage
from scaicontrol.services.billing.models import BillingCharge, QuarantineItem
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.subscriptions.models import SubscriptionPeriod
from scaicontrol.services.tenants.models import BillingProfile
from tasks import timetravel
from tests.factories import ACME, NORTHWIND, ada, alice, petra, scaidrive
from tests.factories.catalog import store_plan
from tests.factories.packs import children, ends, held, packed, sold
from tests.factories.payments import faulty_sandbox, store_card
from tests.factories.tenants import a_billing_profile

DAY = timedelta(days=1)


async def documents(backend):
    async def read(uow):
        query = invoices.visible(uow).options(selectinload(Invoice.lines))
        return list(await uow.session.scalars(query.order_by(Invoice.created_at, Invoice.id)))

    return await backend.ask(ada, read)


async def charges(backend):
    async def read(uow):
        return [
            (row.charge_kind, row.subject_id[:3], row.amount_cents)
            for row in await uow.session.scalars(select(BillingCharge).order_by(BillingCharge.period_start))
        ]

    return await backend.ask(ada, read)


async def test_the_first_invoice_has_one_line_for_the_pack(backend):
    await sold(backend)
    row = await packed(backend)
    await timetravel.settle(backend)
    [invoice] = await documents(backend)
    [line] = invoice.lines
    assert (line.description, line.amount_cents) == ("Office (Scaidrive Pro, ScaiCRM Contacts)", 2500)
    assert (line.pack_subscription_id, line.subscription_id) == (row.id, None)
    parts = [(part["plan"], part["amount_cents"]) for part in line.derivation["allocation"]]
    assert parts == [("scaidrive.pro", 833), ("scaicrm.contacts", 1667)]
    assert invoice.subtotal_cents == 2500
    assert await charges(backend) == [("pack", "psb", 2500)]


async def test_the_explanation_works_the_price_out_from_its_parts(backend):
    await sold(backend)
    await packed(backend)
    await timetravel.settle(backend)
    [invoice] = await documents(backend)
    told = await backend.ask(alice, explanations.explain, invoice.id)
    assert told.matches
    said = " ".join(step for part in told.parts for step in part.sentences)
    assert "Office" in said
    assert "8.33" in said
    assert "16.67" in said


async def test_a_second_look_charges_nothing_and_each_period_is_charged_once(backend, clock):
    await sold(backend)
    row = await packed(backend)
    await timetravel.settle(backend)
    again = await billing.plan(backend, petra, NORTHWIND, clock.now())
    assert again.documents == 0
    await timetravel.live(backend, clock, ends(row) + 32 * DAY, step=DAY)
    bases = [each for each in await charges(backend) if not each[0].startswith("usage")]
    assert bases == [("pack", "psb", 2500)] * 2  # none for a child


async def test_what_is_coming_up_is_what_the_renewal_charges(backend, clock):
    await sold(backend)
    row = await packed(backend)
    await timetravel.settle(backend)
    coming = await backend.ask(alice, billing.upcoming, ACME)
    [document] = coming.documents
    assert [(line.charge_kind, line.amount_cents) for line in document.lines] == [("pack", 2500)]
    await timetravel.live(backend, clock, ends(row) + 32 * DAY, step=DAY)
    assert [each.subtotal_cents for each in await documents(backend)][:2] == [2500, document.subtotal_cents]


async def test_a_trial_is_charged_when_it_becomes_paid_as_was_foreseen(backend, clock):
    await sold(backend, trial_days=14)
    faulty_sandbox(backend)
    await store_card(backend)
    await packed(backend)
    await timetravel.settle(backend)
    assert await documents(backend) == []
    coming = await backend.ask(alice, billing.upcoming, ACME)
    assert [document.subtotal_cents for document in coming.documents] == [2500]
    await timetravel.live(backend, clock, clock.now() + 15 * DAY, step=DAY)
    assert [each.subtotal_cents for each in await documents(backend)] == [2500]


async def test_use_in_a_pack_is_charged_by_its_metric(backend, clock):
    await store_plan(
        backend, "metered", base_price_cents=500,
        usage={"api_calls": [Bracket(Decimal(0), None, 2, 1, "call")]},
    )  # fmt: skip
    await sold(backend, items=[{"plan_id": "pln_metered"}, {"plan_id": "pln_contacts", "sort_order": 1}])
    row = await packed(backend)
    clock.advance(DAY)
    event = {
        "idempotency_key": "e1", "tenant_id": ACME, "metric_slug": "api_calls", "quantity": "10",
        "occurred_at": clock.now().isoformat(),
    }  # fmt: skip
    assert (await usage.submit(backend, scaidrive, [event])).accepted == 1
    clock.set(ends(row) + DAY)
    await timetravel.run_due_between(backend, ends(row), clock.now())
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    await billing.apply(backend, petra, run.id, str(run.plan_hash))
    lines = [line for each in await documents(backend) for line in each.lines if line.metric_slug]
    assert [(line.amount_cents, line.pack_subscription_id) for line in lines] == [(20, row.id)]
    assert lines[0].subscription_id in {child.id for child in await children(backend, row.id)}


async def test_a_pack_that_cannot_be_charged_waits_as_one_and_is_waived_as_one(backend, clock):
    await sold(backend)

    async def forget(uow):
        await uow.session.delete(await uow.session.get_one(BillingProfile, ACME))

    row = await packed(backend)
    await backend.perform(ada, forget)
    run = await billing.plan(backend, petra, NORTHWIND, clock.now())
    assert (run.documents, run.quarantined) == (0, 1)
    await billing.apply(backend, petra, run.id, str(run.plan_hash))

    async def items(uow):
        return list(await uow.session.scalars(select(QuarantineItem)))

    [item] = await backend.ask(ada, items)
    assert (item.subject_id, item.charge_kind) == (row.id, "pack")

    async def restore(uow):
        uow.session.add(a_billing_profile(ACME, NORTHWIND))

    await backend.perform(ada, restore)
    await backend.perform(petra, billing.resolve, item.id, "waive", "Goodwill.")

    async def due(uow):
        return list(await uow.session.scalars(select(SubscriptionPeriod.base_due_at)))

    assert set(await backend.ask(ada, due)) == {None}
    assert (await billing.plan(backend, petra, NORTHWIND, clock.now())).documents == 0


async def test_an_unpaid_invoice_of_a_pack_holds_all_of_it_and_payment_frees_all(backend, clock):
    faulty_sandbox(backend)
    provider = backend.ports.payment_providers["sandbox"]
    await store_card(backend)
    provider.declines = ["card_declined"] * 5
    await sold(backend)
    row = await packed(backend)
    await timetravel.settle(backend)
    assert await states(backend, row.id) == {"past_due"}
    await timetravel.live(backend, clock, clock.now() + 22 * DAY, step=DAY)
    assert await states(backend, row.id) == {"suspended"}
    [invoice] = await documents(backend)
    await payments.pay(backend, petra, invoice.id)
    await timetravel.settle(backend)
    assert await states(backend, row.id) == {"active"}


async def states(backend, pack_subscription_id):
    row = await held(backend, pack_subscription_id)
    return {str(row.status), *(str(child.status) for child in await children(backend, pack_subscription_id))}


async def test_a_cancelled_pack_owes_nothing_more(backend, clock):
    await sold(backend)
    row = await packed(backend)
    await timetravel.settle(backend)
    await backend.perform(alice, packs.cancel, row.id)
    await timetravel.live(backend, clock, ends(row) + 40 * DAY, step=DAY)
    assert await states(backend, row.id) == {"cancelled"}
    assert [each.subtotal_cents for each in await documents(backend)] == [2500]


@pytest.mark.parametrize("price", [0, 1])
async def test_a_pack_that_costs_nothing_or_a_cent(backend, price):
    await sold(backend, base_price_cents=price)
    await packed(backend)
    await timetravel.settle(backend)
    assert await charges(backend) == [("pack", "psb", price)]
    assert len(await documents(backend)) == price
