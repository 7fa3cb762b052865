"""Plans at the console: their versions, whom an edit touches, what a period costs, and partners' own prices."""

from decimal import Decimal

import pytest

from scaicontrol.services import catalog
from scaicontrol.services.catalog import Bracket
from tests.factories import NORTHWIND, ada
from tests.factories.catalog import store_override, store_plan
from tests.factories.plan_moves import edited
from tests.factories.subscriptions import subscribed
from tests.surfaces.console_browser import press, said

from .conftest import preview

PRO = "/admin/plan/details/pln_pro"
EDIT = "/admin/plan/pln_pro/do/update"
AS_IT_IS = {
    "name": "Pro", "tier": "pro", "base_price": "10.00", "cost_multiplier": "1", "trial_days": "0", "sort_order": "0",
    "quotas": "storage_gb, 100\napi_calls, 1000", "items": "Everything", "unit": "user", "is_public": "yes",
    "is_active": "yes",
}  # fmt: skip


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def test_a_plan_says_who_has_which_version(browser, backend):
    await subscribed(backend, quantity=3)
    await edited(backend, 1200)
    async with browser("petra") as client:
        page = said(await client.get(PRO))
    assert "2 sold now 12.00 EUR" in page
    assert "1 10.00 EUR" in page


async def test_an_edit_says_first_whom_it_touches(browser, backend):
    await subscribed(backend)
    async with browser("ada") as client:
        same = said(await preview(client, EDIT, **AS_IT_IS))
        assert "What differs Nothing." in same
        dearer = said(await preview(client, EDIT, **AS_IT_IS | {"base_price": "12.50"}))
        assert "Version 2, for who subscribes from now on base price cents" in dearer
        assert "Keep version 1 1 subscription" in dearer
        assert (await backend.ask(ada, catalog.get, "pln_pro")).plan_version == 1
        done = await press(client, EDIT, **AS_IT_IS | {"base_price": "12.50"})
        assert done.status_code == 303, said(done)
    plan = await backend.ask(ada, catalog.get, "pln_pro")
    assert (plan.plan_version, plan.base_price_cents) == (2, 1250)


async def test_tiers_are_typed_as_lines_and_shown_as_a_table(browser, backend):
    lines = "api_calls, 0, 10000, 0.05, 1000, call\napi_calls, 10000, , 0.04, 1000, call"
    async with browser("ada") as client:
        done = await press(client, EDIT, **AS_IT_IS, usage=lines)
        assert done.status_code == 303, said(done)
        assert "Api calls 10000 ∞ 0.04 EUR 1,000 call each bracket its part" in said(await client.get(PRO))
        assert "api_calls, 10000, , 0.04, 1000, call" in (await client.get(EDIT)).text
        for wrong in ("api_calls, 0", "api_calls, 0, , 0.055, 1, call", "unheard, 0, , 1"):
            assert (await press(client, EDIT, **AS_IT_IS, usage=wrong)).status_code == 422


async def test_packages_setting_up_and_a_minimum_are_typed_shown_and_worked_out(browser, backend):
    lines = "api_calls, 0, , 5.00, 100, call, package, 2.50"
    async with browser("ada") as client:
        done = await press(client, EDIT, **AS_IT_IS, usage=lines, setup_price="50", minimum_use="30.00")
        assert done.status_code == 303, said(done)
        page = said(await client.get(PRO))
        assert "Api calls 0 ∞ 5.00 EUR and 2.50 EUR once 100 call whole packages" in page
        assert "50.00 EUR 30.00 EUR" in page
        again = await client.get(EDIT)
        assert lines in again.text
        assert 'value="50.00"' in again.text
        priced = said(await client.get("/admin/plan/pln_pro/price?use_api_calls=101"))
        assert "101 at 5.00 EUR for each 100 begun, and 2.50 EUR once 12.50 EUR" in priced
        assert "To the least that use is charged 30.00 EUR 17.50 EUR" in priced
        assert "Once, with the first period: 50.00 EUR for setting up." in priced
        mixed = f"{lines}\nstorage_gb, 0, 10, 1\nstorage_gb, 10, , 1, 1, GB, volume"
        refused = await press(client, EDIT, **AS_IT_IS, usage=mixed)
        assert refused.status_code == 422
        assert "The prices of storage_gb mix price models" in said(refused)


async def test_a_price_is_worked_out_as_it_would_be_charged(browser, backend):
    brackets = [Bracket(Decimal(0), Decimal(1000), 10), Bracket(Decimal(1000), None, 5)]
    await store_plan(backend, "metered", usage={"api_calls": brackets})
    await store_override(backend, "pln_metered", markup_percent=Decimal(-10))
    async with browser("petra") as client:
        path = f"/admin/plan/pln_metered/price?quantity=3&use_api_calls=1500&partner={NORTHWIND}"
        page = said(await client.get(path))
        assert "3 × 9.00 EUR the partner's markup 27.00 EUR" in page
        assert "1000 at 0.10 EUR 500 at 0.05 EUR 125.00 EUR" in page
        assert "Net, monthly 152.00 EUR" in page
        refused = await client.get("/admin/plan/pln_metered/price?use_api_calls=many")
    assert refused.status_code == 422
    assert "'many' is not a quantity" in said(refused)


async def test_plans_are_made_and_taken_off_sale(browser, backend):
    form = {"service": "scaidrive", "slug": "basic", "billing_period": "monthly", "currency": "EUR"}
    async with browser("ada") as client:
        made = await press(client, "/admin/plan/do/create", **form | AS_IT_IS)
        assert made.status_code == 303, said(made)
        page = await client.get(made.headers["location"])
        assert "Plan scaidrive.basic is made." in said(page)
        plan = await backend.ask(ada, catalog.plan_by, "scaidrive.basic")
        assert (await press(client, f"/admin/plan/{plan.id}/do/deactivate")).status_code == 303
    assert not (await backend.ask(ada, catalog.plan_by, "scaidrive.basic")).is_active
    async with browser("petra") as client:
        assert (await client.get("/admin/plan/do/create")).status_code == 403
        assert (await client.get(EDIT)).status_code == 403


async def test_a_partner_gets_keeps_and_loses_its_own_price(browser):
    given = {"partner": NORTHWIND, "plan": "scaidrive.pro", "price": "8.50", "currency": "EUR"}
    async with browser("ada") as client:
        made = await press(client, "/admin/price-override/do/add", **given, valid_from="2026-02-01")
        assert made.status_code == 303, said(made)
        where = made.headers["location"]
        assert "8.50 EUR" in said(await client.get(where))
        verb = where.replace("details/", "") + "/do/"
        changed = await press(client, verb + "change", markup_percent="-20", currency="EUR", valid_from="2026-02-01")
        assert changed.status_code == 303, said(changed)
        assert "list − 20 %" in said(await client.get("/admin/price-override/list"))
        overlapping = await press(client, "/admin/price-override/do/add", **given, valid_from="2026-03-01")
        assert overlapping.status_code == 409
        gone = await press(client, verb + "remove")
        assert gone.headers["location"].endswith("/admin/price-override/list")
    async with browser("petra") as client:
        assert (await client.get("/admin/price-override/do/add")).status_code == 403
