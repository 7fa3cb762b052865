"""A service reports a step that takes its time; the token it was given is its credential (contract §12.4)."""

import hashlib
import json
from datetime import timedelta

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused, Unauthenticated
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..lifecycle import StepStatus
from ..models import ProvisioningStep
from ..plan import EXTENSIONS_MAX
from ..schemas import CallbackIn
from .calls import Meaning, StepOutcome, read_result
from .engine import fail_step, finish, settle
from .running import credentials_path, take_result

_CALLBACK = Actor.system("provisioning_callback")
_AWAITED = (StepStatus.running, StepStatus.waiting_callback, StepStatus.waiting_poll)


async def callback(backend: Backend, report: CallbackIn) -> None:
    """
    Take a step's result; a final one uses the token up, and repeating the very same one is accepted.

    Credentials go to the vault before anything is recorded, so that a lost vault makes the service report again.
    """
    path = await backend.ask(_CALLBACK, _awaited_path, report)
    if path is None:
        return
    outcome = read_result(report.model_dump()) if report.status == "success" else None
    if outcome is not None and outcome.credential_fields and report.credentials:
        await backend.ports.vault.write(path, report.credentials)
    await backend.perform(_CALLBACK, _record, report, outcome)


async def _awaited_path(uow: UnitOfWork, report: CallbackIn) -> str | None:
    """Say where credentials belong, or None when this very report was taken before."""
    uow.authorize("provisioning:manage")
    step = await _step_of(uow, report)
    return None if step is None else credentials_path(await queries.get(uow, step.workflow_id))


async def _step_of(uow: UnitOfWork, report: CallbackIn) -> ProvisioningStep | None:
    token = hashlib.sha256(report.callback_token.encode()).hexdigest()
    step: ProvisioningStep | None = await uow.session.scalar(
        select(ProvisioningStep).where(ProvisioningStep.token_sha256 == token)
    )
    if step is not None and step.final_answer_sha256 is not None:
        if step.final_answer_sha256 == _digest(report):
            return None
        step = None
    is_open = step is not None and step.status in _AWAITED
    if step is None or not is_open or step.deadline_at is None or step.deadline_at <= uow.now:
        raise Unauthenticated("This callback token is not, or no longer, valid.")
    return step


def _digest(report: CallbackIn) -> str:
    canonical = json.dumps(report.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def _record(uow: UnitOfWork, report: CallbackIn, outcome: StepOutcome | None) -> None:
    uow.authorize("provisioning:manage")
    named = await _step_of(uow, report)
    if named is None:
        return
    workflow = await queries.get(uow, named.workflow_id, lock=True)
    step = next(each for each in workflow.steps if each.id == named.id)
    step.claimed_by = None  # a call still on its way has nothing to record any more
    if report.status == "in_progress":
        _extend(uow, step)
        return
    step.final_answer_sha256 = _digest(report)
    if outcome is not None and outcome.meaning is Meaning.done:
        take_result(workflow, outcome)
        finish(uow, step, {"metadata": dict(outcome.metadata)} if outcome.metadata else None)
        await settle(uow, workflow)
    else:
        code = outcome.code if outcome is not None else "reported_failed"
        message = outcome.message if outcome is not None else report.error_message
        await fail_step(uow, workflow, step, code, message or "The service reported a failure without a message.")


def _extend(uow: UnitOfWork, step: ProvisioningStep) -> None:
    if step.extensions >= EXTENSIONS_MAX:
        raise Refused(f"Cannot extend {step}: it was extended {EXTENSIONS_MAX} times; report its result.")
    if step.status is StepStatus.running:
        step.advance("await_callback")
    step.extensions += 1
    more = timedelta(seconds=uow.settings.provisioning_callback_timeout)
    step.deadline_at = (step.deadline_at or uow.now) + more
    if step.status is StepStatus.waiting_callback:
        step.next_run_at = step.deadline_at
