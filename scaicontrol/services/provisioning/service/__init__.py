"""The verbs of provisioning: start, run, report, operate."""

from .callbacks import callback
from .operating import force_complete, retry_step, rollback
from .running import run_due
from .starting import PackSubscribed, Subscribed, follow, subscribe, subscribe_pack

__all__ = [
    "PackSubscribed",
    "Subscribed",
    "callback",
    "follow",
    "force_complete",
    "retry_step",
    "rollback",
    "run_due",
    "subscribe",
    "subscribe_pack",
]
