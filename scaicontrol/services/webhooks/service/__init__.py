"""The verbs of webhooks: endpoints that people manage, the relay that fans out, the dispatcher that delivers."""

from .dispatch import dispatch, send_test
from .endpoints import create, delete, rehearse_rotation, replay, retry, rotate_secret, update
from .relay import relay

__all__ = [
    "create",
    "delete",
    "dispatch",
    "rehearse_rotation",
    "relay",
    "replay",
    "retry",
    "rotate_secret",
    "send_test",
    "update",
]
