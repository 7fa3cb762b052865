"""
What other features ask tax for, by name: one statement a question.

No permission of their own: the calling verb has authorized, and the session shows what its actor may see.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from .models import TaxDecision


async def decisions_of(uow: UnitOfWork, invoice_ids: Collection[str]) -> dict[str, TaxDecision]:
    """Give the VAT decisions of documents by the document's id."""
    rows = await uow.session.scalars(select(TaxDecision).where(TaxDecision.invoice_id.in_(invoice_ids)))
    return {decision.invoice_id: decision for decision in rows}


async def decided_fields(uow: UnitOfWork, invoice_ids: Collection[str], names: Collection[str]) -> dict[str, Any]:
    """Give these fields of the VAT decisions of documents, as rows and by the document's id."""
    columns = (getattr(TaxDecision, name) for name in names)
    query = select(TaxDecision.invoice_id, *columns).where(TaxDecision.invoice_id.in_(invoice_ids))
    return {row.invoice_id: row for row in await uow.session.execute(query)}
