"""
What other features ask payments for, by name: one statement a question.

No permission of their own: the calling verb has authorized, and the session shows what its actor may see.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import aliased

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.invoices.reads import receivables

from .lifecycle import PaymentState
from .models import DisputeMovement, Payment


def dispute_movements(
    partner_id: str,
    *,
    since: datetime | None = None,
    moved: tuple[datetime, datetime] | None = None,
    newest_first: bool = False,
) -> Select[DisputeMovement]:
    """
    Select what moved for disputes beside a partner's documents, in the order of moving, to be narrowed and asked.

    `moved`: the moments between which it moved, the second excluded.
    """
    at, key = DisputeMovement.created_at, DisputeMovement.id
    query = select(DisputeMovement).where(DisputeMovement.partner_id == partner_id)
    if since is not None:
        query = query.where(at >= since)
    if moved is not None:
        query = query.where(at >= moved[0], at < moved[1])
    return query.order_by(at.desc(), key.desc()) if newest_first else query.order_by(at, key)


async def dispute_movements_by_id(uow: UnitOfWork, ids: Collection[str]) -> list[DisputeMovement]:
    """Give movements by id."""
    return list(await uow.session.scalars(select(DisputeMovement).where(DisputeMovement.id.in_(ids))))


def uncollected() -> ColumnElement[bool]:
    """Say in SQL that a payment failed, that nothing was tried since, and that its invoice still owes."""
    later = aliased(Payment)
    was_tried_again = exists().where(later.invoice_id == Payment.invoice_id, later.attempt > Payment.attempt)
    return and_(Payment.status == PaymentState.failed, ~was_tried_again, Payment.invoice_id.in_(receivables.owing()))
