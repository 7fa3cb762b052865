from functools import partial

from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import plan_moves
from scaicontrol.services.plan_moves import PlannedMove
from scaicontrol.services.plan_moves.schemas import CancelMoveIn, MoveIn, MovePreviewIn, PlanMoveOut, PlannedMoveOut

from .door import One, Paged, Paging, Router

router = Router("/admin/plan-moves", tags=["admin"])
of_plan = Router("/admin/plans/{plan_id}/moves", tags=["admin"])


@router.get("", response_model=Paged[PlanMoveOut], permission="plans:move", summary="List moves of subscribers")
async def list_moves(uow: UnitOfWork, paging: Paging, plan_id: Id | None = None) -> Page[PlanMoveOut]:
    page = await plan_moves.page(uow, paging, plan_id=plan_id)
    return page.shown(partial(plan_moves.shown, uow.actor))


@router.post(
    "/{move_id}/cancel", response_model=One[PlanMoveOut], permission="plans:move", keyed=True, summary="Call a move off"
)
async def cancel_move(uow: UnitOfWork, move_id: str, body: CancelMoveIn) -> PlanMoveOut:
    """For whoever has not taken the version yet; each is told."""
    return await plan_moves.stored(uow, await plan_moves.cancel(uow, move_id, body.reason))


@of_plan.post(
    "/preview", response_model=One[PlannedMoveOut], permission="plans:move", summary="Preview a move of subscribers"
)
async def preview_move(uow: UnitOfWork, plan_id: str, body: MovePreviewIn) -> PlannedMove:
    """Who would get the version that is sold now, what each pays before and after, and from which renewal."""
    return await plan_moves.preview(uow, plan_id, notice_days=body.notice_days, partner_id=body.partner_id)


@of_plan.post(
    "",
    response_model=One[PlanMoveOut],
    status_code=201,
    permission="plans:move",
    keyed=True,
    summary="Announce a move of subscribers",
)
async def announce_move(uow: UnitOfWork, plan_id: str, body: MoveIn) -> PlanMoveOut:
    """Each takes the version at its first renewal after the notice; with a `plan_hash` only as previewed."""
    move = await plan_moves.announce(
        uow,
        plan_id,
        notice_days=body.notice_days,
        reason=body.reason,
        partner_id=body.partner_id,
        plan_hash=body.plan_hash,
    )
    return await plan_moves.stored(uow, move)
