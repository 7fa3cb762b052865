import asyncio
from datetime import timedelta

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Conflict, Invalid, Refused
from scaicontrol.services import credits, documents, invoices
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.schemas import CreditIn, MarkPaidIn
from tests.factories import ACME, petra
from tests.factories.changes import agreed
from tests.factories.invoices import a_draft, a_line, again, finalized, rendered, sent

from .test_finalize import facts

AGER = Actor.system("invoice_overdue")


async def pay(backend, invoice, cents, payment_id="pay_1"):
    return await backend.perform(
        petra, invoices.record_payment, invoice.id, payment_id=payment_id, amount_cents=cents,
        paid_at=backend.clock.now(),
    )  # fmt: skip


async def test_parts_are_kept_until_the_whole_is_paid(backend):
    invoice = await sent(backend, a_line(1000))
    await pay(backend, invoice, 1000)
    halfway = await again(backend, invoice)
    assert (halfway.status, halfway.amount_due_cents) == (InvoiceStatus.sent, 210)
    settled = await pay(backend, invoice, 300, "pay_2")
    assert (settled.applied_cents, settled.unapplied_cents) == (210, 90)
    done = await again(backend, invoice)
    assert (done.status, done.settlement, done.amount_paid_cents) == (InvoiceStatus.paid, "payment", 1210)
    paid = dict(await facts(backend, invoice.id))["invoice.paid"]
    assert (paid["payment_id"], paid["settlement"], paid["total_cents"]) == ("pay_2", "payment", 1210)


async def test_the_same_payment_counts_once(backend):
    invoice = await finalized(backend, a_line(1000))
    await pay(backend, invoice, 100)
    again_paid = await pay(backend, invoice, 100)
    assert (again_paid.applied_cents, (await again(backend, invoice)).amount_due_cents) == (100, 1110)


async def test_payments_at_once_all_count_and_never_exceed_what_is_due(backend):
    invoice = await finalized(backend, a_line(1000))
    settled = await asyncio.gather(*(pay(backend, invoice, 300, f"pay_{n}") for n in range(6)))
    assert sum(each.applied_cents for each in settled) == 1210
    assert sum(each.unapplied_cents for each in settled) == 6 * 300 - 1210
    assert (await again(backend, invoice)).status == InvoiceStatus.paid


async def test_money_for_a_void_invoice_is_all_left_over(backend):
    invoice = await finalized(backend)
    await agreed(backend, petra, invoices.void, invoice.id, "Wrong customer")
    assert (await pay(backend, invoice, 500)).unapplied_cents == 500


async def test_a_person_records_a_bank_transfer_and_what_is_too_much_of_it_becomes_a_credit(backend, clock):
    invoice = await finalized(backend, a_line(1000))
    data = MarkPaidIn(amount_cents=1211, paid_at=clock.now(), reference="ABN 1", method="sepa")
    booked = await backend.perform(petra, invoices.mark_paid, invoice.id, data)
    assert (booked.amount_cents, booked.unapplied_cents) == (1210, 1)
    assert (await again(backend, invoice)).settlement == "manual"
    assert [each.available_cents for each in await backend.ask(petra, credits.balances, ACME)] == [1]


async def test_all_that_is_due_is_recorded_where_no_amount_is_named_and_nothing_where_nothing_is(backend, clock):
    invoice = await finalized(backend, a_line(1000))
    data = MarkPaidIn(paid_at=clock.now(), reference="ABN 1", method="sepa")
    assert (await backend.perform(petra, invoices.mark_paid, invoice.id, data)).amount_cents == 1210
    with pytest.raises(Refused, match="nothing is due; say how much came"):
        await backend.perform(petra, invoices.mark_paid, invoice.id, data)


async def test_money_that_moves_tomorrow_is_not_recorded_today(backend, clock):
    invoice = await finalized(backend, a_line(1000))
    data = MarkPaidIn(paid_at=clock.now() + timedelta(days=3), reference="ABN 1", method="sepa")
    with pytest.raises(Invalid, match="is yet to come"):
        await backend.perform(petra, invoices.mark_paid, invoice.id, data)
    assert (await again(backend, invoice)).amount_paid_cents == 0


async def test_sent_invoices_age_after_their_days_of_grace(backend, clock):
    late, early = await sent(backend), await finalized(backend)
    clock.set(clock.now() + timedelta(days=17))  # due on the 29th, three days of grace: the last one is today
    assert await backend.perform(AGER, invoices.mark_overdue) == 0
    clock.advance(timedelta(days=1))
    assert await backend.perform(AGER, invoices.mark_overdue) == 1
    assert await backend.perform(AGER, invoices.mark_overdue) == 0
    assert (await again(backend, late)).status == InvoiceStatus.past_due
    assert (await again(backend, early)).status == InvoiceStatus.finalized
    fact = dict(await facts(backend, late.id))["invoice.past_due"]
    assert (fact["cause"], fact["amount_due_cents"]) == ("due_date_passed", 2299)


async def test_a_failed_charge_makes_only_a_sent_invoice_past_due(backend):
    unsent, delivered = await finalized(backend), await sent(backend)
    assert not await backend.perform(AGER, invoices.mark_past_due, unsent.id)
    assert await backend.perform(AGER, invoices.mark_past_due, delivered.id)
    assert (await again(backend, delivered)).past_due_since == backend.clock.now()


async def test_voiding_keeps_the_number_and_marks_the_paper(backend, ports):
    invoice = await rendered(backend)
    await agreed(backend, petra, invoices.void, invoice.id, "Wrong customer")
    assert await documents.render_due(backend, Actor.system("render")) == 1
    stored = await again(backend, invoice)
    assert (stored.status, stored.number, stored.amount_due_cents) == (InvoiceStatus.void, "SCAI-2026-000001", 0)
    pages = ports.renderer.rendered
    assert "watermark" in pages[-1]
    assert pages[-1] != pages[0]


async def test_what_was_paid_or_credited_is_not_voided(backend):
    paid, credited = await finalized(backend, a_line(1000)), await finalized(backend, a_line(1000))
    await pay(backend, paid, 100)
    note = await backend.perform(petra, invoices.draft_credit, credited.id, CreditIn(reason="Outage"))
    for invoice, why in ((paid, "was paid"), (credited, "corrects it")):
        with pytest.raises(Conflict, match=why):
            await backend.perform(petra, invoices.void, invoice.id, "Oops")
    await backend.perform(petra, invoices.void, note.id, "Not after all")
    await agreed(backend, petra, invoices.void, credited.id, "Oops")


async def test_a_voided_draft_has_no_number_and_needs_none(backend):
    draft = await a_draft(backend)
    voided = await backend.perform(petra, invoices.void, draft.id, "Not needed")
    assert (voided.status, voided.number) == (InvoiceStatus.void, None)
    assert (await finalized(backend)).number == "SCAI-2026-000001"
