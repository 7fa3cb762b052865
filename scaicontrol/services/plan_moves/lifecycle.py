from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.actor import Actor
from scaicontrol.core.lifecycle import Lifecycle, permitted


class PlanMoveStatus(StrEnum):
    """Whether what was announced still holds (contract §9.6)."""

    announced = "announced"
    cancelled = "cancelled"


class PlanMoveLifecycle(Lifecycle):
    is_ = States.from_enum(
        PlanMoveStatus, initial=PlanMoveStatus.announced, final=[PlanMoveStatus.cancelled], use_enum_instance=True
    )

    cancel = is_.announced.to(is_.cancelled)


_PERMISSIONS = {"cancel": "plans:move"}


def offered_in(actor: Actor, status: PlanMoveStatus) -> list[str]:
    """Name what `actor` may do with a move in this state."""
    return permitted(actor, PlanMoveLifecycle.events_from(status), _PERMISSIONS)
