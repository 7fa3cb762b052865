"""A run writes exactly what was shown, once, whatever happens in between."""

import asyncio
from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy import delete, select, update

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import billing, invoices, subscriptions
from scaicontrol.services.billing.models import BillingCharge, BillingRun, PlannedDocument, QuarantineItem
from scaicontrol.services.billing.service import apply as applying
from scaicontrol.services.billing.service import monthly
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import InvoicePatch
from scaicontrol.services.subscriptions.models import SubscriptionPeriod
from scaicontrol.services.tenants.models import BillingProfile
from tests.factories import ACME, GLOBEX, NORTHWIND, ada, alice, gina, petra
from tests.factories.cuts import answered_at_last
from tests.factories.subscriptions import CLOCK, subscribed
from tests.factories.tenants import a_billing_profile


async def rows(backend, entity, *conditions):
    async def read(uow):
        return list(await uow.session.scalars(select(entity).where(*conditions).order_by(entity.created_at)))

    return await backend.ask(ada, read)


async def change(backend, statement):
    async def write(uow):
        await uow.session.execute(statement)

    await backend.perform(ada, write)


async def planned(backend, clock):
    return await billing.plan(backend, petra, NORTHWIND, clock.now())


async def applied(backend, run):
    return await billing.apply(backend, petra, run.id, run.plan_hash)


async def test_a_plan_writes_no_invoice_and_its_apply_writes_what_it_showed(backend, clock):
    await subscribed(backend)
    await subscribed(backend, "scaidrive.team", actor=gina, quantity=2)
    run = await planned(backend, clock)
    assert (run.status, run.documents, run.totals) == (
        "planned",
        2,
        {"EUR": {"subtotal_cents": 7000, "tax_cents": 1470}},
    )
    assert await rows(backend, Invoice) == []
    done = await applied(backend, run)
    assert done.status == "applied"
    written = await rows(backend, Invoice)
    assert {(i.tenant_id, i.status, i.subtotal_cents, i.billing_run_id) for i in written} == {
        (ACME, "finalized", 1000, run.id),
        (GLOBEX, "finalized", 6000, run.id),
    }
    assert {(c.charge_kind, c.amount_cents) for c in await rows(backend, BillingCharge)} == {
        ("base", 1000),
        ("base", 6000),
    }


async def test_two_runs_bill_nothing_twice(backend, clock):
    await subscribed(backend)
    await applied(backend, await planned(backend, clock))
    again = await planned(backend, clock)
    assert (again.documents, again.zeros, again.quarantined) == (0, 0, 0)
    assert (await applied(backend, again)).status == "applied"
    assert len(await rows(backend, Invoice)) == 1


async def test_applying_needs_the_hash_that_was_shown_and_an_applied_run_is_done(backend, clock):
    await subscribed(backend)
    run = await planned(backend, clock)
    with pytest.raises(Conflict, match="look at it again"):
        await billing.apply(backend, petra, run.id, "another")
    await applied(backend, run)
    with pytest.raises(Refused, match="is applied, which allows nothing"):
        await applied(backend, run)


async def test_the_same_due_gives_the_same_hash(backend, clock):
    await subscribed(backend)
    first = await planned(backend, clock)
    assert (await planned(backend, clock)).plan_hash == first.plan_hash


async def test_a_subject_that_changed_after_the_plan_is_set_aside_and_the_rest_is_billed(backend, clock):
    await subscribed(backend)
    await subscribed(backend, "scaidrive.team", actor=gina)
    run = await planned(backend, clock)
    await change(backend, update(SubscriptionPeriod).where(SubscriptionPeriod.tenant_id == ACME).values(quantity=3))
    done = await applied(backend, run)
    assert done.status == "partially_applied"
    assert [invoice.tenant_id for invoice in await rows(backend, Invoice)] == [GLOBEX]
    (item,) = await rows(backend, QuarantineItem)
    assert (item.tenant_id, item.reason_code) == (ACME, "input_changed")
    assert "shown 1210 EUR, it would now be 3630" in item.detail
    later = await applied(backend, await planned(backend, clock))
    assert later.status == "applied"
    assert {invoice.subtotal_cents for invoice in await rows(backend, Invoice)} == {3000}


async def test_an_apply_that_died_goes_on_without_doubling_or_forgetting(backend, clock, monkeypatch):
    for actor in (alice, gina):
        await subscribed(backend, actor=actor)
    run = await planned(backend, clock)

    async def die(*_):
        raise ConnectionError("the process is gone")

    # The first document is written, and the process dies before it is finalised.
    with monkeypatch.context() as patch:
        patch.setattr(applying, "finalize_if_wished", die)
        with pytest.raises(ConnectionError):
            await applied(backend, run)
    assert {invoice.status for invoice in await rows(backend, Invoice)} == {"draft"}
    assert (await rows(backend, BillingRun))[0].status == "applying"
    done = await applied(backend, run)
    assert done.status == "applied"
    assert [invoice.status for invoice in await rows(backend, Invoice)] == ["finalized", "finalized"]
    assert len(await rows(backend, BillingCharge)) == 2


async def test_a_run_that_loses_its_connection_behind_every_commit_is_planned_and_applied_once(backend, clock):
    for actor in (alice, gina):
        await subscribed(backend, actor=actor)
    run, tries = await answered_at_last(
        backend, petra, "plan", lambda stage: billing.plan(stage, petra, NORTHWIND, clock.now()), count()
    )
    assert (run.status, run.documents, tries > 2) == ("planned", 2, True)
    done, tries = await answered_at_last(
        backend, petra, "apply", lambda stage: billing.apply(stage, petra, run.id, run.plan_hash), count()
    )
    assert (done.status, tries > 3) == ("applied", True)  # documents are written side by side: one break may stop two
    assert [invoice.status for invoice in await rows(backend, Invoice)] == ["finalized", "finalized"]
    assert len(await rows(backend, BillingCharge)) == 2
    clock.advance(timedelta(minutes=16))
    left = sum(each.status == "computing" for each in await rows(backend, BillingRun))
    assert await backend.perform(CLOCK, monthly.give_up_dead) == left


async def test_a_draft_somebody_edited_is_not_finalised_by_a_resumed_run(backend, clock, monkeypatch):
    await subscribed(backend)
    run = await planned(backend, clock)

    async def die(*_):
        raise ConnectionError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(applying, "finalize_if_wished", die)
        with pytest.raises(ConnectionError):
            await applied(backend, run)
    (draft,) = await rows(backend, Invoice)
    await backend.perform(petra, invoices.update, draft.id, InvoicePatch(notes="Look again.", version=1))
    await applied(backend, run)
    assert [invoice.status for invoice in await rows(backend, Invoice)] == ["draft"]


async def test_two_processes_may_apply_one_run_at_once(backend, clock):
    for actor in (alice, gina):
        await subscribed(backend, actor=actor)
    run = await planned(backend, clock)
    await asyncio.gather(applied(backend, run), applied(backend, run))
    assert [invoice.status for invoice in await rows(backend, Invoice)] == ["finalized", "finalized"]
    assert (await rows(backend, BillingRun))[0].status == "applied"


async def test_a_run_and_a_first_invoice_at_once_charge_once(backend, clock):
    subscription = await subscribed(backend)
    run = await planned(backend, clock)
    await asyncio.gather(applied(backend, run), billing.bill_subscription(backend, CLOCK, subscription.id))
    assert len(await rows(backend, BillingCharge)) == 1
    assert [invoice.status for invoice in await rows(backend, Invoice)] == ["finalized"]


async def test_a_run_that_looks_ahead_is_never_applied(backend, clock):
    await subscribed(backend)
    run = await billing.plan(backend, petra, NORTHWIND, clock.now() + timedelta(days=40))
    with pytest.raises(Refused, match="looks ahead"):
        await applied(backend, run)


async def test_a_tenant_without_a_profile_waits_in_quarantine_until_it_has_one(backend, clock):
    await subscribed(backend)
    await change(backend, delete(BillingProfile).where(BillingProfile.tenant_id == ACME))
    for _ in range(2):
        run = await planned(backend, clock)
        await applied(backend, run)
    (item,) = await rows(backend, QuarantineItem)
    assert (item.reason_code, item.charge_kind, item.run_id, run.quarantined) == (
        "no_billing_profile",
        "base",
        run.id,
        1,
    )

    async def save(uow):
        uow.session.add(a_billing_profile())

    await backend.perform(ada, save)
    await applied(backend, await planned(backend, clock))
    (item,) = await rows(backend, QuarantineItem)
    assert (item.resolution, item.resolution_reason) == ("retry", "It has been charged.")
    assert [invoice.subtotal_cents for invoice in await rows(backend, Invoice)] == [1000]


@pytest.mark.parametrize("resolution", ["waive", "manual"])
async def test_a_waived_charge_is_never_asked_for_again(backend, clock, resolution):
    await subscribed(backend)
    await change(backend, delete(BillingProfile).where(BillingProfile.tenant_id == ACME))
    await planned(backend, clock)
    (item,) = await rows(backend, QuarantineItem)
    await backend.perform(petra, billing.resolve, item.id, resolution, "A gift.")
    assert (await planned(backend, clock)).quarantined == 0
    (charge,) = await rows(backend, BillingCharge)
    assert (charge.amount_cents, charge.waived_reason, charge.invoice_id) == (0, "A gift.", None)
    with pytest.raises(Refused, match="was resolved as"):
        await backend.perform(petra, billing.resolve, item.id, "retry", "No.")


async def test_retry_leaves_the_charge_due(backend, clock):
    await subscribed(backend)
    await change(backend, delete(BillingProfile).where(BillingProfile.tenant_id == ACME))
    await planned(backend, clock)
    (item,) = await rows(backend, QuarantineItem)
    await backend.perform(petra, billing.resolve, item.id, "retry", "They will save one.")
    assert (await planned(backend, clock)).quarantined == 1
    page = await backend.ask(petra, billing.page_quarantine, PageRequest(), is_open=True)
    assert page.total == 1


async def test_a_preview_of_a_coming_date_shows_the_periods_to_come_and_stores_nothing(backend, clock):
    await subscribed(backend)
    shown = await backend.ask(petra, billing.preview, ACME, clock.now() + timedelta(days=65))
    (document,) = shown.documents
    assert [(line.amount_cents, line.period.start.month) for line in document.lines] == [
        (1000, 1),
        (1000, 2),
        (1000, 3),
    ]
    assert await rows(backend, BillingRun) == []
    assert await rows(backend, PlannedDocument) == []


async def test_a_tenant_sees_what_its_next_invoice_would_hold(backend):
    await subscribed(backend)
    coming = await backend.ask(alice, billing.upcoming, ACME)
    (document,) = coming.documents
    assert coming.day == date(2026, 2, 1)
    assert [(line.amount_cents, line.period.start.month) for line in document.lines] == [(1000, 1)]


async def test_runs_are_compared_by_document(backend, clock):
    await subscribed(backend)
    first = await planned(backend, clock)
    await applied(backend, first)
    clock.advance(timedelta(days=31))
    await backend.perform(CLOCK, subscriptions.renew)
    await subscribed(backend, "scaidrive.team", actor=gina)
    second = await planned(backend, clock)
    (found,) = await backend.ask(petra, billing.compare, second.id)
    assert (found.key, found.kind, found.total_cents) == (f"{GLOBEX}:EUR", "new", 3630)
    assert found.previous_total_cents is None


async def test_the_first_invoice_follows_activation_and_conversion_and_comes_once(backend, clock):
    paid = await subscribed(backend)
    trial = await subscribed(backend, "scaidrive.tested", actor=gina)
    for subscription in (paid, trial, paid):
        await billing.bill_subscription(backend, CLOCK, subscription.id)
    assert [invoice.tenant_id for invoice in await rows(backend, Invoice)] == [ACME]
    await backend.perform(gina, subscriptions.convert, trial.id)
    await billing.bill_subscription(backend, CLOCK, trial.id)
    assert {(i.tenant_id, i.status, i.subtotal_cents) for i in await rows(backend, Invoice)} == {
        (ACME, "finalized", 1000),
        (GLOBEX, "finalized", 2000),
    }


async def test_a_first_invoice_whose_process_died_is_finalised_by_the_next_try(backend, clock, monkeypatch):
    subscription = await subscribed(backend)

    async def die(*_):
        raise ConnectionError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr("scaicontrol.services.billing.service.now.finalize_if_wished", die)
        with pytest.raises(ConnectionError):
            await billing.bill_subscription(backend, CLOCK, subscription.id)
    await billing.bill_subscription(backend, CLOCK, subscription.id)
    assert [invoice.status for invoice in await rows(backend, Invoice)] == ["finalized"]


async def test_the_generator_bills_each_invoice_day_once_and_catches_up(backend, clock):
    await subscribed(backend)
    assert await billing.generate(backend) == 2  # both partners, the day already past
    assert await billing.generate(backend) == 0
    clock.advance(timedelta(days=80))
    while (await backend.perform(CLOCK, subscriptions.renew)) > 0:
        pass
    assert await billing.generate(backend) == 2
    assert await billing.generate(backend) == 0
    base = [charge.period_start.month for charge in await rows(backend, BillingCharge) if charge.charge_kind == "base"]
    assert sorted(base) == [1, 2, 3]


async def test_a_day_whose_run_was_only_planned_is_billed_after_all(backend, clock, monkeypatch):
    await subscribed(backend)
    clock.advance(timedelta(days=20))

    async def die(*_):
        raise ConnectionError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(monthly, "apply", die)
        with pytest.raises(ConnectionError):
            await billing.generate(backend)
    assert await billing.generate(backend) == 2
    assert len(await rows(backend, Invoice)) == 1
    assert {run.status for run in await rows(backend, BillingRun)} == {"stale", "applied"}


async def test_a_run_whose_process_died_while_it_computed_is_closed_and_says_why(backend, clock, monkeypatch):
    await subscribed(backend)

    async def die(*_):
        raise ConnectionError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr("scaicontrol.services.billing.service.plan._plan_chunk", die)
        with pytest.raises(ConnectionError):
            await billing.plan(backend, petra, NORTHWIND, clock.now() + timedelta(days=60))
    assert [run.status for run in await rows(backend, BillingRun)] == ["computing"]
    clock.advance(timedelta(minutes=14))
    await billing.generate(backend)
    assert "computing" in {run.status for run in await rows(backend, BillingRun)}  # it may be at it still
    clock.advance(timedelta(hours=1))
    await billing.generate(backend)
    (dead,) = [run for run in await rows(backend, BillingRun) if run.status == "failed"]
    assert "plan it again" in dead.failure


async def test_an_operators_look_ahead_does_not_skip_a_day(backend, clock):
    await billing.generate(backend)
    await subscribed(backend)
    ahead = await billing.plan(backend, petra, NORTHWIND, clock.now() + timedelta(days=60))
    await backend.perform(petra, billing.discard, ahead.id)
    clock.advance(timedelta(days=20))
    assert await billing.generate(backend) == 2
    assert len(await rows(backend, Invoice)) == 1


async def test_an_apply_that_dies_leaves_nobody_writing(backend, clock, monkeypatch):
    for actor in (alice, gina):
        await subscribed(backend, actor=actor)
    run = await planned(backend, clock)
    begun = []

    async def die(*arguments):
        begun.append(arguments[-1])
        raise ConnectionError("the database is gone")

    with monkeypatch.context() as patch:
        patch.setattr("scaicontrol.services.billing.service.apply._written", die)
        with pytest.raises(ConnectionError):
            await applied(backend, run)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert [task for task in others if "side_by_side" in repr(task)] == []
    await applied(backend, run)
    assert len(await rows(backend, Invoice)) == 2
