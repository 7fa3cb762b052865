"""A credit that a payment order holds: its transfer may be at the bank already."""

from scaicontrol.core.errors import Refused

from .models import Credit


def hold(credit: Credit, order_id: str) -> None:
    """Hold a credit for a payment order: nothing else uses it until that is closed. The caller holds it locked."""
    refuse_held(credit, "order the transfer of")
    credit.order_id = order_id
    credit.version += 1


def release(credit: Credit, order_id: str) -> None:
    """Let a credit go that was held for this order; the caller holds it locked."""
    if credit.order_id == order_id:
        credit.order_id = None
        credit.version += 1


def refuse_held(credit: Credit, deed: str) -> None:
    """Raise Refused while a payment order holds a credit: the bank may have its transfer already."""
    if credit.order_id is not None:
        raise Refused(
            f"Cannot {deed} {credit}: payment order {credit.order_id} holds it; settle or withdraw that first."
        )
