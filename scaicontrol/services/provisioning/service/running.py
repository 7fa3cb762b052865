"""The sweep: claim what is due, send without a transaction, record (contract §12.4)."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import selectinload

from scaicontrol.core import claims
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.side_by_side import side_by_side
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import subscriptions
from scaicontrol.services.subscriptions.models import Subscription

from .. import queries
from ..lifecycle import StepStatus, WorkflowStatus
from ..models import ProvisioningStep, ProvisioningWorkflow
from ..plan import RETRY_DELAYS, ProvisioningAction, Work, retry_delay, step_plan
from .calls import Errand, Meaning, StepClaim, StepOutcome, new_token, send
from .engine import fail_compensation, fail_step, finish, finish_compensation, roll_back, settle, start_if_free

SWEEP = Actor.system("provisioning_sweep")
_AT_ONCE = 10
_LEASE_MARGIN = timedelta(seconds=30)


async def run_due(backend: Backend, *, limit: int = 100) -> int:
    """Run up to `limit` due steps and begin what waited; count both. Several workers may sweep at the same time."""
    done = await backend.perform(SWEEP, start_due_rollbacks, limit)
    done += await backend.perform(SWEEP, start_waiting, limit)
    while done < limit:
        looked_at, taken = await backend.perform(SWEEP, claim_due, backend.instance, min(_AT_ONCE, limit - done))
        await side_by_side(partial(_run, backend), taken)
        done += looked_at
        if looked_at < _AT_ONCE:
            break
    return done


async def _run(backend: Backend, claim: StepClaim) -> None:
    outcome = await send(backend, claim)
    await backend.perform(SWEEP, record, claim, outcome)


async def start_due_rollbacks(uow: UnitOfWork, limit: int) -> int:
    """Roll back workflows that failed and were not retried in time."""
    uow.authorize("provisioning:manage")
    workflows = await claims.take(
        uow,
        ProvisioningWorkflow,
        ProvisioningWorkflow.rollback_at <= uow.now,
        ProvisioningWorkflow.status == WorkflowStatus.failed,
        oldest=[ProvisioningWorkflow.rollback_at],
        limit=limit,
        options=queries.WHOLE,
    )
    for workflow in workflows:
        await roll_back(uow, workflow)
    return len(workflows)


async def start_waiting(uow: UnitOfWork, limit: int) -> int:
    """Start workflows that were put behind one that ended in the same moment, unseen by either transaction."""
    uow.authorize("provisioning:manage")
    waiting = await claims.take(
        uow,
        ProvisioningWorkflow,
        ProvisioningWorkflow.status == WorkflowStatus.pending,
        oldest=[ProvisioningWorkflow.created_at],
        limit=limit,
        options=queries.WHOLE,
    )
    started = 0
    for workflow in waiting:
        await start_if_free(uow, workflow)
        started += workflow.status is not WorkflowStatus.pending
    return started


async def claim_due(uow: UnitOfWork, worker: str, limit: int) -> tuple[int, list[StepClaim]]:
    """Take due steps; a wait that is over fails here, the others get a lease and are returned to be sent."""
    uow.authorize("provisioning:manage")
    steps = await _due_steps(uow, limit)
    about = await subscriptions.by_ids(uow, {step.workflow.subscription_id for step in steps})
    taken = []
    for step in steps:
        if _is_overdue(uow, step):
            waited = "callback" if step.status is StepStatus.waiting_callback else "poll"
            message = f"The service did not finish within the time a {waited} may take."
            await fail_step(uow, step.workflow, step, f"{waited}_timeout", message)
        elif step.attempts > len(RETRY_DELAYS) and step.status is not StepStatus.waiting_poll:
            await _give_up(uow, step, "lease_lost", "Every attempt was begun and none of them reported back.")
        else:
            taken.append(_claim(uow, step, about[step.workflow.subscription_id], worker))
    return len(steps), taken


async def _due_steps(uow: UnitOfWork, limit: int) -> Sequence[ProvisioningStep]:
    workflow = selectinload(ProvisioningStep.workflow)
    return await claims.take(
        uow,
        ProvisioningStep,
        ProvisioningStep.next_run_at <= uow.now,
        oldest=[ProvisioningStep.next_run_at],
        limit=limit,
        options=[
            workflow.selectinload(ProvisioningWorkflow.steps),
            workflow.selectinload(ProvisioningWorkflow.service),
        ],
    )


def _is_overdue(uow: UnitOfWork, step: ProvisioningStep) -> bool:
    waits = step.status in (StepStatus.waiting_callback, StepStatus.waiting_poll)
    return waits and step.deadline_at is not None and step.deadline_at <= uow.now


def _claim(uow: UnitOfWork, step: ProvisioningStep, subscription: Subscription, worker: str) -> StepClaim:
    if step.status is StepStatus.pending:
        step.advance("begin")
    step.started_at = step.started_at or uow.now
    step.next_run_at = uow.now + timedelta(seconds=uow.settings.provisioning_call_timeout) + _LEASE_MARGIN
    if step.status is StepStatus.waiting_poll:
        step.claimed_by = f"{worker}:poll:{uow.now.timestamp():.0f}"
        return StepClaim(
            step.id,
            step.workflow_id,
            step.claimed_by,
            Errand.poll,
            url=step.poll_url or "",
            credentials_path=credentials_path(step.workflow),
        )
    step.attempts += 1
    step.claimed_by = f"{worker}:{step.retries}:{step.attempts}"
    plan = step_plan(step.workflow.action, step.name)
    if plan.work is Work.vault:
        undoes = step.status is StepStatus.compensating
        return StepClaim(
            step.id,
            step.workflow_id,
            step.claimed_by,
            Errand.delete_credentials if undoes else Errand.confirm_credentials,
            credentials_path=credentials_path(step.workflow),
            credential_fields=tuple(step.workflow.credential_fields),
        )
    action = (
        ProvisioningAction.deprovision if step.status is StepStatus.compensating else plan.calls or step.workflow.action
    )
    return _call(uow, step, subscription, action)


def _call(uow: UnitOfWork, step: ProvisioningStep, subscription: Subscription, action: ProvisioningAction) -> StepClaim:
    workflow, service = step.workflow, step.workflow.service
    token = new_token()
    step.token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    step.deadline_at = uow.now + timedelta(seconds=uow.settings.provisioning_callback_timeout)
    # The same key for every attempt of one request; an operator's retry is a new request.
    key = f"{workflow.id}:{step.name}:{action}:{step.retries}"
    url = service.provisioning_url
    if action is ProvisioningAction.deprovision:
        url = service.deprovisioning_url or url
    body = {
        "workflow_id": workflow.id,
        "step": step.name,
        "action": str(action),
        "tenant_id": workflow.tenant_id,
        "partner_id": workflow.partner_id,
        "plan_key": subscription.plan_key,
        "quantity": subscription.quantity,
        "quotas": dict(subscription.terms.quotas),
        "callback_url": f"{uow.settings.public_base_url.rstrip('/')}/api/v1/provisioning/callback",
        "callback_token": token,
        "idempotency_key": key,
    }
    return StepClaim(
        step.id,
        workflow.id,
        step.claimed_by or "",
        Errand.call,
        url=url or "",
        body=body,
        idempotency_key=key,
        credentials_path=credentials_path(workflow),
        forgets_credentials=action is ProvisioningAction.deprovision,
    )


def credentials_path(workflow: ProvisioningWorkflow) -> str:
    """Name the vault path of a tenant's credentials at a service (contract §12.3)."""
    return f"scaicontrol/tenants/{workflow.tenant_id}/{workflow.service_slug}"


async def record(uow: UnitOfWork, claim: StepClaim, outcome: StepOutcome) -> None:
    """Write down what became of a claim, unless a callback, an operator or another worker was faster."""
    uow.authorize("provisioning:manage")
    workflow = await queries.get(uow, claim.workflow_id, lock=True)
    step = next(each for each in workflow.steps if each.id == claim.step_id)
    if step.claimed_by != claim.claimed_by:
        return
    step.claimed_by = None
    if step.status is StepStatus.compensating:
        await _record_compensation(uow, workflow, step, outcome)
        return
    match outcome.meaning:
        case Meaning.done:
            take_result(workflow, outcome)
            finish(uow, step, {"metadata": dict(outcome.metadata)} if outcome.metadata else None)
            await settle(uow, workflow)
        case Meaning.callback_follows | Meaning.poll_follows:
            _wait(uow, step, outcome)
        case Meaning.try_again if _try_again(uow, step, outcome):
            return
        case _:
            await fail_step(uow, workflow, step, outcome.code, outcome.message)


def take_result(workflow: ProvisioningWorkflow, outcome: StepOutcome) -> None:
    """Keep what a service gave: its address for the tenant, and where its credentials are, never what they are."""
    workflow.endpoint = outcome.endpoint or workflow.endpoint
    if outcome.credential_fields:
        workflow.credentials_path = credentials_path(workflow)
        workflow.credential_fields = list(outcome.credential_fields)


def _wait(uow: UnitOfWork, step: ProvisioningStep, outcome: StepOutcome) -> None:
    settings = uow.settings
    if step.status is StepStatus.waiting_poll:
        step.poll_url = outcome.location or step.poll_url
        step.next_run_at = uow.now + timedelta(seconds=settings.provisioning_poll_interval)
    elif outcome.meaning is Meaning.poll_follows:
        step.advance("await_poll")
        step.poll_url = outcome.location
        step.deadline_at = uow.now + timedelta(seconds=settings.provisioning_poll_timeout)
        step.next_run_at = uow.now + timedelta(seconds=settings.provisioning_poll_interval)
    else:
        step.advance("await_callback")
        step.deadline_at = uow.now + timedelta(seconds=settings.provisioning_callback_timeout)
        step.next_run_at = step.deadline_at


def _try_again(uow: UnitOfWork, step: ProvisioningStep, outcome: StepOutcome) -> bool:
    """Put a passing failure off; a poll asks again until its deadline."""
    step.error_code, step.error_message = outcome.code, outcome.message
    if step.status is StepStatus.waiting_poll:
        step.next_run_at = uow.now + timedelta(seconds=uow.settings.provisioning_poll_interval)
        return True
    delay = retry_delay(step.id, step.attempts)
    if delay is None:
        return False
    step.next_run_at = uow.now + delay
    return True


async def _record_compensation(
    uow: UnitOfWork, workflow: ProvisioningWorkflow, step: ProvisioningStep, outcome: StepOutcome
) -> None:
    accepted = (Meaning.done, Meaning.callback_follows, Meaning.poll_follows)
    if outcome.meaning in accepted:  # a service that answers "later" has taken the order
        finish_compensation(uow, step)
        await roll_back(uow, workflow)
    elif outcome.meaning is not Meaning.try_again or not _try_again(uow, step, outcome):
        await fail_compensation(uow, workflow, step, outcome.code, outcome.message)


async def _give_up(uow: UnitOfWork, step: ProvisioningStep, code: str, message: str) -> None:
    if step.status is StepStatus.compensating:
        await fail_compensation(uow, step.workflow, step, code, message)
    else:
        await fail_step(uow, step.workflow, step, code, message)
