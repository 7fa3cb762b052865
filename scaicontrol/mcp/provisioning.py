"""How services are set up and taken down for tenants."""

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning
from scaicontrol.services.provisioning.lifecycle import WorkflowStatus
from scaicontrol.services.provisioning.models import ProvisioningWorkflow
from scaicontrol.services.provisioning.schemas import ForceCompleteIn, WorkflowDetailOut, WorkflowOut

from .door import Paging, Tool

tool = Tool(
    "manage_provisioning",
    "Workflows that set services up for tenants.",
)


@tool.read("provisioning:read", out=list[WorkflowOut])
async def list_(
    uow: UnitOfWork,
    paging: Paging,
    status: WorkflowStatus | None = None,
    service_slug: Word | None = None,
    tenant_id: Id | None = None,
) -> Page[ProvisioningWorkflow]:
    """List workflows."""
    return await provisioning.page(uow, paging.request, status=status, service_slug=service_slug, tenant_id=tenant_id)


@tool.read("provisioning:read", out=WorkflowDetailOut | WorkflowOut)
async def get(uow: UnitOfWork, workflow_id: Id) -> WorkflowOut:
    """Read a workflow; operators also get its errors."""
    shown = WorkflowDetailOut if uow.actor.may("provisioning:manage") else WorkflowOut
    return shown.model_validate(await provisioning.get(uow, workflow_id))


@tool.change("provisioning:manage", out=WorkflowDetailOut, outside=True)
async def retry_step(uow: UnitOfWork, workflow_id: Id, step_name: Word) -> ProvisioningWorkflow:
    """Let a failed step run again."""
    return await provisioning.retry_step(uow, workflow_id, step_name)


@tool.change("provisioning:manage", out=WorkflowDetailOut, destructive=True, outside=True)
async def force_complete(uow: UnitOfWork, workflow_id: Id, body: ForceCompleteIn) -> ProvisioningWorkflow:
    """Skip what is open and call it done."""
    return await provisioning.force_complete(uow, workflow_id, body.reason)


@tool.change("provisioning:manage", out=WorkflowDetailOut, destructive=True, outside=True)
async def rollback(uow: UnitOfWork, workflow_id: Id) -> ProvisioningWorkflow:
    """Undo a failed workflow."""
    return await provisioning.rollback(uow, workflow_id)
