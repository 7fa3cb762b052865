"""Moves of subscribers to the version of a plan that is sold now."""

from functools import partial

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import plan_moves
from scaicontrol.services.plan_moves import PlannedMove
from scaicontrol.services.plan_moves.schemas import CancelMoveIn, MoveIn, MovePreviewIn, PlanMoveOut, PlannedMoveOut

from .door import Paging
from .plans import tool


@tool.read("plans:move", out=list[PlanMoveOut])
async def list_moves(uow: UnitOfWork, paging: Paging, plan_id: Id | None = None) -> Page[PlanMoveOut]:
    """List announced moves."""
    page = await plan_moves.page(uow, paging.request, plan_id=plan_id)
    return page.shown(partial(plan_moves.shown, uow.actor))


@tool.read("plans:move", out=PlannedMoveOut)
async def preview_move(uow: UnitOfWork, plan_id: Id, body: MovePreviewIn) -> PlannedMove:
    """Say who would get the version sold now."""
    return await plan_moves.preview(uow, plan_id, notice_days=body.notice_days, partner_id=body.partner_id)


@tool.change("plans:move", out=PlanMoveOut, destructive=True, outside=True)
async def announce_move(uow: UnitOfWork, plan_id: Id, body: MoveIn) -> PlanMoveOut:
    """Tell subscribers; `plan_hash`: as previewed."""
    move = await plan_moves.announce(
        uow,
        plan_id,
        notice_days=body.notice_days,
        reason=body.reason,
        partner_id=body.partner_id,
        plan_hash=body.plan_hash,
    )
    return await plan_moves.stored(uow, move)


@tool.change("plans:move", out=PlanMoveOut, destructive=True, outside=True)
async def cancel_move(uow: UnitOfWork, move_id: Id, body: CancelMoveIn) -> PlanMoveOut:
    """Call it off; each is told."""
    return await plan_moves.stored(uow, await plan_moves.cancel(uow, move_id, body.reason))
