from enum import StrEnum

from statemachine.states import States

from scaicontrol.core.lifecycle import Lifecycle


class OrderStatus(StrEnum):
    proposed = "proposed"  # waits for the next file of its seller
    written = "written"  # stands in a file
    settled = "settled"  # the money left
    rejected = "rejected"  # the bank did not carry it out
    withdrawn = "withdrawn"  # a person took it back before the bank had it


class OrderLifecycle(Lifecycle):
    """Of one transfer that a seller's bank is to make; a written file moves nothing, the bank does."""

    is_ = States.from_enum(
        OrderStatus,
        initial=OrderStatus.proposed,
        final=[OrderStatus.settled, OrderStatus.rejected, OrderStatus.withdrawn],
        use_enum_instance=True,
    )
    write = is_.proposed.to(is_.written)
    settle = is_.written.to(is_.settled)
    reject = is_.written.to(is_.rejected)
    withdraw = is_.proposed.to(is_.withdrawn) | is_.written.to(is_.withdrawn)
