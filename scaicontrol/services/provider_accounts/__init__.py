"""Provider accounts: through which of its accounts a seller takes money, and with which credentials."""

from .opening import offered, opened
from .queries import get, listing, visible
from .service import check, close, create, prefer, update

__all__ = [
    "check",
    "close",
    "create",
    "get",
    "listing",
    "offered",
    "opened",
    "prefer",
    "update",
    "visible",
]
