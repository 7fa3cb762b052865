from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound, invalid
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.registry.reads import named as service_named

from .lifecycle import STUCK, StepStatus, WorkflowLifecycle, WorkflowStatus
from .models import ProvisioningWorkflow
from .plan import ProvisioningAction

SORTABLE = {"created_at": ProvisioningWorkflow.created_at, "updated_at": ProvisioningWorkflow.updated_at}
WHOLE = (selectinload(ProvisioningWorkflow.steps), selectinload(ProvisioningWorkflow.service))


def visible(uow: UnitOfWork) -> Select[ProvisioningWorkflow]:
    """Every read starts here; workflows come with their steps and service."""
    uow.authorize("provisioning:read")
    return select(ProvisioningWorkflow).options(*WHOLE)


async def get(uow: UnitOfWork, workflow_id: str, *, lock: bool = False) -> ProvisioningWorkflow:
    query = visible(uow).where(ProvisioningWorkflow.id == workflow_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No provisioning workflow {workflow_id}.")
    return found


async def page(
    uow: UnitOfWork,
    request: PageRequest,
    *,
    status: str | None = None,
    is_stuck: bool = False,
    service_slug: str | None = None,
    tenant_id: str | None = None,
    subscription_id: str | None = None,
) -> Page[ProvisioningWorkflow]:
    """List workflows; the stuck ones, whose steps or rollback failed, wait for a person."""
    query = visible(uow)
    if status is not None:
        query = query.where(ProvisioningWorkflow.status == _known(status))
    if is_stuck:
        query = query.where(ProvisioningWorkflow.status.in_(STUCK))
    if service_slug is not None:
        query = query.where(ProvisioningWorkflow.service_id.in_(service_named(service_slug)))
    if tenant_id is not None:
        query = query.where(ProvisioningWorkflow.tenant_id == tenant_id)
    if subscription_id is not None:
        query = query.where(ProvisioningWorkflow.subscription_id == subscription_id)
    return await paginate(uow, query, request, SORTABLE)


def _known(status: str) -> WorkflowStatus:
    try:
        return WorkflowStatus(status)
    except ValueError:
        states = ", ".join(WorkflowStatus)
        raise invalid("status", f"'{status}' is not a state of a workflow; there are {states}.") from None


async def latest(uow: UnitOfWork, service_slug: str) -> ProvisioningWorkflow:
    """Give the most recent workflow of a service for whoever asks."""
    query = visible(uow).where(ProvisioningWorkflow.service_id.in_(service_named(service_slug)))
    newest = query.order_by(ProvisioningWorkflow.created_at.desc(), ProvisioningWorkflow.id.desc()).limit(1)
    found = await uow.session.scalar(newest)
    if found is None:
        raise NotFound(f"Nothing was provisioned at '{service_slug}'.")
    return found


def offered(actor: Actor, workflow: ProvisioningWorkflow) -> list[str]:
    """Name what `actor` may do with a workflow now; its steps must be loaded."""
    actions = []
    if workflow.status in _RETRIED and any(step.status is StepStatus.failed for step in workflow.steps):
        actions.append("retry_step")
    if workflow.action is ProvisioningAction.provision and workflow.can(WorkflowLifecycle.rollback.id):
        actions.append("rollback")
    if workflow.status is WorkflowStatus.running or workflow.can(WorkflowLifecycle.force_complete.id):
        actions.append("force_complete")
    return actions if actor.may("provisioning:manage") else []


_RETRIED = (WorkflowStatus.running, WorkflowStatus.failed)
