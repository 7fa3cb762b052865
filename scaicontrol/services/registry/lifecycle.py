from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.actor import Actor
from scaicontrol.core.lifecycle import Lifecycle, permitted


class ServiceStatus(StrEnum):
    """Whether a service may be sold and used: the operator's question (contract §8.3)."""

    pending = "pending"
    active = "active"
    rejected = "rejected"
    suspended = "suspended"
    deprecated = "deprecated"
    deregistered = "deregistered"


class HealthStatus(StrEnum):
    """Whether a service lives: the monitor's question."""

    healthy = "healthy"
    degraded = "degraded"
    unreachable = "unreachable"


class ServiceLifecycle(Lifecycle):
    is_ = States.from_enum(ServiceStatus, initial=ServiceStatus.pending, use_enum_instance=True)

    approve = is_.pending.to(is_.active)
    reject = is_.pending.to(is_.rejected)
    reapply = is_.rejected.to(is_.pending) | is_.deregistered.to(is_.pending)
    suspend = is_.active.to(is_.suspended)
    deprecate = is_.active.to(is_.deprecated)
    activate = is_.suspended.to(is_.active) | is_.deprecated.to(is_.active)
    deregister = (
        is_.active.to(is_.deregistered) | is_.suspended.to(is_.deregistered) | is_.deprecated.to(is_.deregistered)
    )


class MetricChangeStatus(StrEnum):
    """What became of a change of priced metrics that a service asked for (contract §8.5)."""

    pending = "pending"
    approved = "approved"
    rejected = "rejected"
    withdrawn = "withdrawn"


class MetricChangeLifecycle(Lifecycle):
    is_ = States.from_enum(
        MetricChangeStatus,
        initial=MetricChangeStatus.pending,
        final=[MetricChangeStatus.approved, MetricChangeStatus.withdrawn],
        use_enum_instance=True,
    )

    approve = is_.pending.to(is_.approved)
    reject = is_.pending.to(is_.rejected)
    withdraw = is_.pending.to(is_.withdrawn) | is_.rejected.to(is_.withdrawn)


# `reapply` is the service's own: it registers again.
_PERMISSIONS = {
    "approve": "services:approve",
    "reject": "services:approve",
    "suspend": "services:update",
    "deprecate": "services:update",
    "activate": "services:update",
    "deregister": "services:update",
}


def offered_in(actor: Actor, status: ServiceStatus) -> list[str]:
    """Name what `actor` may do with a service in this state."""
    return permitted(actor, (e for e in ServiceLifecycle.events_from(status) if e in _PERMISSIONS), _PERMISSIONS)


# Approved once and not gone: these are watched, and the first two are running somewhere for somebody.
WATCHED = (ServiceStatus.active, ServiceStatus.deprecated, ServiceStatus.suspended)
