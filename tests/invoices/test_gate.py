"""What the gate in front of a number says."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import Refused
from scaicontrol.services import invoices, tenants
from scaicontrol.services.invoices.schemas import FinalizeIn
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.tax import arithmetic
from tests.factories import ACME, NORTHWIND, petra
from tests.factories.invoices import a_draft, a_line, finalized

ROOT = Actor.system("test")


async def with_profile(backend, **fields):
    async def change(uow):
        profile = await tenants.billing_profile(uow, ACME)
        for name, value in fields.items():
            setattr(profile, name, value)

    await backend.perform(ROOT, change)


async def with_seller(backend, **fields):
    async def change(uow):
        seller = await uow.session.get(PartnerConfiguration, NORTHWIND)
        for name, value in fields.items():
            setattr(seller, name, value)

    await backend.perform(ROOT, change)


async def reasons(backend, draft):
    return {(reason.code, reason.field) for reason in (await invoices.check(backend, petra, draft.id)).reasons}


async def test_both_parties_and_the_format_are_looked_at_in_one_go(backend):
    await with_profile(backend, city=None, preferred_einvoice_format="xrechnung")
    await with_seller(backend, seller_city=None)
    draft = await a_draft(backend, a_line(1000, tax_category="AE"))
    assert await reasons(backend, draft) >= {
        ("profile_incomplete", "city"), ("seller_incomplete", "seller_city"), ("tax_category_mismatch", None),
        ("einvoice_invalid", "buyer_reference"),
    }  # fmt: skip


async def test_without_a_profile_the_gate_says_so(backend):
    async def drop(uow):
        await uow.session.delete(await tenants.billing_profile(uow, ACME))

    await backend.perform(ROOT, drop)
    assert ("no_billing_profile", None) in await reasons(backend, await a_draft(backend))


async def test_a_required_vies_answer_that_is_missing_blocks_until_a_person_gives_a_reason(backend):
    await with_seller(backend, vies_policy="required")
    await with_profile(backend, country_code="DE", vat_number="DE136695976", postal_code="10115", city="Berlin")
    draft = await a_draft(backend)
    with pytest.raises(Refused) as refused:
        await invoices.finalize(backend, petra, draft.id)
    assert [reason.code for reason in refused.value.reasons] == ["vies_unavailable"]
    override = FinalizeIn(vies_override_reason="Checked by phone")
    invoice = await invoices.finalize(backend, petra, draft.id, override)
    assert (invoice.reverse_charge, invoice.tax_cents) == (True, 0)
    assert invoice.legal_note
    assert "196" in invoice.legal_note


async def test_a_reduced_rate_is_set_on_the_line(backend):
    invoice = await finalized(backend, a_line(1000), a_line(1000, tax_rate="9"))
    assert (invoice.tax_cents, [line.tax_cents for line in invoice.lines]) == (300, [210, 90])


async def test_a_later_edit_of_the_parties_never_shows_on_a_finalized_document(backend):
    invoice = await finalized(backend)
    await with_profile(backend, company_name="Acme Renamed")
    shown = await backend.ask(petra, invoices.get, invoice.id)
    assert shown.buyer_snapshot["company_name"] == "Acme Nederland B.V."


async def test_the_prefix_of_a_series_is_frozen_until_the_next_year(backend):
    await finalized(backend)
    await with_seller(backend, number_prefix="NWC")
    assert (await finalized(backend)).number == "SCAI-2026-000002"


@given(
    st.lists(
        st.tuples(st.integers(-(10**7), 10**7), st.sampled_from(["21", "9", "25.5", "0.01"])), min_size=1, max_size=30
    )
)
def test_lines_always_add_up_to_the_totals(rows):
    totals = arithmetic.totals([arithmetic.TaxableLine(cents, "S", Decimal(rate)) for cents, rate in rows])
    assert sum(totals.line_tax_cents) == totals.tax_cents == sum(group.tax_cents for group in totals.groups)
    assert totals.subtotal_cents + totals.tax_cents == totals.total_cents


@pytest.mark.parametrize(
    "address",
    [
        {"country_code": "HK", "city": None, "state": "Kowloon"},
        {"country_code": "IE", "city": "Dublin", "state": None},
        {"country_code": "AE", "city": "Dubai", "state": "Dubai"},
    ],
)
async def test_a_buyer_whose_country_asks_for_no_postcode_gets_an_invoice_without_one(backend, address):
    await with_profile(backend, postal_code=None, vat_number=None, **address)
    invoice = await finalized(backend, a_line(1000))
    assert invoice.number
    assert (invoice.buyer_snapshot or {})["postal_code"] is None


async def test_a_german_format_still_asks_for_the_postcode_its_rules_want(backend):
    await with_profile(
        backend, postal_code=None, country_code="HK", vat_number=None, preferred_einvoice_format="xrechnung",
        buyer_reference="04011000-1234512345-06",
    )  # fmt: skip
    found = (await invoices.check(backend, petra, (await a_draft(backend)).id)).reasons
    assert "The buyer has no postal code." in [reason.message for reason in found]


async def test_a_seller_without_a_postcode_sells_where_there_are_none(backend):
    await with_seller(backend, seller_postal_code=None)
    assert ("seller_incomplete", "seller_postal_code") in await reasons(backend, await a_draft(backend))
    await with_seller(backend, seller_country_code="HK", seller_vat_number=None)
    assert "seller_postal_code" not in {field for _, field in await reasons(backend, await a_draft(backend))}
