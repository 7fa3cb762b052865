"""Deciding what becomes of a charge that was set aside."""

from sqlalchemy import exists, select

from scaicontrol.core.errors import Refused, invalid
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import QuarantineResolved
from ..models import BillingCharge, QuarantineItem

RESOLUTIONS = ("retry", "waive", "manual")


@verb
async def resolve(uow: UnitOfWork, item_id: str, resolution: str, reason: str) -> QuarantineItem:
    """
    Close a quarantine item: `retry` leaves the charge due for the next run, `waive` charges nothing for it, `manual`
    says that it was put on an invoice by hand. Waived and manual charges are never asked for again.
    """
    uow.authorize("billing:resolve")
    if resolution not in RESOLUTIONS:
        raise invalid("resolution", f"'{resolution}' is not one of {', '.join(RESOLUTIONS)}.")
    item = await queries.get_quarantined(uow, item_id, lock=True)
    if item.resolved_at is not None:
        raise Refused(f"Cannot resolve {item}: it was resolved as {item.resolution}.")
    if resolution != "retry":
        await queries.settle_without_invoice(uow, item, reason)
    _close(uow, item, resolution, reason)
    return item


async def close_charged(uow: UnitOfWork, partner_id: str, subject_id: str | None = None) -> int:
    """Close the items whose charge exists by now: what waited has been billed, and nobody need decide about it."""
    uow.authorize("billing:apply")
    charged = exists().where(
        BillingCharge.subject_id == QuarantineItem.subject_id,
        BillingCharge.period_start == QuarantineItem.period_start,
        BillingCharge.charge_kind == QuarantineItem.charge_kind,
    )
    query = select(QuarantineItem).where(
        QuarantineItem.partner_id == partner_id, QuarantineItem.resolved_at.is_(None), charged
    )
    if subject_id is not None:
        query = query.where(QuarantineItem.subject_id == subject_id)
    items = (await uow.session.scalars(query)).all()
    for item in items:
        _close(uow, item, "retry", "It has been charged.")
    return len(items)


def _close(uow: UnitOfWork, item: QuarantineItem, resolution: str, reason: str) -> None:
    item.resolved_at, item.resolution, item.resolution_reason = uow.now, resolution, reason
    uow.emit(
        QuarantineResolved(
            quarantine_id=item.id, partner_id=item.partner_id, tenant_id=item.tenant_id, resolution=resolution
        ),
        reason=reason,
    )
