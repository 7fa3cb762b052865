"""Credits: what sellers owe tenants back, what it is used for, and how a use is undone."""

from .queries import balances, detail, get, offered, page, shown, uses_of, visible
from .service import apply, grant, keep, promise, restore, tell_paid_back, transfer, withdraw

__all__ = [
    "apply",
    "balances",
    "detail",
    "get",
    "grant",
    "keep",
    "offered",
    "page",
    "promise",
    "restore",
    "shown",
    "tell_paid_back",
    "transfer",
    "uses_of",
    "visible",
    "withdraw",
]
