"""Templates: how documents look and which words they print."""

from .builtin_documents import DEFAULT_COLOR, DocumentKind, render_html, usable_color
from .builtin_mails import Letterhead, render_mail
from .filters import day, money
from .labels import Labels, labels
from .mail_words import MailKind

__all__ = [
    "DEFAULT_COLOR",
    "DocumentKind",
    "Labels",
    "Letterhead",
    "MailKind",
    "day",
    "labels",
    "money",
    "render_html",
    "render_mail",
    "usable_color",
]
