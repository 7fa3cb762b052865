from typing import Any

import pytest
from sqlalchemy import select

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import partners
from scaicontrol.services.partners import seller_snapshot
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from tests.factories import NORTHWIND, SOUTHBAY, ada, alice, bert, petra, pim, sam
from tests.factories.partners import SELLER, store_partner


async def facts(backend: Backend) -> list[tuple[str, dict[str, Any]]]:
    async def read(uow):
        rows = await uow.session.scalars(select(Outbox).where(Outbox.resource_type == "partner").order_by(Outbox.id))
        return [(row.event_type, row.payload) for row in rows]

    return await backend.ask(ada, read)


async def configure(backend: Backend, actor=petra, partner_id: str = NORTHWIND, **fields) -> PartnerConfiguration:
    return await backend.perform(actor, partners.configure, partner_id, PartnerConfigurationPatch(**fields))


async def test_a_partner_that_edited_nothing_has_the_contract_terms(backend):
    await store_partner(backend, configured=False)
    config = await backend.ask(petra, partners.settings_of, NORTHWIND)
    assert (config.number_prefix, config.payment_terms_days, config.invoice_day) == ("SCAI", 14, 1)
    assert (config.dunning_retry_days, config.dunning_suspend_day) == ([1, 3, 5, 7], 21)
    assert (config.payment_providers, config.version) == (["bank_transfer"], 0)
    assert partners.missing_for_finalisation(config) == [
        "legal_name", "seller_address_line1", "seller_postal_code", "seller_city", "seller_country_code",
    ]  # fmt: skip


async def test_it_is_linked_once_and_updated_from_then_on(backend, clock):
    await store_partner(backend, configured=False)
    await configure(backend, legal_name="Northwind B.V.")
    await configure(backend, seller_country_code="NL", seller_vat_number="nl 1234.56782.b90")
    await configure(backend, seller_city="Amsterdam", payment_terms_days=30)
    await configure(backend, payment_terms_days=60)
    told = await facts(backend)
    assert [topic for topic, _ in told] == [
        "partner.configured", "partner.billing_linked", "partner.billing_updated", "partner.configured",
    ]  # fmt: skip
    assert told[1][1] == {
        "partner_id": NORTHWIND,
        "scaicontrol_customer_id": NORTHWIND,
        "linked_at": "2026-01-15T09:00:00Z",
        "legal_name": "Northwind B.V.",
        "country_code": "NL",
        "vat_number": "NL123456782B90",
    }
    assert told[2][1]["changed_fields"] == ["seller_city"]


async def test_saying_the_same_again_changes_nothing(backend):
    await store_partner(backend)
    first = await configure(backend, **SELLER)
    assert (first.version, await facts(backend)) == (1, [])


async def test_a_stale_version_is_a_conflict(backend):
    await store_partner(backend)
    await configure(backend, bank_name="Triodos", version=1)
    with pytest.raises(Conflict, match="at version 2, not 1"):
        await configure(backend, bank_name="ING", version=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seller_vat_number", "NL123456789B01"),
        ("seller_vat_number", "DE136695976"),
        ("seller_country_code", "ZZ"),
        ("seller_country_code", "FR"),
        ("iban", "NL91ABNA0417164301"),
        ("bic", "NOPE"),
        ("peppol_scheme", "106"),
        ("timezone", "Mars/Olympus"),
    ],
)
async def test_wrong_seller_data_is_refused_by_field(backend, field, value):
    await store_partner(backend)
    with pytest.raises(Invalid) as refused:
        await configure(backend, **{field: value})
    assert refused.value.reasons[0].field in {field, "seller_vat_number"}
    assert await facts(backend) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"invoice_day": 29},
        {"payment_terms_days": None},
        {"dunning_retry_days": [3, 1]},
        {"number_prefix": "scai 1"},
        {"brand_color": "red"},
        {"unknown": 1},
    ],
)
def test_terms_outside_their_domain_are_refused(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        PartnerConfigurationPatch(**fields)


async def test_a_partner_administers_itself_only(backend):
    await store_partner(backend, NORTHWIND)
    await store_partner(backend, SOUTHBAY)
    with pytest.raises(NotFound):
        await configure(backend, sam, NORTHWIND, bank_name="Mine")
    with pytest.raises(Forbidden, match="read-only"):
        await configure(backend, pim, NORTHWIND, bank_name="Mine")
    for stranger in (alice, bert):
        with pytest.raises(Forbidden):
            await configure(backend, stranger, NORTHWIND, bank_name="Mine")
    assert (await configure(backend, ada, SOUTHBAY, bank_name="Ours")).bank_name == "Ours"


async def test_the_operator_settings_fill_the_gaps_of_its_own_partner_only(backend, settings):
    backend.settings = settings.model_copy(update={"operator_partner_id": NORTHWIND, "operator_city": "Utrecht"})
    await store_partner(backend, NORTHWIND, seller_city=None)
    await store_partner(backend, SOUTHBAY, seller_city=None)
    northwind = await backend.ask(ada, partners.settings_of, NORTHWIND)
    southbay = await backend.ask(ada, partners.settings_of, SOUTHBAY)
    assert (seller_snapshot(northwind)["seller_city"], northwind.missing_for_finalisation) == ("Utrecht", [])
    assert southbay.missing_for_finalisation == ["seller_city"]


def test_documents_are_kept_as_long_as_the_seller_must():
    def years(**fields):
        return PartnerConfiguration(partner_id="prt_x", **fields).effective_retention_years

    assert [years(seller_country_code="DE"), years(seller_country_code="FR"), years()] == [8, 10, 10]
    assert years(seller_country_code="DE", retention_years=12) == 12
