"""What is not provisioned, who sees a workflow, and which machines drive it."""

import pytest

from scaicontrol.core.errors import Conflict, NotFound
from scaicontrol.core.ports import ServiceReply
from scaicontrol.services import provisioning, subscriptions
from scaicontrol.services.provisioning import ProvisioningAction
from scaicontrol.services.provisioning.lifecycle import StepLifecycle, StepStatus, WorkflowLifecycle, WorkflowStatus
from scaicontrol.services.provisioning.service.starting import follow
from tests.factories import ada, alice, gina
from tests.factories.catalog import store_plan
from tests.factories.subscriptions import facts, market, show, subscribed
from tests.provisioning.test_workflows import OK, started, sweep, the_workflow


async def test_a_plan_that_limits_what_is_not_measured_is_not_provisioned(backend):
    await market(backend)
    await store_plan(backend, "odd", quotas={"unicorns": 3})
    odd = await subscribed(backend, "scaidrive.odd")
    workflow = await the_workflow(backend)
    assert (workflow.status, workflow.failed_step) == ("failed", "validate")
    assert workflow.error_message == "Plan scaidrive.odd limits unicorns, which scaidrive does not measure."
    assert (await show(backend, odd.id)).status == "pending"


async def test_a_service_without_an_address_is_told_nothing(backend):
    await market(backend)
    pro = await subscribed(backend)
    assert await backend.perform(ada, follow, pro.id, ProvisioningAction.suspend, "evt_1") is None


async def test_facts_have_exactly_the_promised_fields(backend, clock):
    await started(backend, ServiceReply(400), OK, ServiceReply(200))
    await sweep(backend, clock)
    await backend.perform(ada, provisioning.retry_step, (await the_workflow(backend)).id, "create_account")
    await sweep(backend, clock, times=3, seconds=5)
    failed, completed = await facts(backend, "provisioning.failed", "provisioning.completed")
    common = "workflow_id action subscription_id tenant_id partner_id service_slug plan_key"
    assert sorted(failed.payload) == sorted(
        f"{common} failed_step error_code error_message rolled_back failed_at".split()
    )
    assert sorted(completed.payload) == sorted(f"{common} forced duration_seconds completed_at".split())
    assert completed.key.endswith(":completed:terminal")


async def test_a_stranger_sees_no_workflow(backend):
    await started(backend)
    assert (await the_workflow(backend, alice)).tenant_id == "tnt_acme"
    with pytest.raises(NotFound):
        await the_workflow(backend, gina)
    with pytest.raises(Conflict):
        await subscribed(backend)


def test_the_machines_are_the_drawn_ones():
    workflow = {(a, b) for a, _, b in WorkflowLifecycle.transitions()}
    assert workflow == {
        ("pending", "running"), ("pending", "cancelled"), ("running", "completed"), ("running", "failed"),
        ("failed", "running"), ("failed", "rolling_back"), ("failed", "completed"), ("rolling_back", "rolled_back"),
        ("rolling_back", "rollback_failed"), ("rollback_failed", "rolling_back"), ("rollback_failed", "completed"),
    }  # fmt: skip
    step = {(a, b) for a, _, b in StepLifecycle.transitions()} - {("compensation_failed", "compensating")}
    ends = {
        (waiting, end) for waiting in ("waiting_callback", "waiting_poll") for end in ("completed", "failed", "skipped")
    }
    assert step == ends | {
        ("pending", "running"), ("pending", "skipped"), ("running", "completed"), ("running", "waiting_callback"),
        ("running", "waiting_poll"), ("running", "failed"), ("running", "skipped"), ("failed", "pending"),
        ("completed", "compensating"), ("compensating", "compensated"), ("compensating", "compensation_failed"),
    }  # fmt: skip
    assert len(WorkflowStatus) == 8
    assert len(StepStatus) == 10


async def test_the_subscription_of_a_cancelled_tenant_is_deprovisioned(backend, clock):
    pro = await started(backend, OK, ServiceReply(200))
    await sweep(backend, clock, times=2)
    await backend.perform(ada, subscriptions.cancel, pro.id, immediate=True)
    await backend.perform(ada, follow, pro.id, ProvisioningAction.deprovision, "evt_9")
    await sweep(backend, clock)
    assert backend.ports.services.calls[-1][2]["action"] == "deprovision"
    assert backend.ports.vault.secrets == {}
