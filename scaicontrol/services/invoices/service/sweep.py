"""
Objects that no version names: a file was stored, and the process died before its row was written.

Mostly the next run stores the same bytes under the same key and writes the row. What changed in between (a template, a
renderer) leaves the first file behind; after a week nobody will come for it.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.logging import get_logger
from scaicontrol.core.work import UnitOfWork

from ..models import AccountPaper, DocumentRender, DocumentVersion, Invoice
from . import papers

log = get_logger(__name__)

FOLDERS: Final = ("documents/", papers.FOLDER)  # of documents, and about accounts
KEPT_FOR: Final = timedelta(days=7)
_BATCH: Final = 200


async def sweep_orphans(backend: Backend, actor: Actor) -> int:
    """
    Remove files that are older than a week and belong to no version and no paper, and count them.

    The files of a document that still waits to be rendered stay. An object that the store holds locked stays too, is
    logged, and is met again by the next sweep.
    """
    actor.require("invoices:sweep")
    removed = 0
    async for keys in _old_keys(backend):
        for key in await backend.ask(actor, orphans_among, keys):
            removed += await _remove(backend, key)
    return removed


async def orphans_among(uow: UnitOfWork, keys: Sequence[str]) -> list[str]:
    """Give the keys that no version names and no waiting render may still name."""
    uow.authorize("invoices:sweep")
    named: set[str] = set()
    for column in (DocumentVersion.storage_key, AccountPaper.storage_key):
        named |= set(await uow.session.scalars(select(column).where(column.in_(keys))))
    left = [key for key in keys if key not in named]
    waiting = await _waiting(uow, left) if left else set()
    return [key for key in left if _document(key) not in waiting]


async def _waiting(uow: UnitOfWork, keys: Sequence[str]) -> set[tuple[str, str]]:
    """Name the documents, as (seller, number), whose files are still being made."""
    numbers = {_document(key)[1] for key in keys}
    rows = await uow.session.execute(
        select(Invoice.partner_id, Invoice.number)
        .join(DocumentRender, DocumentRender.invoice_id == Invoice.id)
        .where(DocumentRender.done_at.is_(None), Invoice.number.in_(numbers))
    )
    return {(partner_id, number or "") for partner_id, number in rows}


def _document(key: str) -> tuple[str, str]:
    """Read seller and number from `documents/<seller>/<year>/<number>/v<n>/<file>`; another shape names no document."""
    parts = key.split("/")
    return (parts[1], parts[3]) if len(parts) > 4 else ("", "")


async def _old_keys(backend: Backend) -> AsyncIterator[list[str]]:
    before, batch = backend.clock.now() - KEPT_FOR, []
    for folder in FOLDERS:
        async for key, stored_at in backend.ports.objects.keys(folder):
            if stored_at < before:
                batch.append(key)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


async def _remove(backend: Backend, key: str) -> bool:
    try:
        await backend.ports.objects.delete(key)
    except ControlError as error:
        log.warning("orphan_not_removed", key=key, error=error.message)
        return False
    log.info("orphan_removed", key=key)
    return True
