"""Statements of account and payment reminders: what a tenant owes, on pages that are kept."""

from .service.remind import LAST_REMINDER, NotOverdue, make_reminder, remind, reminders
from .service.statement import statement, statement_pdf
from .service.sweep import sweep_orphans
from .table import as_csv

__all__ = [
    "LAST_REMINDER",
    "NotOverdue",
    "as_csv",
    "make_reminder",
    "remind",
    "reminders",
    "statement",
    "statement_pdf",
    "sweep_orphans",
]
