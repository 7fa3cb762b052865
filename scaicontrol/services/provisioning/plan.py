"""Which steps an action has, what each needs, and how long a failed call waits (contract §12.3, §12.4)."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ProvisioningAction(StrEnum):
    provision = "provision"
    update = "update"
    suspend = "suspend"
    resume = "resume"
    deprovision = "deprovision"


class Work(StrEnum):
    """Where a step is done: here, in the transaction that reaches it; at the service; or in the vault."""

    here = "here"
    call = "call"
    vault = "vault"


@dataclass(frozen=True, slots=True)
class StepPlan:
    name: str
    work: Work = Work.here
    needs: tuple[str, ...] = ()
    calls: ProvisioningAction | None = None
    compensates: bool = False


_PROVISION = (
    StepPlan("validate"),
    StepPlan("create_account", Work.call, ("validate",), ProvisioningAction.provision, compensates=True),
    StepPlan("configure_plan", Work.call, ("create_account",), ProvisioningAction.update),
    StepPlan("issue_credentials", Work.vault, ("create_account",), compensates=True),
    StepPlan("register_entrypoint", Work.here, ("create_account",), compensates=True),
    StepPlan("activate_subscription", Work.here, ("configure_plan", "issue_credentials", "register_entrypoint")),
    StepPlan("notify", Work.here, ("activate_subscription",)),
)


def steps_of(action: str) -> tuple[StepPlan, ...]:
    """Give the steps of an action in their order; every action but `provision` is one call."""
    if action == ProvisioningAction.provision:
        return _PROVISION
    return (StepPlan(str(action), Work.call, calls=ProvisioningAction(action)),)


def step_plan(action: str, name: str) -> StepPlan:
    return next(plan for plan in steps_of(action) if plan.name == name)


def needs_of(action: str) -> Mapping[str, tuple[str, ...]]:
    """Say of each step of an action which steps must be done before it."""
    return {step.name: step.needs for step in steps_of(action)}


RETRY_DELAYS = (10, 60, 300)
EXTENSIONS_MAX = 4  # times a callback may say `in_progress`


def retry_delay(step_id: str, attempts: int) -> timedelta | None:
    """Give the wait after the n-th failed attempt, None when there is no further one.

    ±20 % apart, taken from the step's id: a fleet that failed together does not come back together.
    """
    if attempts > len(RETRY_DELAYS):
        return None
    spread = zlib.crc32(f"{step_id}:{attempts}".encode()) % 401 - 200
    return timedelta(milliseconds=RETRY_DELAYS[attempts - 1] * (1000 + spread))


def is_worth_retrying(status: int) -> bool:
    """Tell failures that pass from those that stay: no answer, 408, 429 and 5xx pass."""
    return status in (0, 408, 429) or status >= 500
