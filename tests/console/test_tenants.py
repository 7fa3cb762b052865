"""A tenant at the console: what it pays and owes, its whole story, its billing profile."""

import re

import pytest

from admin_views.pressing import VIEW_COOKIE
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import identity, tenants
from scaicontrol.services.tenants.schemas import BillingProfileIn
from tests.factories import ACME, GLOBEX, INITECH, alice
from tests.factories.identity import store_user
from tests.factories.invoices import sent
from tests.factories.subscriptions import subscribed
from tests.surfaces.console_browser import OURS, press, said

PAGE = f"/admin/tenant/details/{ACME}"
EDIT = f"/admin/tenant/{ACME}/do/save_billing_profile"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def test_the_list_says_what_each_pays_and_owes(browser, backend):
    await subscribed(backend)
    await sent(backend)
    async with browser("petra") as client:
        listed = await client.get("/admin/tenant/list?sort=name&search=Ac")
        file = await client.get("/admin/tenant/export/csv?search=Ac")
    assert "Acme Northwind NL 10.00 EUR 22.99 EUR" in said(listed)
    assert "Globex" not in said(listed)
    assert ACME in file.text or "Acme" in file.text


async def test_a_page_tells_the_whole_story(browser, backend):
    subscription, invoice = await subscribed(backend), await sent(backend)
    await store_user(backend, "anna", "tenant_admin")
    async with browser("petra") as client:
        page = await client.get(PAGE)
    text = said(page)
    for part in ("scaidrive.pro", str(invoice.number), "Anna", "anna@example.com", "Coolsingel 40", "Invoice sent"):
        assert part in text
    for kind, row in (("subscription", subscription), ("invoice", invoice)):
        assert f"/admin/{kind}/details/{row.id}" in page.text
    assert "/admin/partner/details/prt_northwind" in page.text


async def test_what_nobody_may_see_is_not_shown(browser, backend):
    invoice = await sent(backend)
    async with browser("petra") as client:
        assert (await client.get(f"/admin/tenant/details/{INITECH}")).status_code == 404
        assert (await client.get(f"/admin/tenant/{INITECH}/do/exempt")).status_code == 404
        assert "Initech" not in (await client.get("/admin/tenant/list")).text
    async with browser("pim") as client:
        page = await client.get(PAGE)
        assert page.status_code == 200
        assert "/do/" not in page.text
        assert f"/admin/invoice/details/{invoice.id}" not in page.text
        assert (await client.get(EDIT)).status_code == 403


async def test_a_profile_is_edited_and_vies_says_at_once_what_it_thinks(browser, backend):
    backend.ports.vat_register.valid.add("NL123456782B90")
    async with browser("petra") as client:
        form = {"company_name": "Acme Holding B.V.", "phone": "", "is_business": "yes", "vat_number": "NL123456782B90"}
        answer = await press(client, EDIT, **form)
        assert answer.status_code == 303, said(answer)
        page = said(await client.get(answer.headers["location"]))
    assert "VIES says that NL123456782B90 is valid." in page
    assert "Acme Holding B.V." in page
    profile = await backend.ask(alice, tenants.billing_profile, ACME)
    assert profile is not None
    assert (profile.phone, profile.city) == (None, "Rotterdam")


async def test_a_colleague_who_was_faster_is_not_overwritten(browser, backend):
    await backend.perform(alice, tenants.save_billing_profile, ACME, BillingProfileIn(city="Delft"))
    async with browser("petra") as client:
        answer = await press(client, EDIT, city="Gouda", is_business="yes", version="1")
    assert answer.status_code == 409
    assert "Gouda" in answer.text
    profile = await backend.ask(alice, tenants.billing_profile, ACME)
    assert profile is not None
    assert profile.city == "Delft"


async def test_an_exemption_needs_its_reason(browser, backend):
    path = f"/admin/tenant/{GLOBEX}/do/exempt"
    async with browser("petra") as client:
        refused = await press(client, path, tax_exempt="yes", tax_exempt_reason="")
        assert refused.status_code == 422
        assert "An exemption needs its reason" in said(refused)
        done = await press(client, path, tax_exempt="yes", tax_exempt_reason="Art. 151")
        assert done.status_code == 303
        assert "Art. 151" in said(await client.get(f"/admin/tenant/details/{GLOBEX}"))


async def test_a_tenant_without_anything_has_a_page_that_says_so(browser):
    async with browser("ada") as client:
        page = said(await client.get(f"/admin/tenant/details/{GLOBEX}"))
    for sentence in (
        "This tenant has subscribed to nothing yet.",
        "Nothing was invoiced to it",
        "Nothing is owed back",
    ):
        assert sentence in page


async def test_viewing_as_the_tenant_opens_its_portal_once_for_each_page_handed_out(browser, backend):
    path = f"/admin/tenant/{ACME}/do/view_portal"
    async with browser("petra") as client:
        refused = await press(client, path, reason="An invoice is missing.", ticket="")
        assert refused.status_code == 422
        assert "ticket is missing" in said(refused)
        token = re.search(r'name="form_token" value="([^"]+)"', (await client.get(path)).text)
        assert token
        form = {"form_token": token[1], "reason": "An invoice is missing.", "ticket": "SUP-1234"}
        answers = [await client.post(path, data=form, headers=OURS) for _twice in range(2)]
    set_by = [answer.headers["set-cookie"] for answer in answers]
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, "/")] * 2
    assert set_by[0] == set_by[1]
    assert {"secure", "httponly", "path=/", "samesite=strict"} <= {one.strip().lower() for one in set_by[0].split(";")}
    page = await backend.ask(alice, identity.page_portal_views, PageRequest(page=1, page_size=25))
    assert [(view.operator_id, view.ticket) for view in page.items] == [("usr_petra", "SUP-1234")]
    assert set_by[0].startswith(f"{VIEW_COOKIE}={page.items[0].id};")


async def test_who_only_watches_and_who_sees_another_partner_opens_no_portal(browser):
    for name, tenant, status in (("pim", ACME, 403), ("petra", INITECH, 404)):
        async with browser(name) as client:
            assert (await client.get(f"/admin/tenant/{tenant}/do/view_portal")).status_code == status
