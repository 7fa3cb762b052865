"""The verbs of webhooks: endpoints that people manage, the relay that fans out, the dispatcher that delivers."""

from .dispatch import dispatch, send_test
from .endpoints import create, delete, replay, retry, rotate_secret, update
from .relay import relay

__all__ = [
    "create",
    "delete",
    "dispatch",
    "relay",
    "replay",
    "retry",
    "rotate_secret",
    "send_test",
    "update",
]
