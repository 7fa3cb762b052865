import asyncio
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import credits, documents, invoices, payments, tax
from scaicontrol.services.invoices import crediting
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.invoices.schemas import CreditIn, CreditLineIn, MarkPaidIn
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import ACME, NORTHWIND, ada, petra
from tests.factories.changes import agreed
from tests.factories.invoices import a_line, again, finalized, sent


async def credited(backend, invoice, *parts, finalize=True):
    lines = [CreditLineIn(line_id=line, amount_cents=cents) for line, cents in parts] or None
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(lines=lines, reason="Outage"))
    return await invoices.finalize(backend, petra, note.id) if finalize else note


async def test_a_full_credit_note_mirrors_its_invoice_and_settles_both(backend):
    invoice = await sent(backend, a_line(1000), a_line(-100))
    note = await credited(backend, invoice)
    assert note.number == "SCAI-CN-2026-000001"
    assert (note.subtotal_cents, note.tax_cents, note.total_cents) == (-900, -189, -1089)
    assert [line.amount_cents for line in note.lines] == [-1000, 100]
    assert note.buyer_snapshot == invoice.buyer_snapshot
    original, note = await again(backend, invoice), await again(backend, note)
    assert (original.status, original.settlement, original.amount_due_cents) == (InvoiceStatus.paid, "credit_note", 0)
    assert (note.status, note.amount_due_cents, original.amount_credited_cents) == (InvoiceStatus.paid, 0, 1089)


async def test_the_decision_is_inherited(backend):
    invoice = await finalized(backend)
    note = await credited(backend, invoice)
    first, own = await backend.ask(petra, tax.get, invoice.id), await backend.ask(petra, tax.get, note.id)
    assert (own.rule, own.rate, own.inputs, own.label) == (first.rule, first.rate, first.inputs, first.label)


async def test_a_partial_credit_reduces_what_is_due(backend):
    invoice = await finalized(backend, a_line(1000))
    note = await credited(backend, invoice, (invoice.lines[0].id, 400))
    assert (note.total_cents, note.lines[0].quantity) == (-484, Decimal(-1))
    assert (await again(backend, invoice)).amount_due_cents == 1210 - 484


async def test_more_than_a_line_holds_is_refused_also_in_parts_and_in_drafts(backend):
    invoice = await finalized(backend, a_line(1000))
    line = invoice.lines[0].id
    await credited(backend, invoice, (line, 600))
    await credited(backend, invoice, (line, 300), finalize=False)
    with pytest.raises(Refused, match="100 cents are left"):
        await credited(backend, invoice, (line, 101))
    await credited(backend, invoice)
    with pytest.raises(Conflict, match="all of it has been credited"):
        await credited(backend, invoice)


async def test_a_credit_after_payment_leaves_the_rest_to_be_paid_back(backend, clock):
    invoice = await finalized(backend, a_line(1000))
    paid = MarkPaidIn(paid_at=clock.now(), reference="bank", method="transfer")
    await backend.perform(petra, invoices.mark_paid, invoice.id, paid)
    note = await credited(backend, invoice)
    assert (note.status, note.amount_due_cents) == (InvoiceStatus.finalized, -1210)
    (left,) = await backend.ask(petra, credits.balances, ACME)
    assert left.available_cents == 1210
    (credit,) = (await backend.ask(petra, credits.page, PageRequest())).items
    sent_back = PayBackIn(way=PayBackWay.transfer, reference="ABN 9")
    await payments.pay_back(backend, petra, credit.id, sent_back)
    done = await again(backend, note)
    assert (done.status, done.amount_due_cents, done.settlement) == (InvoiceStatus.paid, 0, "manual")
    verdict = await backend.ask(petra, documents.verify_series, NORTHWIND, DocumentType.credit_note, 2026)
    assert verdict.intact, verdict.violations


async def given_back(backend, invoice):
    """What all finalized notes on an invoice say together: net, VAT, and net by line."""
    notes = [note for note in await backend.ask(petra, invoices.credit_notes_of, [invoice.id]) if note.is_sealed]
    return (
        sum(note.subtotal_cents for note in notes),
        sum(note.tax_cents for note in notes),
        dict(crediting.credited(notes)),
    )


async def test_two_notes_at_once_share_the_last_cent_of_vat(backend):
    invoice = await finalized(backend, a_line(3), a_line(8))
    first, second = (line.id for line in invoice.lines)
    drafts = [await credited(backend, invoice, part, finalize=False) for part in ((first, 1), (first, 2), (second, 3))]
    await asyncio.gather(*(invoices.finalize(backend, petra, note.id) for note in drafts))
    await asyncio.gather(*(credited(backend, invoice) for _ in range(2)), return_exceptions=True)
    assert await given_back(backend, invoice) == (-11, -invoice.tax_cents, {first: 3, second: 8})
    assert (await again(backend, invoice)).amount_due_cents == 0
    verdict = await backend.ask(petra, documents.verify_series, NORTHWIND, DocumentType.credit_note, 2026)
    assert verdict.intact, verdict.violations


async def test_an_amount_is_shared_over_lines_and_rates(backend):
    invoice = await finalized(backend, a_line(10_000), a_line(5000, tax_category="S", tax_rate="9.00"))
    note = await credit(backend, invoice, amount_cents=3510, basis="gross")
    assert (note.total_cents, note.subtotal_cents) == (-3510, -3000)
    net = await credit(backend, invoice, amount_cents=1500, basis="net")
    assert net.subtotal_cents == -1500
    rest = await credited(backend, invoice)
    assert note.total_cents + net.total_cents + rest.total_cents == -invoice.total_cents
    assert (await again(backend, invoice)).amount_due_cents == 0


async def credit(backend, invoice, **said):
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(**said, reason="Goodwill"))
    return await invoices.finalize(backend, petra, note.id)


async def test_an_amount_beyond_the_invoice_or_beside_lines_is_refused(backend):
    invoice = await finalized(backend, a_line(1000))
    with pytest.raises(Refused, match="1210 are left of the invoice"):
        await credit(backend, invoice, amount_cents=1211)
    with pytest.raises(ValidationError, match="either lines or an amount"):
        CreditIn(lines=[CreditLineIn(line_id="ili_1", amount_cents=1)], amount_cents=1, reason="Both")


async def test_a_note_after_a_change_of_rates_keeps_the_rate_of_its_invoice(backend):
    invoice = await finalized(backend, a_line(1000))
    new = tax.Rate("NL", Decimal(25), date(2026, 1, 10), source="a law of this test", checked_on=date(2026, 1, 10))
    await backend.perform(ada, tax.add_rate, new)
    assert (await finalized(backend, a_line(1000))).tax_cents == 250
    note = await credited(backend, invoice)
    assert (note.tax_cents, note.lines[0].tax_rate, note.tax_label) == (-210, Decimal(21), invoice.tax_label)


async def test_of_two_notes_the_later_is_voided_first(backend, clock):
    invoice = await finalized(backend, a_line(1000))
    paid = MarkPaidIn(paid_at=clock.now(), reference="bank", method="transfer")
    await backend.perform(petra, invoices.mark_paid, invoice.id, paid)
    first, second = [await credited(backend, invoice, (invoice.lines[0].id, 300)) for _ in range(2)]
    with pytest.raises(Conflict, match=f"{second.number} was computed after it"):
        await backend.perform(petra, invoices.void, first.id, "Wrong customer")
    for note in (second, first):
        await agreed(backend, petra, invoices.void, note.id, "Wrong customer")
    assert (await credited(backend, invoice)).total_cents == -1210


async def test_only_a_finalized_invoice_is_credited(backend):
    invoice = await finalized(backend, a_line(1000))
    note = await credited(backend, invoice)
    with pytest.raises(Refused, match="it is a credit note"):
        await credited(backend, note)


def invoice_line(amount, position=0):
    return InvoiceLine(
        id=f"ili_{position}", amount_cents=amount, quantity=Decimal(1), unit_price_cents=amount, description="x"
    )


@given(st.lists(st.integers(-10_000, 10_000).filter(bool), min_size=1, max_size=5), st.data())
def test_no_sequence_of_credits_gives_back_more_than_a_line_holds(amounts, data):
    lines = [invoice_line(amount, position) for position, amount in enumerate(amounts)]
    notes: list[Invoice] = []
    for _ in range(data.draw(st.integers(1, 6))):
        wanted = [
            CreditLineIn(line_id=line.id, amount_cents=data.draw(st.integers(-12_000, 12_000)))
            for line in data.draw(st.lists(st.sampled_from(lines), min_size=1, max_size=3, unique_by=id))
        ]
        parts, reasons = crediting.chosen(lines, notes, wanted)
        if not reasons:
            note = Invoice(id="inv_n")
            note.lines = [InvoiceLine(**part.as_fields()) for part in parts]
            notes.append(note)
    given_back = crediting.credited(notes)
    for line in lines:
        back = given_back.get(line.id, 0)
        assert 0 <= back * (1 if line.amount_cents > 0 else -1) <= abs(line.amount_cents)


@given(st.lists(st.integers(-10_000, 10_000).filter(bool), min_size=1, max_size=5))
def test_what_remains_after_crediting_the_rest_is_nothing(amounts):
    lines = [invoice_line(amount, position) for position, amount in enumerate(amounts)]
    note = Invoice(id="inv_n")
    note.lines = [InvoiceLine(**part.as_fields()) for part in crediting.remaining(lines, [])]
    assert sum(line.amount_cents for line in note.lines) == -sum(amounts)
    assert crediting.remaining(lines, [note]) == []


async def test_a_note_that_cannot_be_numbered_leaves_no_draft_behind(backend, monkeypatch):
    invoice = await finalized(backend, a_line(1000))

    async def shut(*_):
        raise Refused("Cannot finalize it: the gate is shut.")

    monkeypatch.setattr("scaicontrol.services.invoices.service.credit.finalize", shut)
    with pytest.raises(Refused, match="the gate is shut"):
        await invoices.credit(backend, petra, invoice.id, CreditIn(reason="Outage", finalize=True))
    monkeypatch.undo()
    note = await invoices.credit(backend, petra, invoice.id, CreditIn(reason="Outage", finalize=True))
    assert (note.number, note.total_cents) == ("SCAI-CN-2026-000001", -1210)  # nothing was held back by the first
