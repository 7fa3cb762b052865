"""Audit: who did what, read from the entries every verb leaves in its own transaction."""

from .exports import ListExported, record_export
from .queries import entry, page, timeline, visible
from .stories import Told, folded, story

__all__ = ["ListExported", "Told", "entry", "folded", "page", "record_export", "story", "timeline", "visible"]
