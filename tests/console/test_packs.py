"""What the console says of packs on other pages: each leads to the page of the pack."""

import pytest
from sqlalchemy import delete

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing
from scaicontrol.services.tenants.models import BillingProfile
from tests.factories import ACME, NORTHWIND, ada, petra
from tests.factories.packs import beside, packed, sold


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def test_a_charge_of_a_pack_leads_to_the_pack_in_a_run_and_where_it_is_set_aside(browser, backend: Backend):
    async def forget(uow: UnitOfWork) -> None:
        await uow.session.execute(delete(BillingProfile).where(BillingProfile.tenant_id == ACME))

    await beside(backend)
    await sold(backend)
    row = await packed(backend)
    run = await billing.plan(backend, petra, NORTHWIND, backend.clock.now())
    [document] = await backend.ask(petra, billing.documents, run.id)
    async with browser("petra") as client:
        written = await client.get(f"/admin/billing-run/{run.id}/document/{document.key}")
        await backend.perform(ada, forget)
        await billing.plan(backend, petra, NORTHWIND, backend.clock.now())
        aside = await client.get("/admin/quarantine-item/list")
    for page in (written, aside):
        assert f"/admin/pack-subscription/details/{row.id}" in page.text
        assert f"/admin/subscription/details/{row.id}" not in page.text


async def test_the_page_of_a_tenant_leads_to_all_of_its_packs(browser, backend: Backend):
    async with browser("petra") as client:
        assert "All of its packs" not in (await client.get(f"/admin/tenant/details/{ACME}")).text
        await beside(backend)
        await sold(backend)
        row = await packed(backend)
        page = (await client.get(f"/admin/tenant/details/{ACME}")).text
        assert f"/admin/pack-subscription/list?tenant={ACME}" in page
        listed = await client.get(f"/admin/pack-subscription/list?tenant={ACME}")
    assert row.id in listed.text
