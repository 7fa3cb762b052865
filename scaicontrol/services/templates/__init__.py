"""Templates: how documents look and which words they print."""

from .builtin_documents import DEFAULT_COLOR, render_html, usable_color
from .builtin_mails import Letterhead, render_mail
from .document_variables import DocumentKind, texts
from .filters import day, money, number, percent
from .labels import labels
from .mail_words import MailKind
from .words.kinds import Labels

__all__ = [
    "DEFAULT_COLOR",
    "DocumentKind",
    "Labels",
    "Letterhead",
    "MailKind",
    "day",
    "labels",
    "money",
    "number",
    "percent",
    "render_html",
    "render_mail",
    "texts",
    "usable_color",
]
