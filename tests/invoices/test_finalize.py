import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Conflict, Invalid, Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.rehearsal import rehearse
from scaicontrol.services import documents, invoices, tax
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus
from scaicontrol.services.invoices.models import NumberSeries
from scaicontrol.services.invoices.schemas import FinalizeIn, InvoiceIn, InvoicePatch
from scaicontrol.services.invoices.service.finalize import finalize_within, open_series
from scaicontrol.services.invoices.service.gate import judge
from tests.factories import ACME, NORTHWIND, alice, petra
from tests.factories.invoices import a_draft, a_line, again, finalized


async def facts(backend, resource_id):
    async def of(uow):
        rows = select(Outbox).where(Outbox.resource_id == resource_id).order_by(Outbox.id)
        return [(row.event_type, row.payload) for row in await uow.session.scalars(rows)]

    return await backend.ask(Actor.system("test"), of)


async def test_a_draft_becomes_a_numbered_taxed_and_sealed_invoice(backend):
    invoice = await finalized(backend, a_line(1000), a_line(999))
    assert (invoice.status, invoice.number) == (InvoiceStatus.finalized, "SCAI-2026-000001")
    assert (invoice.subtotal_cents, invoice.tax_cents, invoice.total_cents) == (1999, 420, 2419)
    assert sum(line.tax_cents for line in invoice.lines) == 420
    assert (invoice.issue_date, invoice.due_date) == (date(2026, 1, 15), date(2026, 1, 29))
    assert invoice.buyer_snapshot
    assert (invoice.buyer_snapshot["company_name"] or "").startswith("Acme")
    assert invoice.previous_digest == "0" * 64
    decision = await backend.ask(petra, tax.get, invoice.id)
    assert (decision.rule, decision.category, decision.finalized_at) == ("3", "S", invoice.finalized_at)


async def test_the_fact_carries_what_the_contract_lists(backend):
    invoice = await finalized(backend)
    stored = dict(await facts(backend, invoice.id))
    assert stored["invoice.finalized"] == {
        "invoice_id": invoice.id, "number": invoice.number, "document_type": "invoice", "tenant_id": invoice.tenant_id,
        "partner_id": NORTHWIND, "scaicontrol_customer_id": invoice.tenant_id, "currency": "EUR",
        "subtotal_cents": 1900, "tax_cents": 399, "total_cents": 2299, "amount_due_cents": 2299,
        "issue_date": "2026-01-15", "due_date": "2026-01-29", "period_start": None, "period_end": None,
        "reverse_charge": False, "canonical_digest": invoice.canonical_digest, "finalized_at": "2026-01-15T09:00:00Z",
    }  # fmt: skip


async def test_the_next_invoice_stands_on_the_seal_before_it(backend):
    first, second = await finalized(backend), await finalized(backend)
    assert second.number == "SCAI-2026-000002"
    assert second.previous_digest == first.canonical_digest


async def test_everything_that_is_missing_is_said_at_once_and_no_number_is_used(backend):
    draft = await a_draft(backend, a_line(-500, tax_category="AE"), due_date=date(2026, 1, 1))
    with pytest.raises(Refused) as refused:
        await invoices.finalize(backend, petra, draft.id, FinalizeIn(issue_date=date(2026, 3, 1)))
    codes = {reason.code for reason in refused.value.reasons}
    assert codes >= {"tax_category_mismatch", "totals_invalid", "issue_date_in_future", "due_date_before_issue"}
    report = await invoices.check(backend, petra, draft.id)
    assert not report.ready
    assert (await finalized(backend)).number == "SCAI-2026-000001"


async def test_an_empty_draft_and_a_finalized_one_are_refused_by_name(backend):
    empty = await backend.perform(petra, invoices.draft, InvoiceIn(tenant_id="tnt_acme", currency="EUR", lines=[]))
    assert "no_lines" in {reason.code for reason in (await invoices.check(backend, petra, empty.id)).reasons}
    invoice = await finalized(backend)
    assert "not_draft" in {reason.code for reason in (await invoices.check(backend, petra, invoice.id)).reasons}
    with pytest.raises(Refused, match="Cannot finalize invoice SCAI-2026-000001: it is finalized"):
        await invoices.finalize(backend, petra, invoice.id)


async def test_a_tenant_may_not_finalize(backend):
    draft = await a_draft(backend)
    with pytest.raises(Exception, match="may not finalize invoices"):
        await invoices.finalize(backend, alice, draft.id)


async def test_a_draft_that_changes_between_gate_and_seal_is_a_conflict(backend):
    draft = await a_draft(backend)
    seen = (await judge(backend, petra, draft.id)).candidate
    await backend.perform(petra, invoices.update, draft.id, InvoicePatch(notes="one more thing"))
    with pytest.raises(Conflict, match="changed since it was checked"):
        await backend.perform(petra, finalize_within, draft.id, None, seen=seen)
    with pytest.raises(Conflict, match="version 2, not 1"):
        await invoices.finalize(backend, petra, draft.id, FinalizeIn(version=1))


async def test_a_rehearsal_runs_the_gate_and_takes_no_number(backend):
    draft = await a_draft(backend)
    empty = await backend.perform(petra, invoices.draft, InvoiceIn(tenant_id=ACME, currency="EUR", lines=[]))
    with pytest.raises(Refused, match="Cannot finalize"):
        await rehearse(backend, invoices.finalize, petra, empty.id)
    for _ in range(2):
        assert (await rehearse(backend, invoices.finalize, petra, draft.id)).result.number == "SCAI-2026-000001"
    assert (await again(backend, draft)).number is None


async def test_an_issue_date_never_goes_back(backend, clock):
    await finalized(backend)
    draft = await a_draft(backend)
    report = await invoices.check(backend, petra, draft.id, FinalizeIn(issue_date=date(2026, 1, 14)))
    assert [reason.code for reason in report.reasons] == ["issue_date_before_last"]
    clock.advance(timedelta(days=1))
    assert (await invoices.check(backend, petra, draft.id)).ready


async def test_a_new_fiscal_year_starts_a_new_series(backend, clock):
    await finalized(backend)
    clock.advance(timedelta(days=351))
    invoice = await finalized(backend)
    assert (invoice.number, invoice.previous_digest) == ("SCAI-2027-000001", "0" * 64)


async def test_an_invoice_over_nothing_is_paid_at_once(backend):
    invoice = await finalized(backend, a_line(500), a_line(-500))
    assert (invoice.status, invoice.settlement, invoice.amount_due_cents) == (InvoiceStatus.paid, "zero_total", 0)


async def test_the_clock_on_the_sellers_wall_dates_the_invoice(backend, clock):
    clock.advance(timedelta(hours=14, minutes=30))  # 23:30 in London, half past midnight in Amsterdam
    assert (await finalized(backend)).issue_date == date(2026, 1, 16)


async def test_two_who_finalize_at_once_get_one_number(backend):
    draft = await a_draft(backend)
    answers = await asyncio.gather(
        *(invoices.finalize(backend, petra, draft.id) for _ in range(4)), return_exceptions=True
    )
    done = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len(done) == 1
    assert all(isinstance(answer, Refused | Conflict) for answer in answers if answer not in done)
    assert (await finalized(backend)).number == "SCAI-2026-000002"


async def test_ten_at_once_leave_no_gap_no_twin_and_no_broken_seal(backend):
    drafts = [await a_draft(backend, a_line(100 + position)) for position in range(10)]
    done = await asyncio.gather(*(invoices.finalize(backend, petra, draft.id) for draft in drafts))
    assert sorted(str(invoice.number) for invoice in done) == [f"SCAI-2026-{serial:06}" for serial in range(1, 11)]
    verdict = await backend.ask(petra, documents.verify_series, NORTHWIND, DocumentType.invoice, 2026)
    assert (verdict.intact, verdict.documents) == (True, 10)


async def test_a_failure_after_the_number_was_taken_consumes_none(backend):
    draft = await a_draft(backend)

    seen = (await judge(backend, petra, draft.id)).candidate
    await backend.perform(petra, open_series, seen)

    async def fails(uow):
        await finalize_within(uow, draft.id, seen=seen)
        raise Invalid("Something else went wrong.")

    with pytest.raises(Invalid):
        await backend.perform(petra, fails)
    assert (await again(backend, draft)).number is None

    async def head(uow):
        return await uow.session.get(NumberSeries, (NORTHWIND, DocumentType.invoice, 2026))

    assert (await backend.ask(petra, head)).next_number == 1
