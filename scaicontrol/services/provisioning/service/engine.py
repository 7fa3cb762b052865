"""How a workflow moves: what is ready, what follows from a success, what from a failure; all in one transaction."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select

from scaicontrol.core.errors import ControlError, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import packs, subscriptions, tenants
from scaicontrol.services.subscriptions.lifecycle import TERMINAL, SubscriptionStatus
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.reads import is_held_otherwise

from .. import queries
from ..lifecycle import BUSY, DONE_STEPS, OPEN_STEPS, StepStatus, WorkflowStatus
from ..models import ProvisioningStep, ProvisioningWorkflow
from ..plan import ProvisioningAction, StepPlan, Work, step_plan, steps_of
from .telling import tell_completed, tell_failed

# What a child's pack may have lost while it was set up, and what undoes that, with the cause.
_LOST: Final = {
    SubscriptionStatus.cancelled: (ProvisioningAction.deprovision, "pack_failed"),
    SubscriptionStatus.expired: (ProvisioningAction.deprovision, "pack_failed"),
    SubscriptionStatus.suspended: (ProvisioningAction.suspend, "pack_suspended"),
}


def new_workflow(subscription: Subscription, action: ProvisioningAction, cause: str) -> ProvisioningWorkflow:
    """Make a workflow with all its steps, not started."""
    owner = {"tenant_id": subscription.tenant_id, "partner_id": subscription.partner_id}
    workflow = ProvisioningWorkflow(
        id=new_id("wfl"),
        subscription_id=subscription.id,
        service=subscription.service,
        action=action,
        cause=cause,
        status=WorkflowStatus.pending,
        plan_key=subscription.plan_key,
        quantity=subscription.quantity,
        credential_fields=[],
        forced=False,
        failures=0,
        steps=[],
        **owner,
    )
    for position, plan in enumerate(steps_of(action)):
        workflow.steps.append(
            ProvisioningStep(
                id=new_id("wfs"),
                name=plan.name,
                position=position,
                status=StepStatus.pending,
                attempts=0,
                retries=0,
                extensions=0,
                **owner,
            )
        )
    return workflow


async def start_if_free(uow: UnitOfWork, workflow: ProvisioningWorkflow) -> None:
    """Start now, or leave it pending behind an earlier one of the same subscription: suspend and resume keep order."""
    earlier = select(ProvisioningWorkflow.id).where(
        ProvisioningWorkflow.subscription_id == workflow.subscription_id,
        or_(
            ProvisioningWorkflow.status.in_(BUSY),
            and_(ProvisioningWorkflow.status == WorkflowStatus.pending, ProvisioningWorkflow.id < workflow.id),
        ),
    )
    if await uow.session.scalar(earlier.limit(1)) is None:
        workflow.advance("start")
        await settle(uow, workflow)


async def settle(uow: UnitOfWork, workflow: ProvisioningWorkflow) -> None:
    """Do every step that is ready and needs nobody outside, make the others due, and end the workflow when all are."""
    while workflow.status is WorkflowStatus.running:
        ready = [step for step in workflow.steps if _is_ready(workflow, step)]
        if not ready:
            break
        for step in ready:
            await _enter(uow, workflow, step)
    if workflow.status is not WorkflowStatus.running:
        return
    if all(step.status in DONE_STEPS for step in workflow.steps):
        workflow.advance("complete")
        tell_completed(uow, workflow)
        await _start_next(uow, workflow)
    elif not any(step.next_run_at for step in workflow.steps):
        failed = next(step for step in workflow.steps if step.status is StepStatus.failed)
        await _fail_workflow(uow, workflow, failed)


def _is_ready(workflow: ProvisioningWorkflow, step: ProvisioningStep) -> bool:
    if step.status is not StepStatus.pending or step.next_run_at is not None:
        return False
    needed = {other.name: other.status for other in workflow.steps}
    return all(needed[name] in DONE_STEPS for name in step_plan(workflow.action, step.name).needs)


async def _enter(uow: UnitOfWork, workflow: ProvisioningWorkflow, step: ProvisioningStep) -> None:
    plan = step_plan(workflow.action, step.name)
    if _is_needless(workflow, plan):
        skip(uow, step)
    elif plan.work is not Work.here:
        step.next_run_at = uow.now
        uow.wakes.add("provision")
    else:
        step.advance("begin")
        step.attempts, step.started_at = step.attempts + 1, uow.now
        try:
            await _work_here(uow, workflow, step)
        except ControlError as error:
            await fail_step(uow, workflow, step, error.code, error.message)
        else:
            finish(uow, step)


def _is_needless(workflow: ProvisioningWorkflow, plan: StepPlan) -> bool:
    if plan.work is Work.call:
        return workflow.service.provisioning_url is None
    return plan.work is Work.vault and workflow.credentials_path is None


async def _work_here(uow: UnitOfWork, workflow: ProvisioningWorkflow, step: ProvisioningStep) -> None:
    match step.name:
        case "validate":
            await _validate(uow, workflow)
        case "register_entrypoint" if workflow.endpoint is not None:
            await _register_endpoint(uow, workflow, workflow.endpoint)
        case "activate_subscription":
            await activate(uow, workflow)
        case _:  # `notify` is the fact of the completed workflow, which mail and notices follow
            return


async def _validate(uow: UnitOfWork, workflow: ProvisioningWorkflow) -> None:
    subscription = await subscriptions.get(uow, workflow.subscription_id)
    if not workflow.service.is_sellable:
        raise Refused(f"Service {workflow.service_slug} is not active.")
    if not subscription.plan.is_active:
        raise Refused(f"Plan {workflow.plan_key} is no longer sold.")
    unknown = {slug for slug in subscription.terms.quotas if workflow.service.metric(slug) is None}
    if unknown and workflow.service.metrics:
        names = ", ".join(sorted(unknown))
        raise Refused(f"Plan {workflow.plan_key} limits {names}, which {workflow.service_slug} does not measure.")
    await tenants.require_billing_profile(uow, workflow.tenant_id)


async def activate(uow: UnitOfWork, workflow: ProvisioningWorkflow) -> None:
    """Entitle the subscription, unless an operator decided about it meanwhile."""
    subscription = await subscriptions.get(uow, workflow.subscription_id)
    if subscription.is_child:
        was_awaited = subscription.status is SubscriptionStatus.pending
        await packs.child_ready(uow, subscription)
        lost = _LOST.get(subscription.status)
        is_new = was_awaited or subscription.status in TERMINAL
        if lost is not None and is_new and workflow.service.provisioning_url is not None:
            await _undo(uow, subscription, *lost)
    elif subscription.status is SubscriptionStatus.pending:
        await subscriptions.activate(uow, subscription.id)


async def _register_endpoint(uow: UnitOfWork, workflow: ProvisioningWorkflow, endpoint: str | None) -> None:
    await packs.locked(uow, workflow.subscription_id)
    await subscriptions.register_endpoint(uow, workflow.subscription_id, endpoint)


async def _undo(uow: UnitOfWork, child: Subscription, action: ProvisioningAction, cause: str) -> None:
    """Take from a child what its pack lost while it was set up; it waits behind the workflow that set it up."""
    if await is_held_otherwise(uow, child):
        return
    undoing = new_workflow(child, action, cause)
    uow.session.add(undoing)
    await uow.session.flush()
    await start_if_free(uow, undoing)


def finish(uow: UnitOfWork, step: ProvisioningStep, result: Mapping[str, Any] | None = None) -> None:
    step.advance("complete")
    step.finished_at, step.next_run_at, step.claimed_by = uow.now, None, None
    step.error_code = step.error_message = None
    step.result = dict(result) if result else None


def skip(uow: UnitOfWork, step: ProvisioningStep) -> None:
    step.advance("skip")
    step.finished_at, step.next_run_at, step.claimed_by = uow.now, None, None


async def fail_step(
    uow: UnitOfWork, workflow: ProvisioningWorkflow, step: ProvisioningStep, code: str, message: str
) -> None:
    """Note a step's final failure; its workflow fails with it and waits for an operator before it rolls back."""
    step.advance("fail")
    step.finished_at, step.next_run_at, step.claimed_by = uow.now, None, None
    step.error_code, step.error_message = code, message
    if workflow.status is WorkflowStatus.running:
        await _fail_workflow(uow, workflow, step)


async def _fail_workflow(uow: UnitOfWork, workflow: ProvisioningWorkflow, step: ProvisioningStep) -> None:
    workflow.advance("fail")
    for waiting in workflow.steps:
        if waiting.status is StepStatus.pending:
            waiting.next_run_at = None
    if workflow.action is ProvisioningAction.provision:  # the other actions leave nothing to undo
        workflow.rollback_at = uow.now + timedelta(seconds=uow.settings.provisioning_rollback_delay)
    tell_failed(uow, workflow, step)
    if workflow.action is not ProvisioningAction.provision:
        await _start_next(uow, workflow)


async def roll_back(uow: UnitOfWork, workflow: ProvisioningWorkflow) -> None:
    """Begin, or go on with, undoing completed steps in reverse order of completion, one at a time."""
    if workflow.status is not WorkflowStatus.rolling_back:
        workflow.advance("rollback")
        workflow.rollback_at = None
        for step in workflow.steps:
            if step.status in OPEN_STEPS:
                skip(uow, step)
    subscription = await subscriptions.get(uow, workflow.subscription_id)
    shared = await is_held_otherwise(uow, subscription)  # account and credentials serve another subscription, too
    while not any(step.status is StepStatus.compensating for step in workflow.steps):
        undoable = [step for step in workflow.steps if _is_undoable(workflow, step, shared=shared)]
        if not undoable:
            await _end_rollback(uow, workflow)
            return
        step = max(undoable, key=lambda each: (each.finished_at or uow.now, each.position))
        step.advance("compensate")
        step.attempts = 0
        if step_plan(workflow.action, step.name).work is Work.here:
            await _register_endpoint(uow, workflow, None)
            finish_compensation(uow, step)
        else:
            step.next_run_at = uow.now


def _is_undoable(workflow: ProvisioningWorkflow, step: ProvisioningStep, *, shared: bool) -> bool:
    done, plan = (
        step.status in (StepStatus.completed, StepStatus.compensation_failed),
        step_plan(workflow.action, step.name),
    )
    return done and plan.compensates and (plan.work is Work.here or not shared)


def finish_compensation(uow: UnitOfWork, step: ProvisioningStep) -> None:
    step.advance("finish_compensation")
    step.finished_at, step.next_run_at, step.claimed_by = uow.now, None, None


async def fail_compensation(
    uow: UnitOfWork, workflow: ProvisioningWorkflow, step: ProvisioningStep, code: str, message: str
) -> None:
    """Stop the rollback where it stands; an operator repeats it or takes over."""
    step.advance("fail_compensation")
    step.next_run_at, step.claimed_by = None, None
    step.error_code, step.error_message = code, message
    workflow.advance("fail_rollback")
    tell_failed(uow, workflow, step)


async def _end_rollback(uow: UnitOfWork, workflow: ProvisioningWorkflow) -> None:
    workflow.advance("finish_rollback")
    failed = next((step for step in workflow.steps if step.name == workflow.failed_step), workflow.steps[0])
    tell_failed(uow, workflow, failed, rolled_back=True)
    subscription = await subscriptions.get(uow, workflow.subscription_id)
    reason = workflow.error_message or "provisioning_failed"
    if subscription.is_child:
        await packs.child_failed(uow, subscription, reason)
    elif subscription.status is SubscriptionStatus.pending:
        await subscriptions.fail_provisioning(uow, subscription.id, reason)
    await _start_next(uow, workflow)


async def _start_next(uow: UnitOfWork, workflow: ProvisioningWorkflow) -> None:
    waiting = (
        queries.visible(uow)
        .where(
            ProvisioningWorkflow.subscription_id == workflow.subscription_id,
            ProvisioningWorkflow.status == WorkflowStatus.pending,
        )
        .order_by(ProvisioningWorkflow.created_at, ProvisioningWorkflow.id)
        .limit(1)
        .with_for_update()
    )
    following = await uow.session.scalar(waiting)
    if following is not None:
        await start_if_free(uow, following)
