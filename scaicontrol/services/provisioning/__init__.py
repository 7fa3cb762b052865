"""Provisioning: setting services up for subscriptions, and taking that back when it fails."""

from .plan import ProvisioningAction
from .queries import get, latest, page, visible
from .service import Subscribed, callback, force_complete, retry_step, rollback, run_due, start, subscribe

__all__ = [
    "ProvisioningAction",
    "Subscribed",
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
