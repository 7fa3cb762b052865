"""The ledger: every movement of money, and of what is owed, on two sides that sum to nothing."""

from .queries import balances, entries, entry, on_account, visible
from .service import Books, clearing_of, entry_of, post

__all__ = [
    "Books",
    "balances",
    "clearing_of",
    "entries",
    "entry",
    "entry_of",
    "on_account",
    "post",
    "visible",
]
