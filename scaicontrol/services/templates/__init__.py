"""Templates: how documents look and which words they print."""

from .builtin_documents import DEFAULT_COLOR, DocumentKind, render_html, usable_color
from .labels import Labels, labels

__all__ = ["DEFAULT_COLOR", "DocumentKind", "Labels", "labels", "render_html", "usable_color"]
