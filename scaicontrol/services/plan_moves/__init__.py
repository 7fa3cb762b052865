"""Plan moves: subscribers of an earlier version of a plan get the one that is sold now, after a notice."""

from .planning import LeftOut, MovedSubscription, PlannedMove, preview
from .queries import get, page, shown, stored, visible
from .service import announce, cancel

__all__ = [
    "LeftOut",
    "MovedSubscription",
    "PlannedMove",
    "announce",
    "cancel",
    "get",
    "page",
    "preview",
    "shown",
    "stored",
    "visible",
]
