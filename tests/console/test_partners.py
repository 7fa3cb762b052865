"""A partner at the console: what it sells to whom, and its terms, edited part by part."""

import pytest

from scaicontrol.services import partners
from tests.factories import NORTHWIND, SOUTHBAY, petra
from tests.factories.catalog import store_override
from tests.factories.invoices import finalized
from tests.factories.subscriptions import subscribed
from tests.surfaces.console_browser import press, said

PAGE = f"/admin/partner/details/{NORTHWIND}"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def test_a_page_shows_tenants_terms_numbers_and_own_prices(browser, backend):
    await subscribed(backend)
    invoice = await finalized(backend)
    await store_override(backend, price_cents=800)
    async with browser("petra") as client:
        page = await client.get(PAGE)
    text = said(page)
    for part in ("Acme", "Globex", "Northwind Cloud B.V.", "Europe/Amsterdam", "scaidrive.pro", "8.00 EUR"):
        assert part in text
    assert f"Invoice 2026 {str(invoice.number).rpartition('-')[0].removesuffix('-2026')}" in text
    assert "/admin/tenant/details/tnt_acme" in page.text
    assert "Initech" not in text


async def test_another_partner_and_a_viewer_change_nothing(browser):
    async with browser("petra") as client:
        assert (await client.get(f"/admin/partner/details/{SOUTHBAY}")).status_code == 404
    async with browser("pim") as client:
        assert (await client.get(PAGE)).status_code == 403
        assert (await client.get(f"/admin/partner/{NORTHWIND}/do/configure_bank")).status_code == 403


async def test_a_form_changes_its_part_and_leaves_the_rest(browser, backend):
    path = f"/admin/partner/{NORTHWIND}/do/configure_dunning"
    form = {"dunning_suspend_day": "30", "overdue_grace_days": "2", "dispute_lost": "write_off"}
    async with browser("petra") as client:
        shown = await client.get(path)
        assert 'value="1, 3, 5, 7"' in shown.text
        done = await press(client, path, dunning_retry_days="2, 4", dunning_reminder_days="", **form)
        assert done.status_code == 303, said(done)
    terms = await backend.ask(petra, partners.configuration, NORTHWIND)
    assert (terms.dunning_retry_days, terms.dunning_reminder_days, terms.dispute_lost) == ([2, 4], [], "write_off")
    assert terms.legal_name == "Northwind Cloud B.V."


async def test_what_is_no_number_is_named(browser):
    path = f"/admin/partner/{NORTHWIND}/do/configure_dunning"
    form = {"dunning_suspend_day": "soon", "overdue_grace_days": "2", "dispute_lost": "reopen"}
    async with browser("petra") as client:
        refused = await press(client, path, **form)
    assert refused.status_code == 422
    assert "'soon' is not a whole number." in said(refused)
