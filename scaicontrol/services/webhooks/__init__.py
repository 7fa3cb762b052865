"""Webhooks: telling the world what happened, signed, at least once, in order per resource."""

from .queries import attempts, deliveries, delivery, get, listing, statistics, stream
from .service import create, delete, dispatch, relay, replay, retry, rotate_secret, send_test, update
from .service.endpoints import purge_dead
from .topics import TOPICS

__all__ = [
    "TOPICS",
    "attempts",
    "create",
    "delete",
    "deliveries",
    "delivery",
    "dispatch",
    "get",
    "listing",
    "purge_dead",
    "relay",
    "replay",
    "retry",
    "rotate_secret",
    "send_test",
    "statistics",
    "stream",
    "update",
]
