"""Payment files: what a seller's bank is told to pay, as SEPA credit transfers (pain.001)."""

from .queries import get, order, orders, page, visible, visible_orders, written_orders
from .service import download, mark_sent, propose, reject, settle, withdraw, write

__all__ = [
    "download",
    "get",
    "mark_sent",
    "order",
    "orders",
    "page",
    "propose",
    "reject",
    "settle",
    "visible",
    "visible_orders",
    "withdraw",
    "write",
    "written_orders",
]
