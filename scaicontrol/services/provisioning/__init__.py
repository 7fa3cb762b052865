"""Provisioning: setting services up for subscriptions, and taking that back when it fails."""

from .launching import LaunchLink, OwnService, own_services
from .plan import ProvisioningAction, needs_of
from .queries import get, latest, offered, page, visible
from .service import (
    PackSubscribed,
    Subscribed,
    callback,
    force_complete,
    retry_step,
    rollback,
    run_due,
    subscribe,
    subscribe_pack,
)

__all__ = [
    "LaunchLink",
    "OwnService",
    "PackSubscribed",
    "ProvisioningAction",
    "Subscribed",
    "callback",
    "force_complete",
    "get",
    "latest",
    "needs_of",
    "offered",
    "own_services",
    "page",
    "retry_step",
    "rollback",
    "run_due",
    "subscribe",
    "subscribe_pack",
    "visible",
]
