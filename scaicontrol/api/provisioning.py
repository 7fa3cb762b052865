from typing import Annotated

from fastapi import Depends

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import provisioning
from scaicontrol.services.provisioning.lifecycle import WorkflowStatus
from scaicontrol.services.provisioning.models import ProvisioningWorkflow
from scaicontrol.services.provisioning.schemas import (
    CallbackIn,
    CallbackOut,
    ForceCompleteIn,
    WorkflowDetailOut,
    WorkflowOut,
)

from .door import LIMITED, One, Paged, Paging, Router
from .rate_limits import RateLimit

# A service that sets up many tenants at once reports often, and always from one address.
limit = RateLimit(600)
Limited = Annotated[None, Depends(limit)]

router = Router("/provisioning", tags=["provisioning"])
admin = Router("/admin/provisioning", tags=["admin-provisioning"])


@router.post(
    "/callback",
    response_model=One[CallbackOut],
    permission="provisioning:callback",
    summary="Report the result of a step",
    responses=LIMITED,
)
async def callback(backend: Backend, body: CallbackIn, limited: Limited) -> CallbackOut:
    """
    The callback token is the credential: single use, and gone with its step.

    Six hundred requests a minute and client address.
    """
    await provisioning.callback(backend, body)
    return CallbackOut()


@router.get(
    "/status/{service_slug}",
    response_model=One[WorkflowOut],
    permission="provisioning:read",
    summary="Show the latest workflow of a service",
)
async def status(uow: UnitOfWork, service_slug: str) -> ProvisioningWorkflow:
    return await provisioning.latest(uow, service_slug)


@router.get(
    "/workflows", response_model=Paged[WorkflowOut], permission="provisioning:read", summary="List own workflows"
)
async def index(uow: UnitOfWork, paging: Paging) -> Page[ProvisioningWorkflow]:
    return await provisioning.page(uow, paging)


@router.get(
    "/workflows/{workflow_id}",
    response_model=One[WorkflowOut],
    permission="provisioning:read",
    summary="Show a workflow",
)
async def show(uow: UnitOfWork, workflow_id: str) -> ProvisioningWorkflow:
    return await provisioning.get(uow, workflow_id)


@admin.get("/workflows", response_model=Paged[WorkflowOut], permission="provisioning:manage", summary="List workflows")
async def admin_index(
    uow: UnitOfWork,
    paging: Paging,
    status: WorkflowStatus | None = None,
    service_slug: str | None = None,
    tenant_id: str | None = None,
) -> Page[ProvisioningWorkflow]:
    return await provisioning.page(uow, paging, status=status, service_slug=service_slug, tenant_id=tenant_id)


@admin.get(
    "/workflows/{workflow_id}",
    response_model=One[WorkflowDetailOut],
    permission="provisioning:manage",
    summary="Show a workflow with its calls and errors",
)
async def admin_show(uow: UnitOfWork, workflow_id: str) -> ProvisioningWorkflow:
    return await provisioning.get(uow, workflow_id)


@admin.post(
    "/workflows/{workflow_id}/force-complete",
    response_model=One[WorkflowDetailOut],
    permission="provisioning:manage",
    summary="Skip what is open and complete",
)
async def force_complete(uow: UnitOfWork, workflow_id: str, body: ForceCompleteIn) -> ProvisioningWorkflow:
    """The subscription that waited for it is activated."""
    return await provisioning.force_complete(uow, workflow_id, body.reason)


@admin.post(
    "/workflows/{workflow_id}/retry-step/{step_name}",
    response_model=One[WorkflowDetailOut],
    permission="provisioning:manage",
    summary="Retry a failed step",
)
async def retry_step(uow: UnitOfWork, workflow_id: str, step_name: str) -> ProvisioningWorkflow:
    return await provisioning.retry_step(uow, workflow_id, step_name)


@admin.post(
    "/workflows/{workflow_id}/rollback",
    response_model=One[WorkflowDetailOut],
    permission="provisioning:manage",
    summary="Start the rollback of a failed workflow",
)
async def rollback(uow: UnitOfWork, workflow_id: str) -> ProvisioningWorkflow:
    return await provisioning.rollback(uow, workflow_id)
