from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import tenants
from scaicontrol.services.tenants.models import BillingProfile
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn, BillingProfileIn, PreferencesPatch
from tests.factories import ACME, GLOBEX, INITECH, ada, alice, bert, gina, ian, petra, pim, sam, tom
from tests.factories.tenants import BUYER, store_cast, store_tenant


@pytest.fixture
async def acme(backend):
    await store_cast(backend)
    return ACME


async def facts(backend: Backend) -> list[tuple[str, dict[str, Any]]]:
    async def read(uow):
        rows = await uow.session.scalars(select(Outbox).where(Outbox.resource_type == "tenant").order_by(Outbox.id))
        return [(row.event_type, row.payload) for row in rows]

    return await backend.ask(ada, read)


async def save(backend: Backend, actor=alice, tenant_id: str = ACME, **fields) -> BillingProfile:
    body = AdminBillingProfileIn if "tax_exempt_reason" in fields else BillingProfileIn
    return await backend.perform(actor, tenants.save_billing_profile, tenant_id, body(**fields))


async def test_the_first_profile_links_later_ones_update(backend, acme):
    await store_tenant(backend, "tnt_new", billed=False)
    await save(backend, petra, "tnt_new", **BUYER | {"vat_number": "nl 0044.95445.b01"})
    await save(backend, petra, "tnt_new", city="Delft", contact_email="new@acme.example", country_code="NL")
    linked, updated = await facts(backend)
    assert linked == (
        "tenant.billing_linked",
        {
            "tenant_id": "tnt_new",
            "partner_id": "prt_northwind",
            "scaicontrol_customer_id": "tnt_new",
            "linked_at": "2026-01-15T09:00:00Z",
            "company_name": "Acme Nederland B.V.",
            "country_code": "NL",
            "vat_number": "NL004495445B01",
        },
    )
    assert (updated[0], updated[1]["changed_fields"]) == ("tenant.billing_updated", ["city", "contact_email"])


async def test_what_is_not_sent_stays_and_null_clears(backend, acme):
    await save(backend, phone="+31 10 1234567")
    profile = await save(backend, phone=None, state="")
    assert (profile.phone, profile.company_name, profile.version) == (None, BUYER["company_name"], 3)


async def test_saying_the_same_again_tells_nobody(backend, acme):
    assert (await save(backend, **BUYER)).version == 1
    assert await facts(backend) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"vat_number": "NL004495446B01"}, "vat_number"),
        ({"vat_number": "DE136695976"}, "vat_number"),
        ({"country_code": "BE"}, "vat_number"),
        ({"country_code": "XA"}, "country_code"),
        ({"leitweg_id": "991-03730-18"}, "leitweg_id"),
        ({"peppol_id": "12345678"}, "peppol_scheme"),
        ({"peppol_id": "12345678", "peppol_scheme": "01O6"}, "peppol_scheme"),
    ],
)
async def test_wrong_buyer_data_is_refused_by_field(backend, acme, fields, field):
    with pytest.raises(Invalid) as refused:
        await save(backend, **fields)
    assert refused.value.reasons[0].field == field


@pytest.mark.parametrize(
    ("country", "number", "kept"),
    [
        ("DE", "136695976", "DE136695976"),
        ("GR", "GR 094259216", "EL094259216"),
        ("US", "12-3456789", "123456789"),
        ("CH", "CHE-116.281.710", "CHE116281710"),
    ],
)
async def test_vat_numbers_are_written_one_way(backend, acme, country, number, kept):
    assert (await save(backend, country_code=country, vat_number=number)).vat_number == kept


async def test_a_new_number_forgets_what_the_register_said_of_the_old_one(backend, acme, clock):
    await backend.perform(ada, tenants.record_vat_answer, ACME, "NL004495445B01", "valid", clock.now())
    await backend.perform(ada, tenants.record_vat_answer, ACME, "NL999999999B99", "invalid", clock.now())
    assert (await backend.ask(ada, tenants.billing_profile, ACME)).vat_number_result == "valid"
    assert (await save(backend, vat_number="NL123456782B90")).vat_number_result is None


async def test_only_operators_exempt_and_they_say_why(backend, acme):
    with pytest.raises(Forbidden, match="tax exemption"):
        await save(backend, alice, tax_exempt=True)
    with pytest.raises(Forbidden, match="tax exemption"):
        await save(backend, alice, tax_exempt=True, tax_exempt_reason="Because")
    with pytest.raises(Invalid, match="reason"):
        await save(backend, petra, tax_exempt=True)
    with pytest.raises(Invalid, match=r"'Charity' names no ground in law; write the article, such as 'Art. 132"):
        await save(backend, petra, tax_exempt=True, tax_exempt_reason="Charity", tax_exempt_reason_code="VATEX-XX-FOO")
    exempt = await save(backend, petra, tax_exempt=True, tax_exempt_reason="Art. 151")
    assert (exempt.tax_exempt, exempt.tax_exempt_reason) == (True, "Art. 151")
    assert (await save(backend, alice, city="Delft", tax_exempt=True)).city == "Delft"
    assert (await save(backend, petra, tax_exempt=False)).tax_exempt_reason is None


async def test_a_stale_version_is_a_conflict(backend, acme):
    await save(backend, city="Delft", version=1)
    with pytest.raises(Conflict, match="at version 2, not 1"):
        await save(backend, city="Gouda", version=1)


async def test_nobody_buys_without_a_whole_profile(backend, acme):
    await store_tenant(backend, "tnt_new", billed=False)
    with pytest.raises(Refused, match="has no billing profile"):
        await backend.ask(ada, tenants.require_billing_profile, "tnt_new")
    await save(backend, city=None)
    with pytest.raises(Refused, match="lacks city") as refused:
        await backend.ask(alice, tenants.require_billing_profile, ACME)
    assert refused.value.reasons[0].field == "city"


@pytest.mark.parametrize("stranger", [gina, ian, sam])
async def test_a_foreign_tenant_does_not_exist(backend, acme, stranger):
    with pytest.raises(NotFound):
        await backend.ask(stranger, tenants.get, ACME)
    with pytest.raises(NotFound):
        await save(backend, stranger, ACME, city="Mine")
    assert await backend.ask(stranger, tenants.billing_profile, ACME) is None


ALL = {ACME, GLOBEX, INITECH}
LEVELS = [(ada, ALL), (bert, ALL), (petra, {ACME, GLOBEX}), (pim, {ACME, GLOBEX}), (sam, {INITECH})]


@pytest.mark.parametrize(("actor", "seen"), LEVELS)
async def test_each_level_lists_its_own_tenants(backend, acme, actor, seen):
    page = await backend.ask(actor, tenants.page, PageRequest())
    assert ({tenant.id for tenant in page.items}, page.total) == (seen, len(seen))


FOUND = [
    ("glob", {GLOBEX}),
    ("office@init", {INITECH}),
    ("ap@acme", ALL),
    ("Nederland", ALL),
    (ACME, {ACME}),
    ("%", set()),
]


@pytest.mark.parametrize(("q", "found"), FOUND)
async def test_tenants_are_found_by_name_mail_and_id(backend, acme, q, found):
    page = await backend.ask(ada, tenants.page, PageRequest(), q=q)
    assert {tenant.id for tenant in page.items} == found


async def test_preferences_are_the_tenants_own(backend, acme):
    patch = PreferencesPatch(preferred_language="nl", notification_opt_outs=["usage.threshold_reached"])
    tenant = await backend.perform(alice, tenants.update_preferences, ACME, patch)
    assert (tenant.preferred_language, tenant.notification_opt_outs) == ("nl", ["usage.threshold_reached"])
    for other in (gina, tom):
        with pytest.raises((NotFound, Forbidden)):
            await backend.perform(other, tenants.update_preferences, ACME, patch)


@pytest.mark.parametrize(
    ("address", "missing"),
    [
        ({"country_code": "HK", "state": "Kowloon"}, []),
        ({"country_code": "IE", "city": "Dublin"}, []),
        ({"country_code": "AE", "city": "Dubai"}, []),
        ({"country_code": "SG", "postal_code": "546080"}, []),
        ({"country_code": "NL", "city": "Rotterdam"}, ["postal_code"]),
        ({"country_code": "DE", "postal_code": "10115"}, ["city"]),
        ({"city": "Nowhere"}, ["postal_code", "country_code"]),
    ],
)
async def test_a_postcode_is_asked_for_only_where_the_country_has_them(backend, acme, address, missing):
    await store_tenant(backend, "tnt_new", billed=False)
    profile = await save(backend, petra, "tnt_new", company_name="Acme", address_line1="1 Queen's Road", **address)
    assert profile.missing_for_finalisation == missing


async def test_a_postcode_that_is_sent_fits_its_country_and_one_that_is_stored_may_stay(backend, acme):
    with pytest.raises(Invalid, match="'10115' is not a postcode of Netherlands such as 1234 AB or 2490 AA") as refused:
        await save(backend, postal_code="10115")
    assert [reason.field for reason in refused.value.reasons] == ["postal_code"]
    with pytest.raises(Invalid, match="'3011 AD' is not a postcode of Germany"):
        await save(backend, country_code="DE", postal_code="3011 AD", vat_number=None)
    assert (await save(backend, postal_code="3011 ad", city="Delft")).postal_code == "3011 AD"

    async def stored_before(uow):
        await uow.session.execute(update(BillingProfile).values(postal_code="old"))

    await backend.perform(ada, stored_before)
    assert (await save(backend, postal_code="old", city="Gouda")).postal_code == "old"


@pytest.mark.parametrize("written", ["ap@acme.example,cfo", "ap", "Ann <ap@acme.example>"])
def test_a_contact_address_is_one_address(written):
    with pytest.raises(ValidationError, match=r"is not one mail address such as ap@acme\.example"):
        BillingProfileIn(contact_email=written)


async def test_a_contact_address_is_kept_in_one_way_and_an_empty_one_clears(backend, acme):
    assert (await save(backend, contact_email=" AP@BÜCHER.example ")).contact_email == "AP@bücher.example"
    assert (await save(backend, contact_email=" ")).contact_email is None
