from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class DeliveryStatus(StrEnum):
    pending = "pending"
    dispatched = "dispatched"
    dead = "dead"


class DeliveryLifecycle(Lifecycle):
    """A delivery row (contract §23.4); dead rows are kept for ever and may be retried."""

    is_ = States.from_enum(
        DeliveryStatus, initial=DeliveryStatus.pending, final=[DeliveryStatus.dispatched], use_enum_instance=True
    )
    deliver = is_.pending.to(is_.dispatched)
    mark_dead = is_.pending.to(is_.dead)
    retry = is_.dead.to(is_.pending)
