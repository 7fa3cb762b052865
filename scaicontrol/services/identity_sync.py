"""Identity sync, at the path the contract gives it: the front door of `identity/sync.py`."""

from .identity.sync import SyncReport, refresh_user_at_login, start, sync

__all__ = ["SyncReport", "refresh_user_at_login", "start", "sync"]
