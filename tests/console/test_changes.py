"""The inbox of change plans: what each would do, decided by another person, applied by whoever planned it."""

import pytest

from scaicontrol.core.actor import Actor
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.services import changes, invoices
from scaicontrol.services.invoices.models import Invoice
from tests.factories import ada, sam
from tests.factories.changes import bob
from tests.factories.invoices import again, sent
from tests.surfaces.console_browser import press, said


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def planned(backend: Backend, by: Actor) -> tuple[str, Invoice]:
    invoice = await sent(backend)
    with pytest.raises(ApprovalRequired) as refused:
        await backend.perform(by, invoices.void, invoice.id, "Written twice")
    return refused.value.details["change_plan"]["id"], invoice


async def test_a_plan_says_what_it_would_do(browser, backend):
    plan, invoice = await planned(backend, bob)
    async with browser("ada") as client:
        assert plan in (await client.get("/admin/change-plan/list?status=pending_approval")).text
        page = await client.get(f"/admin/change-plan/details/{plan}")
    text = said(page)
    assert "Void goes out 22.99 EUR" in text
    assert "amount due 22.99 EUR 0.00 EUR" in text
    assert "Written twice" in text
    assert f"/admin/invoice/details/{invoice.id}" in page.text


async def test_another_person_approves_and_rejects(browser, backend):
    for verb, form in (("approve", {}), ("reject", {"reason": "It is right"})):
        plan, invoice = await planned(backend, bob)
        async with browser("ada") as client:
            done = await press(client, f"/admin/change-plan/{plan}/do/{verb}", **form)
            assert done.status_code == 303, said(done)
        assert (await backend.ask(bob, changes.get, plan)).decided_by == ada.id
        assert (await again(backend, invoice)).status == "sent"


async def test_nobody_approves_what_they_planned(browser, backend):
    plan, _ = await planned(backend, ada)
    async with browser("ada") as client:
        page = await client.get(f"/admin/change-plan/details/{plan}")
        assert "/do/approve" not in page.text
        assert "another person decides about it" in said(page)
        assert ">Approve</button>" not in (await client.get(f"/admin/change-plan/{plan}/do/approve")).text


async def test_what_was_approved_is_applied_once(browser, backend):
    plan, invoice = await planned(backend, ada)
    await backend.perform(bob, changes.approve, plan)
    path = f"/admin/change-plan/{plan}/do/apply"
    known = (await backend.ask(ada, changes.get, plan)).plan_hash
    async with browser("ada") as client:
        other = await press(client, path, plan_hash="0" * 64)
        assert other.status_code == 409
        assert (await again(backend, invoice)).status == "sent"
        done = await press(client, path, plan_hash=known)
        assert done.status_code == 303, said(done)
        assert "It is applied exactly as shown" in said(await client.get(done.headers["location"]))
        assert "/do/apply" not in (await client.get(f"/admin/change-plan/details/{plan}")).text
    assert (await again(backend, invoice)).status == "void"


async def test_plans_of_another_scope_are_not_there(browser, backend):
    plan, _ = await planned(backend, ada)
    async with browser("sam") as client:
        assert sam.may("changes:approve")
        assert (await client.get(f"/admin/change-plan/details/{plan}")).status_code == 404
        assert (await client.get(f"/admin/change-plan/{plan}/do/approve")).status_code == 404
