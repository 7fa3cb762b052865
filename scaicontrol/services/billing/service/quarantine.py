"""Deciding what becomes of a charge that was set aside."""

from sqlalchemy import exists, select

from scaicontrol.core.errors import Refused, invalid
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import QuarantineResolved
from ..models import DRAFT, BillingCharge, QuarantineItem
from .ending import recount

RESOLUTIONS = ("retry", "waive", "manual")


@verb
async def resolve(uow: UnitOfWork, item_id: str, resolution: str, reason: str) -> QuarantineItem:
    """
    Close a quarantine item: `retry` leaves the charge due for the next run, `waive` charges nothing for it, `manual`
    says that it was put on an invoice by hand. Waived and manual charges are never asked for again. A draft that was
    left behind is finalised anew by `retry`; refused again, it waits again.

    Raises NotFound, Invalid for another resolution, Refused for an item that was resolved or whose charges stand on a
    draft.
    """
    uow.authorize("billing:resolve")
    if resolution not in RESOLUTIONS:
        raise invalid("resolution", f"'{resolution}' is not one of {', '.join(RESOLUTIONS)}.")
    item = await queries.get_quarantined(uow, item_id, lock=True)
    if item.resolved_at is not None:
        raise Refused(f"Cannot resolve {item}: it was resolved as {item.resolution}.")
    if item.charge_kind == DRAFT:
        if resolution == "waive":
            raise Refused(f"Cannot waive {item}: its charges stand on draft {item.subject_id}; void or delete that.")
        close(uow, item, resolution, reason, retry=item.subject_id if resolution == "retry" else None)
        if resolution != "retry":  # which is counted when it has been tried
            await recount(uow, item.run_id)
        return item
    if resolution != "retry":
        await queries.settle_without_invoice(uow, item, reason)
    close(uow, item, resolution, reason)
    return item


async def close_charged(uow: UnitOfWork, partner_id: str, subject_id: str | None = None) -> int:
    """
    Close the items whose cause is gone: what waited has been charged, or is not due any more.

    Nobody need decide about those; how many were closed is given.
    """
    uow.authorize("billing:apply")
    charged = exists().where(
        BillingCharge.subject_id == QuarantineItem.subject_id,
        BillingCharge.period_start == QuarantineItem.period_start,
        BillingCharge.charge_kind == QuarantineItem.charge_kind,
    )
    query = select(QuarantineItem).where(
        QuarantineItem.partner_id == partner_id,
        QuarantineItem.resolved_at.is_(None),
        QuarantineItem.charge_kind != DRAFT,
    )
    if subject_id is not None:
        query = query.where(QuarantineItem.subject_id == subject_id)
    await uow.session.flush()
    items = (await uow.session.scalars(query.where(charged))).all()
    for item in items:
        close(uow, item, "retry", "It has been charged.")
    gone = [item for item in await uow.session.scalars(query.where(~charged)) if not await queries.is_due(uow, item)]
    for item in gone:
        close(uow, item, "retry", "It is not due any more.")
    return len(items) + len(gone)


def close(uow: UnitOfWork, item: QuarantineItem, resolution: str, reason: str, *, retry: str | None = None) -> None:
    """Note what became of an item; `retry` names a draft that is to be finalised once more."""
    item.resolved_at, item.resolution, item.resolution_reason = uow.now, resolution, reason
    uow.emit(
        QuarantineResolved(
            quarantine_id=item.id,
            partner_id=item.partner_id,
            tenant_id=item.tenant_id,
            resolution=resolution,
            draft_to_retry=retry,
        ),
        reason=reason,
    )
