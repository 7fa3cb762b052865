"""Accounting: how documents, payments and refunds reach the books, and the archive that proves itself."""

from . import journal
from .journal_input import JournalInput, JournalInputLine, Kind
from .providers import AccountingProvider, Artefact, Exported, installed, provider
from .queries import called, failed, find_item, get, item, listing, names, sync_log, visible, visible_items
from .service.export import artefact, export
from .service.integrations import create, deactivate, test, update
from .service.queue import request
from .service.sweep import sweep_orphans
from .service.sync import sync_due

__all__ = [
    "AccountingProvider",
    "Artefact",
    "Exported",
    "JournalInput",
    "JournalInputLine",
    "Kind",
    "artefact",
    "called",
    "create",
    "deactivate",
    "export",
    "failed",
    "find_item",
    "get",
    "installed",
    "item",
    "journal",
    "listing",
    "names",
    "provider",
    "request",
    "sweep_orphans",
    "sync_due",
    "sync_log",
    "test",
    "update",
    "visible",
    "visible_items",
]
