"""The end of an apply: what was written, what was set aside, and how many drafts were left behind."""

from sqlalchemy import func, select

from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import RunApplied
from ..lifecycle import RunLifecycle, RunStatus
from ..models import DRAFT, BillingRun, PlannedDocument, QuarantineItem


async def end(uow: UnitOfWork, run: BillingRun) -> None:
    """Close an apply: as applied when nothing of the run waits for anybody, else as partially applied."""
    counted = await uow.session.execute(
        select(PlannedDocument.status, func.count())
        .where(PlannedDocument.run_id == run.id)
        .group_by(PlannedDocument.status)
    )
    by_status = {row[0]: int(row[1]) for row in counted}
    run.left_as_drafts = await _left(uow, run.id)
    waits = by_status.get("planned", 0) + by_status.get("quarantined", 0) + run.left_as_drafts > 0
    run.advance(RunLifecycle.complete_partially if waits else RunLifecycle.complete)
    run.applied_at = uow.now
    run.version += 1
    uow.emit(
        RunApplied(
            run_id=run.id,
            partner_id=run.partner_id,
            version=run.version,
            applied=by_status.get("applied", 0),
            quarantined=by_status.get("quarantined", 0),
            left_as_drafts=run.left_as_drafts,
        )
    )


async def recount(uow: UnitOfWork, run_id: str | None) -> None:
    """Count again the drafts a run has left behind; one that waited for nothing else is applied now."""
    if run_id is None:
        return
    run = await queries.get_run(uow, run_id)
    if run.status == RunStatus.applying:
        return  # its end will count, once for all of them
    run = await queries.get_run(uow, run_id, lock=True)
    run.left_as_drafts = await _left(uow, run_id)
    waiting = select(PlannedDocument.key).where(PlannedDocument.run_id == run_id, PlannedDocument.status != "applied")
    if run.status != RunStatus.partially_applied or run.left_as_drafts:
        return
    if await uow.session.scalar(waiting.limit(1)) is None:
        run.advance(RunLifecycle.apply)
        await end(uow, run)


async def _left(uow: UnitOfWork, run_id: str) -> int:
    await uow.session.flush()
    left = select(func.count()).where(
        QuarantineItem.run_id == run_id, QuarantineItem.charge_kind == DRAFT, QuarantineItem.resolved_at.is_(None)
    )
    return await uow.session.scalar(left) or 0
