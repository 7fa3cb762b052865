"""Where a consumer is: two items that agree, or a warning (Regulation 282/2011 Art. 24b, 24f)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scaicontrol.core.errors import Forbidden, Invalid
from scaicontrol.services import invoices, tax
from scaicontrol.services.payments.events import MethodAdded
from scaicontrol.services.tax import VatFacts, determine_vat
from scaicontrol.services.tax.service.evidence import record_proof
from tasks import relay
from tests.factories import ACME, ada, alice, petra
from tests.factories.invoices import a_draft
from tests.factories.tenants import store_cast
from tests.tax.test_vies import saved

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LACKING, CONTRADICTING = "needs two items of evidence", "contradict each other"


def warned(seller="NL", buyer="DE", number=None, *, business=False, **more):
    facts = VatFacts(seller, buyer, number, business, tax_point=date(2026, 10, 31), decided_at=NOW, **more)
    return " ".join(determine_vat(facts).warnings)


@pytest.mark.parametrize("oss", [True, False])
def test_a_consumer_in_another_state_needs_a_second_item(oss):
    assert LACKING in warned(oss_registered=oss)
    assert not warned(oss_registered=oss, payment_country="DE")
    assert not warned(oss_registered=oss, other_proofs={"ip_address": "DE"})


def test_items_that_contradict_are_named():
    said = warned(oss_registered=True, payment_country="FR", other_proofs={"ip_address": "DE"})
    assert CONTRADICTING in said
    assert "billing address DE, payment country FR, ip address DE" in said
    assert CONTRADICTING in warned("NL", "NL", payment_country="DE")
    assert CONTRADICTING in warned("NL", "US", payment_country="DE")


def test_monaco_and_france_do_not_contradict():
    assert not warned("NL", "MC", oss_registered=True, payment_country="FR")


def test_where_the_place_does_not_depend_on_it_nothing_is_asked():
    assert not warned("NL", "NL")  # a consumer at home
    assert not warned("NL", "US", business=True)
    assert not warned("US", "DE")  # nobody's VAT
    assert LACKING in warned("US", "DE", oss_registered=True)
    assert LACKING in warned("NL", "US")


async def test_proofs_are_kept_by_kind_and_travel_into_the_decision(backend):
    await store_cast(backend)
    await saved(backend, number="", country="DE", is_business=False)
    draft = await a_draft(backend)
    assert LACKING in " ".join((await invoices.check(backend, petra, draft.id)).warnings)
    await backend.perform(ada, record_proof, ACME, "ip_address", "FR", "sign-in")
    assert CONTRADICTING in " ".join((await invoices.check(backend, petra, draft.id)).warnings)
    backend.clock.advance(timedelta(days=1))
    await backend.perform(ada, record_proof, ACME, "ip_address", "DE", "sign-in")
    invoice = await invoices.finalize(backend, petra, draft.id)
    decision = await backend.ask(petra, tax.get, invoice.id)
    assert (decision.evidence["ip_address"], decision.evidence["contradictory"], decision.warnings) == ("DE", False, [])
    assert tax.verify(decision) == []


async def test_a_stored_payment_method_proves_where_its_holder_is(backend):
    await store_cast(backend)
    fact = MethodAdded(
        method_id="pmt_1",
        tenant_id=ACME,
        partner_id="prt_northwind",
        provider="sandbox",
        type="card",
        country_code="DE",
    )

    async def emit(uow):
        uow.emit(fact)

    await backend.perform(ada, emit)
    await relay.react(backend)
    assert await backend.ask(ada, tax.proofs_of_place, ACME) == {"payment_country": "DE", "other_proofs": {}}


@pytest.mark.parametrize(("kind", "country"), [("horoscope", "DE"), ("bank", "Germany")])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_is_no_evidence_is_refused(backend, kind, country):
    await store_cast(backend)
    with pytest.raises(Invalid):
        await backend.perform(ada, record_proof, ACME, kind, country, "somebody")
    with pytest.raises(Forbidden):
        await backend.perform(alice, record_proof, ACME, "bank", "DE", "herself")
