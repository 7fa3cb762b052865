"""The verbs: what packs are, and the life of who subscribed to one."""

from functools import partial

from scaicontrol.services.subscriptions.children import BULK_OF

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

# What operators do to many at once, for ids of pack subscriptions.
BULK_OF["psb"] = {
    "cancel": lambda reason: partial(cancel, reason=reason),
    "cancel_immediate": lambda reason: partial(cancel, reason=reason, immediate=True),
    "suspend": lambda reason: partial(suspend, reason=reason or ""),
    "resume": lambda reason: partial(resume, reason=reason),
}
