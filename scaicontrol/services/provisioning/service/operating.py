"""What an operator does with a workflow that does not get on."""

from scaicontrol.core.errors import NotFound, Refused, invalid
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..lifecycle import OPEN_STEPS, StepStatus, WorkflowStatus
from ..models import ProvisioningWorkflow
from ..plan import ProvisioningAction
from .engine import activate, roll_back, settle, skip
from .telling import tell_completed


@verb
async def force_complete(uow: UnitOfWork, workflow_id: str, reason: str) -> ProvisioningWorkflow:
    """
    Skip every open step and call the workflow completed; a subscription that waited for it is activated.

    Raises NotFound, Invalid without a reason, Refused for a workflow that has ended.
    """
    uow.authorize("provisioning:manage")
    if not reason.strip():
        raise invalid("reason", "Say why the workflow is completed by force.", "missing")
    workflow = await queries.get(uow, workflow_id, lock=True)
    workflow.advance("complete" if workflow.status is WorkflowStatus.running else "force_complete")
    for step in workflow.steps:
        if step.status in OPEN_STEPS:
            skip(uow, step)
    workflow.forced = True
    if workflow.action is ProvisioningAction.provision:
        await activate(uow, workflow)
    tell_completed(uow, workflow, reason=reason)
    return workflow


@verb
async def retry_step(uow: UnitOfWork, workflow_id: str, step_name: str) -> ProvisioningWorkflow:
    """
    Let a failed step run again, with a fresh count of attempts, and its workflow with it.

    Raises NotFound for the workflow or the step, Refused for a step that did not fail.
    """
    uow.authorize("provisioning:manage")
    workflow = await queries.get(uow, workflow_id, lock=True)
    step = workflow.step(step_name)
    if step is None:
        names = ", ".join(each.name for each in workflow.steps)
        raise NotFound(f"{workflow} has no step {step_name}; it has {names}.")
    if step.status is not StepStatus.failed:
        raise Refused(f"Cannot retry {step}: it is {step.status}, not failed.")
    if workflow.status is not WorkflowStatus.running:
        workflow.advance("retry_step")
    step.advance("retry")
    step.retries, step.attempts, step.extensions = step.retries + 1, 0, 0
    step.started_at = step.finished_at = step.next_run_at = step.final_answer_sha256 = None
    workflow.rollback_at = None
    await settle(uow, workflow)
    return workflow


@verb
async def rollback(uow: UnitOfWork, workflow_id: str) -> ProvisioningWorkflow:
    """
    Undo a failed workflow now, or repeat a rollback that failed.

    Raises NotFound, and Refused for what leaves nothing to undo or is rolling back already.
    """
    uow.authorize("provisioning:manage")
    workflow = await queries.get(uow, workflow_id, lock=True)
    if workflow.action is not ProvisioningAction.provision:
        raise Refused(f"Cannot roll back {workflow}: {workflow.action} leaves nothing to undo.")
    if workflow.status is WorkflowStatus.rolling_back:
        raise Refused(f"Cannot roll back {workflow}: it is rolling back already.")
    await roll_back(uow, workflow)
    return workflow
