"""The verbs: what packs are, and the life of who subscribed to one."""

from .catalogue import create, delete, update
from .ending import cancel, resume
from .jobs import expire_trials, notice_trial_ending, reap, renew
from .standing import mark_past_due, recover, suspend
from .subscribing import PackBegun, begin, child_failed, child_ready

__all__ = [
    "PackBegun",
    "begin",
    "cancel",
    "child_failed",
    "child_ready",
    "create",
    "delete",
    "expire_trials",
    "mark_past_due",
    "notice_trial_ending",
    "reap",
    "recover",
    "renew",
    "resume",
    "suspend",
    "update",
]
