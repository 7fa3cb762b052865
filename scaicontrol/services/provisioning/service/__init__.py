"""The verbs of provisioning: start, run, report, operate."""

from .callbacks import callback
from .operating import force_complete, retry_step, rollback
from .running import run_due
from .starting import Subscribed, follow, start, subscribe

__all__ = [
    "Subscribed",
    "callback",
    "follow",
    "force_complete",
    "retry_step",
    "rollback",
    "run_due",
    "start",
    "subscribe",
]
