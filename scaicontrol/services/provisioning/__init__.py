"""Provisioning: setting services up for subscriptions, and taking that back when it fails."""

from .events import ProvisioningCompleted, ProvisioningFailed
from .lifecycle import StepLifecycle, StepStatus, WorkflowLifecycle, WorkflowStatus
from .models import ProvisioningStep, ProvisioningWorkflow
from .plan import ProvisioningAction
from .queries import get, latest, page, visible
from .schemas import CallbackIn, CallbackOut, ForceCompleteIn, WorkflowDetailOut, WorkflowOut
from .service import Subscribed, callback, force_complete, retry_step, rollback, run_due, start, subscribe

__all__ = [
    "CallbackIn",
    "CallbackOut",
    "ForceCompleteIn",
    "ProvisioningAction",
    "ProvisioningCompleted",
    "ProvisioningFailed",
    "ProvisioningStep",
    "ProvisioningWorkflow",
    "StepLifecycle",
    "StepStatus",
    "Subscribed",
    "WorkflowDetailOut",
    "WorkflowLifecycle",
    "WorkflowOut",
    "WorkflowStatus",
    "callback",
    "force_complete",
    "get",
    "latest",
    "page",
    "retry_step",
    "rollback",
    "run_due",
    "start",
    "subscribe",
    "visible",
]
