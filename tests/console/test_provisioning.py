"""Workflows at the console: drawn as a graph, retried, rolled back, completed by force."""

import pytest

from scaicontrol.core.backend import Backend
from scaicontrol.core.ports import ServiceReply
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning
from scaicontrol.services.provisioning.models import ProvisioningWorkflow
from scaicontrol.services.registry.models import Service
from tests.factories import SCAIDRIVE, ada
from tests.factories.subscriptions import PROVISIONING_URL, subscribed
from tests.surfaces.console_browser import press, said

VIEW = "/admin/provisioning-workflow"


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def failed(backend: Backend) -> ProvisioningWorkflow:
    """A workflow whose first call was refused for good."""

    async def move(uow: UnitOfWork) -> None:
        (await uow.session.get_one(Service, SCAIDRIVE)).provisioning_url = PROVISIONING_URL

    await backend.perform(ada, move)
    backend.ports.services.replies[PROVISIONING_URL] = [ServiceReply(400, {"message": "unknown tenant"})]  # type: ignore[attr-defined]  # in memory
    await subscribed(backend)
    await provisioning.run_due(backend)
    return await backend.ask(ada, provisioning.latest, "scaidrive")


async def test_a_workflow_is_drawn_with_what_went_wrong(browser, backend):
    workflow = await failed(backend)
    async with browser("ada") as client:
        assert "failed" in said(await client.get(f"{VIEW}/list?status=failed"))
        page = await client.get(f"{VIEW}/details/{workflow.id}")
    assert page.text.count('<g class="step') == len(workflow.steps)
    assert "step-failed" in page.text
    assert page.text.count("<path") >= 6
    assert "unknown tenant" in said(page)


async def test_a_failed_step_is_retried(browser, backend):
    workflow = await failed(backend)
    async with browser("ada") as client:
        path = f"{VIEW}/{workflow.id}/do/retry_step"
        assert 'value="create_account"' in (await client.get(path)).text
        done = await press(client, path, step_name="create_account")
        assert done.status_code == 303, said(done)
        assert "/do/retry_step" not in (await client.get(f"{VIEW}/details/{workflow.id}")).text
    await provisioning.run_due(backend)
    again = await backend.ask(ada, provisioning.get, workflow.id)
    assert (again.status, [step.retries for step in again.steps if step.name == "create_account"]) == ("running", [1])


async def test_a_failed_workflow_is_undone_or_completed_by_force(browser, backend):
    workflow = await failed(backend)
    async with browser("ada") as client:
        path = f"{VIEW}/{workflow.id}/do/"
        assert (await press(client, path + "force_complete", reason="")).status_code == 422
        done = await press(client, path + "force_complete", reason="Set up by hand.")
        assert done.status_code == 303, said(done)
        assert ">Roll back</button>" not in (await client.get(path + "rollback")).text
    assert (await backend.ask(ada, provisioning.get, workflow.id)).status == "completed"


async def test_others_see_no_workflow(browser, backend):
    workflow = await failed(backend)
    for name in ("petra", "pim"):
        async with browser(name) as client:
            assert (await client.get(f"{VIEW}/list")).status_code == 403
            assert (await client.get(f"{VIEW}/details/{workflow.id}")).status_code == 403
