"""Subscriptions: who may use which service, under which terms, from when until when."""

from .calendar import Window, window
from .events import (
    ChangeKind,
    SubscriptionActivated,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionPaymentFailed,
    SubscriptionRequested,
    SubscriptionResumed,
    SubscriptionSuspended,
    TrialEnding,
)
from .lifecycle import ENTITLED, RUNNING, TERMINAL, SubscriptionLifecycle, SubscriptionStatus, available_actions
from .models import Subscription, SubscriptionChange, SubscriptionPeriod
from .proration import Proration, Terms, prorate
from .queries import (
    TimelineEntry,
    by_ids,
    changes_due,
    get,
    live,
    page,
    periods_due,
    periods_of,
    timeline,
    visible,
)

__all__ = [
    "ENTITLED",
    "RUNNING",
    "TERMINAL",
    "ChangeKind",
    "Proration",
    "Subscription",
    "SubscriptionActivated",
    "SubscriptionCancelled",
    "SubscriptionChange",
    "SubscriptionChanged",
    "SubscriptionLifecycle",
    "SubscriptionPaymentFailed",
    "SubscriptionPeriod",
    "SubscriptionRequested",
    "SubscriptionResumed",
    "SubscriptionStatus",
    "SubscriptionSuspended",
    "Terms",
    "TimelineEntry",
    "TrialEnding",
    "Window",
    "available_actions",
    "by_ids",
    "changes_due",
    "get",
    "live",
    "page",
    "periods_due",
    "periods_of",
    "prorate",
    "timeline",
    "visible",
    "window",
]
