"""How a workflow's end is told."""

from scaicontrol.core.work import UnitOfWork

from ..events import ProvisioningCompleted, ProvisioningFailed
from ..models import ProvisioningStep, ProvisioningWorkflow


def tell_completed(uow: UnitOfWork, workflow: ProvisioningWorkflow, *, reason: str | None = None) -> None:
    """Note the end and emit `provisioning.completed`."""
    workflow.completed_at, workflow.rollback_at = uow.now, None
    workflow.failed_step = workflow.error_code = workflow.error_message = None
    uow.emit(
        ProvisioningCompleted(
            workflow_id=workflow.id,
            action=workflow.action,
            subscription_id=workflow.subscription_id,
            tenant_id=workflow.tenant_id,
            partner_id=workflow.partner_id,
            service_slug=workflow.service_slug,
            plan_key=workflow.plan_key,
            forced=workflow.forced,
            duration_seconds=int((uow.now - (workflow.created_at or uow.now)).total_seconds()),
            completed_at=uow.now,
        ),
        reason=reason,
    )


def tell_failed(
    uow: UnitOfWork, workflow: ProvisioningWorkflow, step: ProvisioningStep, *, rolled_back: bool = False
) -> None:
    """Note what failed and emit `provisioning.failed`; each telling has a number of its own."""
    workflow.failures += 1
    workflow.failed_step, workflow.error_code = step.name, step.error_code or "failed"
    workflow.error_message = step.error_message or "It failed without a message."
    uow.emit(
        ProvisioningFailed(
            failures=workflow.failures,
            workflow_id=workflow.id,
            action=workflow.action,
            subscription_id=workflow.subscription_id,
            tenant_id=workflow.tenant_id,
            partner_id=workflow.partner_id,
            service_slug=workflow.service_slug,
            plan_key=workflow.plan_key,
            failed_step=step.name,
            error_code=workflow.error_code,
            error_message=workflow.error_message,
            rolled_back=rolled_back,
            failed_at=uow.now,
        )
    )
