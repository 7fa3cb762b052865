"""The VAT of a draft per line: own tax points, exempt lines beside taxed ones, and what the document then says."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from scaicontrol.services import documents, invoices, partners, tax, tenants
from scaicontrol.services.invoices import document_source
from scaicontrol.services.invoices.lifecycle import DocumentType
from scaicontrol.services.invoices.schemas import CreditIn, FinalizeIn
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.tenants.models import BillingProfile
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn
from tests.factories import ACME, NORTHWIND, ada, petra
from tests.factories.invoices import a_draft, a_line, again, finalized

AUGUST, SEPTEMBER, OCTOBER = (datetime(2024, month, 1, tzinfo=UTC) for month in (8, 9, 10))
EDUCATION = {"tax_category": "E", "exemption_reason": "Education, Art. 132 (1) i", "exemption_code": "VATEX-EU-132-1I"}


async def from_finland(backend):
    finnish = PartnerConfigurationPatch(
        seller_country_code="FI", seller_vat_number="FI20774740", seller_postal_code="00100", timezone="UTC"
    )
    await backend.perform(ada, partners.configure, NORTHWIND, finnish)
    neighbour = AdminBillingProfileIn(country_code="FI", vat_number="", is_business=False)
    await backend.perform(ada, tenants.save_billing_profile, ACME, neighbour)


async def test_usage_of_august_and_the_base_of_september_have_the_rate_of_their_own_month(backend):
    await from_finland(backend)
    invoice = await finalized(
        backend,
        a_line(10000, period_start=AUGUST, period_end=SEPTEMBER),
        a_line(10000, period_start=SEPTEMBER, period_end=OCTOBER),
        a_line(10000),
    )
    stored = await again(backend, invoice)
    assert [(line.tax_rate, line.tax_cents) for line in stored.lines] == [
        (Decimal(24), 2400), (Decimal("25.5"), 2550), (Decimal("25.5"), 2550),
    ]  # fmt: skip
    assert stored.tax_cents == 7500
    decision = await backend.ask(petra, tax.get, invoice.id)
    assert "A supply that ended on 2024-08-31 carries 24.00%." in tax.explain(decision)
    verified = await backend.ask(petra, documents.verify_series, NORTHWIND, DocumentType.invoice, 2026)
    assert verified.violations == []


async def test_an_invoice_period_across_the_change_has_the_rate_of_its_last_day(backend):
    await from_finland(backend)
    invoice = await finalized(backend, a_line(10000), period_start=AUGUST, period_end=OCTOBER)
    assert (await again(backend, invoice)).lines[0].tax_rate == Decimal("25.5")


async def test_an_exempt_line_beside_a_taxed_one_carries_its_own_reason_into_the_document(backend):
    invoice = await finalized(backend, a_line(10000), a_line(5000, **EDUCATION))
    decision = await backend.ask(petra, tax.get, invoice.id)
    assert decision.exemptions == [{"category": "E", "reason": "Education, Art. 132 (1) i", "code": "VATEX-EU-132-1I"}]
    document = document_source.document_of(
        await document_source.sealed_source(await again(backend, invoice), decision, None)
    )
    groups = {group.category: (group.exemption_reason, group.exemption_code) for group in document.vat}
    assert groups == {"E": ("Education, Art. 132 (1) i", "VATEX-EU-132-1I"), "S": ("", "")}
    assert document.totals.tax == 21


async def test_its_credit_note_gives_the_same_reason(backend):
    invoice = await finalized(backend, a_line(10000), a_line(5000, **EDUCATION))
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Outage"))
    note = await invoices.finalize(backend, petra, note.id)
    decision = await backend.ask(petra, tax.get, note.id)
    assert [each["code"] for each in decision.exemptions] == ["VATEX-EU-132-1I"]


DOUBTED = {
    # what a line of a Dutch sale states, and what the gate says
    "a German rate": ({"tax_rate": Decimal(19)}, "vat_rate_unknown", "taxed at 19 %; on 2026-01-15 Netherlands had 9"),
    "last decade's reduced rate": ({"tax_rate": Decimal(6)}, "vat_rate_unknown", "had 9 and 21 %"),
    "exempt for reason x": ({"tax_category": "E", "exemption_reason": "x"}, "exemption_unfounded", "no ground in law"),
    "zero without a word": ({"tax_rate": Decimal(0)}, "exemption_unfounded", "zero rated (Z) and names no ground"),
}


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(("fields", "code", "said"), DOUBTED.values(), ids=DOUBTED)
async def test_what_no_law_knows_is_not_sealed_unless_a_person_answers_for_it(backend, fields, code, said):
    draft = await a_draft(backend, a_line(10000), a_line(5000, **fields))
    report = await invoices.check(backend, petra, draft.id)
    (doubt,) = report.reasons
    assert (doubt.code, str(doubt.field).partition(".")[0]) == (code, "lines[2]")
    assert said in doubt.message
    answered = FinalizeIn(vat_rate_reason="Ruling 26-117 of the tax office")
    invoice = await invoices.finalize(backend, petra, draft.id, answered)
    decision = await backend.ask(petra, tax.get, invoice.id)
    assert f"{doubt.message} Accepted: Ruling 26-117 of the tax office" in decision.warnings
    note = await backend.perform(petra, invoices.draft_credit, invoice.id, CreditIn(reason="Taken back"))
    assert (await invoices.finalize(backend, petra, note.id)).total_cents == -invoice.total_cents


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_buyer_exempted_before_grounds_were_asked_for_is_still_invoiced_without_a_person(backend):
    async def exempted_once(uow):
        profile = await uow.session.scalar(select(BillingProfile).where(BillingProfile.tenant_id == ACME))
        profile.tax_exempt, profile.tax_exempt_reason = True, "Charity"

    await backend.perform(ada, exempted_once)
    invoice = await finalized(backend, a_line(10000))
    decision = await backend.ask(petra, tax.get, invoice.id)
    assert (invoice.tax_cents, len(decision.warnings)) == (0, 1)
    assert "('Charity') names no ground in law; write the article" in decision.warnings[0]
    draft = await a_draft(backend, a_line(10000), a_line(5000, tax_category="E", exemption_reason="x"))
    (doubt,) = (await invoices.check(backend, petra, draft.id)).reasons
    assert (doubt.code, doubt.field) == ("exemption_unfounded", "lines[2].exemption_reason")


async def test_zero_rating_with_its_ground_is_sealed_and_the_document_gives_none(backend):
    """BR-Z-10: a zero rate has no reason in the document; the line keeps it."""
    invoice = await finalized(backend, a_line(5000, tax_rate=Decimal(0), exemption_reason="Art. 98 (2) 2006/112/EC"))
    decision = await backend.ask(petra, tax.get, invoice.id)
    source = await document_source.sealed_source(await again(backend, invoice), decision, None)
    (group,) = document_source.document_of(source).vat
    assert (group.category, group.exemption_reason) == ("Z", "")


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tax_category": "E"}, "Category E needs a text that gives the reason"),
        ({"exemption_reason": "because"}, "a reason for an exemption contradicts it"),
        ({**EDUCATION, "exemption_code": "VATEX-EU-AE"}, "VATEX-EU-AE belongs to AE"),
        ({"tax_category": "S", "tax_rate": Decimal(0)}, "needs a rate above 0"),
        ({"tax_category": "K"}, "the VAT decision of the document is S"),
    ],
)
async def test_lines_that_contradict_themselves_shut_the_gate(backend, fields, said):
    draft = await a_draft(backend, a_line(10000), a_line(5000, **fields))
    report = await invoices.check(backend, petra, draft.id)
    assert "tax_category_mismatch" in {reason.code for reason in report.reasons}
    assert said in " ".join(reason.message for reason in report.reasons)
