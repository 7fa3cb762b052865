"""Audit: who did what, read from the entries every verb leaves in its own transaction."""

from .exports import ListExported, record_export
from .queries import entry, page, timeline, visible

__all__ = ["ListExported", "entry", "page", "record_export", "timeline", "visible"]
