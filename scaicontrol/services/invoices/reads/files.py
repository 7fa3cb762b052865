"""Which files of documents are wanted: the queue that whoever makes them works through."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from scaicontrol.core import claims
from scaicontrol.core.work import UnitOfWork

from ..models import DocumentRender, Invoice


async def lease_due(uow: UnitOfWork, *, by: str, during: timedelta, limit: int) -> list[str]:
    """Lease due renders, the longest due first; a lease that runs out may be taken by another."""
    due = DocumentRender.due_at
    return await claims.lease(uow, DocumentRender, due <= uow.now, by=by, during=during, oldest=[due], limit=limit)


async def wanted(uow: UnitOfWork, render_id: str, *, lock: bool = False) -> DocumentRender:
    """Give a render that is known to be there; locked, it is read anew."""
    if lock:
        return await uow.session.get_one(DocumentRender, render_id, with_for_update=True, populate_existing=True)
    return await uow.session.get_one(DocumentRender, render_id)


async def of_document(uow: UnitOfWork, invoice_id: str) -> list[DocumentRender]:
    """List what was wanted of one document, by version."""
    query = select(DocumentRender).where(DocumentRender.invoice_id == invoice_id).order_by(DocumentRender.version)
    return list(await uow.session.scalars(query))


async def waiting_since(uow: UnitOfWork, moment: datetime) -> list[DocumentRender]:
    """List what was asked for by then and is not there yet, the oldest first."""
    late = select(DocumentRender).where(DocumentRender.due_at.is_not(None), DocumentRender.requested_at <= moment)
    return list(await uow.session.scalars(late.order_by(DocumentRender.requested_at)))


async def waiting_among(uow: UnitOfWork, numbers: Collection[str]) -> set[tuple[str, str]]:
    """Name those of these documents, as (seller, number), whose files are still being made."""
    rows = await uow.session.execute(
        select(Invoice.partner_id, Invoice.number)
        .join(DocumentRender, DocumentRender.invoice_id == Invoice.id)
        .where(DocumentRender.done_at.is_(None), Invoice.number.in_(numbers))
    )
    return {(partner_id, number or "") for partner_id, number in rows}


class AskedFor(NamedTuple):
    """A version of a document's files that somebody wanted, and when it was made."""

    invoice_id: str
    version: int
    done_at: datetime | None


async def asked_for(uow: UnitOfWork, invoice_ids: Collection[str]) -> list[AskedFor]:
    """Give every version that was ever wanted of these documents."""
    columns = (DocumentRender.invoice_id, DocumentRender.version, DocumentRender.done_at)
    rows = await uow.session.execute(select(*columns).where(DocumentRender.invoice_id.in_(invoice_ids)))
    return [AskedFor._make(row) for row in rows]
