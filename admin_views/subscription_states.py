"""The map of a subscription's states as a drawing: where it is, and what may become of it by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scaicontrol.services.subscriptions.lifecycle import SubscriptionLifecycle, SubscriptionStatus

_WIDE, _HIGH, _APART, _BELOW = 104, 34, 44, 40  # a box, and the room between boxes
_PLACES: Final[Mapping[SubscriptionStatus, tuple[int, int]]] = {
    SubscriptionStatus.pending: (0, 1),
    SubscriptionStatus.trialing: (1, 0),
    SubscriptionStatus.active: (2, 1),
    SubscriptionStatus.past_due: (3, 0),
    SubscriptionStatus.suspended: (4, 0),
    SubscriptionStatus.expired: (4, 1),
    SubscriptionStatus.cancelling: (3, 2),
    SubscriptionStatus.cancelled: (2, 3),
}
_BY: Final[Mapping[str, str]] = {
    "activate": "the service is set up",
    "activate_trial": "the service is set up",
    "fail_provisioning": "the service could not be set up",
    "convert": "the trial ends and can be paid for",
    "mark_past_due": "a payment failed",
    "recover": "what is open is paid",
    "expire": "its term is over",
    "cancel": "the tenant or an operator cancels",
    "cancel_now": "an operator ends it at once, or its last period is over",
    "suspend": "an operator, or nobody paid for long",
    "resume": "the tenant or an operator resumes it",
}


@dataclass(frozen=True, slots=True)
class Move:
    """An arrow of the map: the event, where it leads to, and what makes it happen."""

    event: str
    target: SubscriptionStatus
    by: str


@dataclass(frozen=True, slots=True)
class StateBox:
    """A state in the drawing; `kind` is here, open (one move away) or far."""

    status: SubscriptionStatus
    x: int
    y: int
    kind: str

    width: int = _WIDE
    height: int = _HIGH


@dataclass(frozen=True, slots=True)
class Arrow:
    """A move in the drawing, from the edge of one box to the edge of another."""

    x1: float
    y1: float
    x2: float
    y2: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class StateDiagram:
    boxes: Sequence[StateBox]
    arrows: Sequence[Arrow]

    @property
    def width(self) -> int:
        return max(box.x for box in self.boxes) + _WIDE

    @property
    def height(self) -> int:
        return max(box.y for box in self.boxes) + _HIGH


def moves_from(status: SubscriptionStatus) -> Sequence[Move]:
    """List what may become of a subscription in a state."""
    found = SubscriptionLifecycle.transitions()
    return [Move(event, SubscriptionStatus(b), _BY[event]) for a, event, b in found if a == status]


def drawn(status: SubscriptionStatus) -> StateDiagram:
    """Draw the map with where a subscription is and the moves that are open to it."""
    ahead = {move.target for move in moves_from(status)}
    boxes = {
        state: StateBox(
            state,
            column * (_WIDE + _APART),
            row * (_HIGH + _BELOW),
            "here" if state == status else "open" if state in ahead else "far",
        )
        for state, (column, row) in _PLACES.items()
    }
    pairs = {(SubscriptionStatus(a), SubscriptionStatus(b)) for a, _, b in SubscriptionLifecycle.transitions()}
    arrows = [_arrow(boxes[a], boxes[b], is_open=a == status) for a, b in sorted(pairs)]
    return StateDiagram(list(boxes.values()), sorted(arrows, key=lambda arrow: arrow.is_open))


def _arrow(source: StateBox, target: StateBox, *, is_open: bool) -> Arrow:
    """Lead from edge to edge, a little to the right of its own way, so that there and back are two lines."""
    dx, dy = float(target.x - source.x), float(target.y - source.y)
    length = (dx * dx + dy * dy) ** 0.5
    aside_x, aside_y = -dy / length * 5, dx / length * 5
    reach = min(_WIDE / 2 / abs(dx) if dx else 1, _HIGH / 2 / abs(dy) if dy else 1)
    middle_x, middle_y = source.x + _WIDE / 2 + aside_x, source.y + _HIGH / 2 + aside_y
    return Arrow(
        round(middle_x + dx * reach, 1),
        round(middle_y + dy * reach, 1),
        round(middle_x + dx * (1 - reach), 1),
        round(middle_y + dy * (1 - reach), 1),
        is_open,
    )
