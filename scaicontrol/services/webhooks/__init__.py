"""Webhooks: telling the world what happened, signed, at least once, in order per resource."""

from .queries import (
    attempts,
    deliveries,
    deliveries_about,
    deliveries_of_event,
    delivery,
    event,
    find_delivery,
    get,
    listing,
    page_deliveries,
    statistics,
    stream,
    visible,
    visible_deliveries,
    visible_events,
    waiting_since,
)
from .service import create, delete, dispatch, relay, replay, retry, rotate_secret, send_test, update
from .service.endpoints import purge_dead, replayable
from .topics import TOPICS

__all__ = [
    "TOPICS",
    "attempts",
    "create",
    "delete",
    "deliveries",
    "deliveries_about",
    "deliveries_of_event",
    "delivery",
    "dispatch",
    "event",
    "find_delivery",
    "get",
    "listing",
    "page_deliveries",
    "purge_dead",
    "relay",
    "replay",
    "replayable",
    "retry",
    "rotate_secret",
    "send_test",
    "statistics",
    "stream",
    "update",
    "visible",
    "visible_deliveries",
    "visible_events",
    "waiting_since",
]
