"""Plan moves: subscribers of an earlier version of a plan get the one that is sold now, after a notice."""

from .planning import LeftOut, MovedSubscription, PlannedMove, preview
from .queries import get, offered, page, shown, stored, visible
from .service import announce, cancel

__all__ = [
    "LeftOut",
    "MovedSubscription",
    "PlannedMove",
    "announce",
    "cancel",
    "get",
    "offered",
    "page",
    "preview",
    "shown",
    "stored",
    "visible",
]
