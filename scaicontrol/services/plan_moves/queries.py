from sqlalchemy import Select, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork

from .lifecycle import offered_in
from .models import PlanMove
from .schemas import PlanMoveOut

SORTABLE = {"created_at": PlanMove.created_at, "status": PlanMove.status}


def visible(uow: UnitOfWork) -> Select[PlanMove]:
    """Every read starts here; only the platform moves subscribers."""
    uow.authorize("plans:move")
    return select(PlanMove)


async def get(uow: UnitOfWork, move_id: str, *, lock: bool = False) -> PlanMove:
    query = visible(uow).where(PlanMove.id == move_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No plan move {move_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, *, plan_id: str | None = None) -> Page[PlanMove]:
    query = visible(uow)
    if plan_id is not None:
        query = query.where(PlanMove.plan_id == plan_id)
    return await paginate(uow, query, request, SORTABLE)


def offered(actor: Actor, move: PlanMove) -> list[str]:
    """Name what `actor` may do with a move now."""
    return offered_in(actor, move.status)


def shown(actor: Actor, move: PlanMove) -> PlanMoveOut:
    """Say a move as surfaces show it."""
    plain = {name: getattr(move, name) for name in PlanMoveOut.model_fields if name != "available_actions"}
    return PlanMoveOut.model_validate({**plain, "available_actions": offered(actor, move)})


async def stored(uow: UnitOfWork, move: PlanMove) -> PlanMoveOut:
    """Say what was just changed as surfaces show it, with the moments the database will keep."""
    await uow.write()
    return shown(uow.actor, move)
