"""The console's billing runs: planned, compared, applied exactly, and what was set aside."""

import pytest
from sqlalchemy import delete, select

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing
from scaicontrol.services.billing.models import BillingRun, QuarantineItem
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.tenants.models import BillingProfile
from tests.factories import ACME, GLOBEX, NORTHWIND, ada, gina, petra
from tests.factories.subscriptions import subscribed
from tests.surfaces.console_browser import press, said

RUN, HELD = "/admin/billing-run", "/admin/quarantine-item"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def planned(backend: Backend) -> BillingRun:
    return await billing.plan(backend, petra, NORTHWIND, backend.clock.now())


async def invoices_of(backend: Backend) -> list[Invoice]:
    async def read(uow: UnitOfWork) -> list[Invoice]:
        return list(await uow.session.scalars(select(Invoice)))

    return await backend.ask(ada, read)


async def held(backend: Backend) -> QuarantineItem:
    """Acme has no profile any more, so that its charge is set aside."""

    async def forget(uow: UnitOfWork) -> None:
        await uow.session.execute(delete(BillingProfile).where(BillingProfile.tenant_id == ACME))

    await subscribed(backend)
    await backend.perform(ada, forget)
    await planned(backend)
    return (await backend.ask(petra, billing.page_quarantine, PageRequest())).items[0]


async def test_a_run_is_planned_in_a_form_and_writes_nothing(browser, backend):
    await subscribed(backend)
    async with browser("petra") as client:
        assert "Nothing here yet" in (await client.get(f"{RUN}/list")).text
        answer = await press(client, f"{RUN}/do/plan")
        page = said(await client.get(answer.headers["location"]))
        wrong = await press(client, f"{RUN}/do/plan", as_of="soon")
    assert "1 documents are planned and 0 charges set aside; nothing is written yet." in page
    assert "Net 10.00 EUR" in page
    assert wrong.status_code == 422
    assert await invoices_of(backend) == []


async def test_exactly_what_was_shown_is_applied(browser, backend):
    await subscribed(backend)
    run = await planned(backend)
    async with browser("petra") as client:
        other = await press(client, f"{RUN}/{run.id}/do/apply", plan_hash="0" * 64)
        assert other.status_code == 409
        assert await invoices_of(backend) == []
        assert run.plan_hash in (await client.get(f"{RUN}/{run.id}/do/apply")).text
        done = await press(client, f"{RUN}/{run.id}/do/apply", plan_hash=str(run.plan_hash))
        page = said(await client.get(done.headers["location"]))
    assert "1 documents are written." in page
    assert "1 written, 0 set aside, 0 to go" in page
    assert [row.billing_run_id for row in await invoices_of(backend)] == [run.id]


async def test_a_run_that_looks_ahead_says_why_it_cannot_be_applied(browser, backend, clock):
    await subscribed(backend)
    async with browser("petra") as client:
        answer = await press(client, f"{RUN}/do/plan", as_of=f"{clock.now().year + 1}-01-01T00:00")
        page = await client.get(answer.headers["location"])
    assert "It looks ahead" in page.text
    assert "/do/apply" not in page.text


async def test_it_is_compared_with_the_last_one_and_outliers_come_first(browser, backend, clock):
    await subscribed(backend)
    run = await planned(backend)
    await billing.apply(backend, petra, run.id, str(run.plan_hash))
    await subscribed(backend, "scaidrive.team", actor=gina, quantity=20)
    second = await planned(backend)
    async with browser("petra") as client:
        page = said(await client.get(f"{RUN}/details/{second.id}"))
        none = said(await client.get(f"{RUN}/details/{second.id}?with=run_nowhere"))
        again = said(await client.get(f"{RUN}/details/{second.id}?with={second.id}"))
    assert "differ by half or more" in page
    assert "outlier" in page
    assert "No billing run is called run_nowhere." in none
    assert "Every document comes to the same." in again


async def test_a_planned_document_shows_its_lines(browser, backend):
    await subscribed(backend, "scaidrive.team", actor=gina, quantity=2)
    run = await planned(backend)
    [document] = await backend.ask(petra, billing.documents, run.id)
    async with browser("petra") as client:
        page = said(await client.get(f"{RUN}/{run.id}/document/{document.key}"))
        assert (await client.get(f"{RUN}/{run.id}/document/nothing")).status_code == 404
    assert document.tenant_id == GLOBEX
    assert "Net 60.00 EUR" in page


async def test_a_run_is_discarded(browser, backend):
    await subscribed(backend)
    run = await planned(backend)
    async with browser("petra") as client:
        assert (await press(client, f"{RUN}/{run.id}/do/discard")).status_code == 303
        assert "/do/apply" not in (await client.get(f"{RUN}/details/{run.id}")).text


async def test_what_was_set_aside_shows_its_inputs_and_is_waived_once(browser, backend):
    item = await held(backend)
    async with browser("petra") as client:
        assert item.id in (await client.get(f"{HELD}/list?status=open")).text
        page = await client.get(f"{HELD}/details/{item.id}")
        assert item.detail in said(page)
        assert item.subject_id in said(page)
        assert "&#34;plan_name&#34;" in page.text
        waived = await press(client, f"{HELD}/{item.id}/do/resolve", resolution="waive", reason="Agreed by phone")
        assert "It is never asked for again." in (await client.get(waived.headers["location"])).text
        again = await press(client, f"{HELD}/{item.id}/do/resolve", resolution="retry", reason="No, not so")
        assert again.status_code == 400
        assert "it was resolved as waive" in said(again)
        assert item.id not in (await client.get(f"{HELD}/list?status=open")).text


async def test_another_partner_finds_neither_runs_nor_quarantine(browser, backend):
    item = await held(backend)
    async with browser("sam") as client:
        assert (await client.get(f"{RUN}/details/{item.run_id}")).status_code == 404
        assert (await client.get(f"{HELD}/details/{item.id}")).status_code == 404
        assert item.id not in (await client.get(f"{HELD}/list")).text
