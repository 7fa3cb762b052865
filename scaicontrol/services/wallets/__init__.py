"""Wallets: what tenants have with their sellers beforehand, in lots: money that was paid in, and what was given."""

from .queries import balances, detail, get, offered, page, shown, visible
from .service import apply, expire, expire_due, grant, refund, restore, top_up

__all__ = [
    "apply",
    "balances",
    "detail",
    "expire",
    "expire_due",
    "get",
    "grant",
    "offered",
    "page",
    "refund",
    "restore",
    "shown",
    "top_up",
    "visible",
]
