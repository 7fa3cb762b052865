"""Audit: who did what, read from the entries every verb leaves in its own transaction."""

from .queries import page, timeline, visible
from .schemas import AuditEntryOut

__all__ = ["AuditEntryOut", "page", "timeline", "visible"]
