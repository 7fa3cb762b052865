from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.actor import Actor
from scaicontrol.core.lifecycle import Lifecycle, permitted


class SubscriptionStatus(StrEnum):
    pending = "pending"
    trialing = "trialing"
    active = "active"
    past_due = "past_due"
    cancelling = "cancelling"
    suspended = "suspended"
    cancelled = "cancelled"
    expired = "expired"


class MomentKind(StrEnum):
    """What happened to a subscription that no other row of it remembers; surfaces say it in words."""

    cancellation_scheduled = "cancellation_scheduled"
    cancellation_undone = "cancellation_undone"
    change_scheduled = "change_scheduled"
    change_undone = "change_undone"
    changed = "changed"  # on trial, where nothing is paid and so nothing is exchanged
    converted = "converted"
    payment_failed = "payment_failed"
    recovered = "recovered"
    resumed = "resumed"
    suspended = "suspended"


TERMINAL = (SubscriptionStatus.cancelled, SubscriptionStatus.expired)
ENTITLED = (
    SubscriptionStatus.trialing,
    SubscriptionStatus.active,
    SubscriptionStatus.past_due,
    SubscriptionStatus.cancelling,
)
# What is renewed and charged; a cancelling one has its last period already.
RUNNING = (SubscriptionStatus.active, SubscriptionStatus.past_due)


class SubscriptionLifecycle(Lifecycle):
    """The 17 transitions of contract §11.2; every pair of states has at most one event."""

    is_ = States.from_enum(
        SubscriptionStatus, initial=SubscriptionStatus.pending, final=TERMINAL, use_enum_instance=True
    )

    activate_trial = is_.pending.to(is_.trialing)
    activate = is_.pending.to(is_.active)
    fail_provisioning = is_.pending.to(is_.cancelled)
    convert = is_.trialing.to(is_.active)
    cancel = is_.active.to(is_.cancelling) | is_.trialing.to(is_.cancelled)
    cancel_now = (
        is_.active.to(is_.cancelled)
        | is_.past_due.to(is_.cancelled)
        | is_.suspended.to(is_.cancelled)
        | is_.cancelling.to(is_.cancelled)
    )
    resume = is_.cancelling.to(is_.active) | is_.suspended.to(is_.active)
    suspend = is_.active.to(is_.suspended) | is_.past_due.to(is_.suspended)
    mark_past_due = is_.active.to(is_.past_due)
    recover = is_.past_due.to(is_.active)
    expire = is_.active.to(is_.expired)


# Verbs people press; the other events follow from provisioning, payments and the clock.
_PERMISSIONS = {
    "cancel": "subscriptions:cancel",
    "cancel_now": "subscriptions:administer",
    "change_plan": "subscriptions:change",
    "undo_change": "subscriptions:change",
    "resume": "subscriptions:resume",
    "suspend": "subscriptions:administer",
}
CHANGEABLE = (SubscriptionStatus.trialing, SubscriptionStatus.active, SubscriptionStatus.past_due)


def offered_in(actor: Actor, status: SubscriptionStatus, *, change_waits: bool = False) -> list[str]:
    """
    Name what `actor` may do with a subscription in this state, and undo where `change_waits` for the period's end.

    A tenant undoes a cancellation, but no suspension.
    """
    actions = {event for event in SubscriptionLifecycle.events_from(status) if event in _PERMISSIONS}
    if status in CHANGEABLE:
        actions.add("change_plan")
        if change_waits:
            actions.add("undo_change")
    if status == SubscriptionStatus.trialing:
        actions.add("cancel_now")  # a trial ends at once either way
    if status == SubscriptionStatus.suspended and not actor.may("subscriptions:administer"):
        actions.discard("resume")
    return permitted(actor, actions, _PERMISSIONS)


def event_between(source: str, target: str) -> str | None:
    """Name the event that leads from one state to another, if the map has one."""
    return next((name for a, name, b in SubscriptionLifecycle.transitions() if (a, b) == (source, target)), None)
