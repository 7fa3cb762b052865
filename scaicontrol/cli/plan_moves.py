"""Moves of subscribers to the version of their plan that is sold now."""

from typing import Annotated

import typer

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, plan_moves
from scaicontrol.services.plan_moves.schemas import PlanMoveOut, PlannedMoveOut

from .door import command

app = typer.Typer(
    name="plan-moves", no_args_is_help=True, help="Moves of subscribers to a newer version of their plan."
)
Plan = Annotated[str, typer.Argument(help="The plan's id or its key.")]
Notice = Annotated[int, typer.Option(help="Days between the announcement and the earliest renewal that takes it.")]
Partner = Annotated[str | None, typer.Option(help="Only tenants of this partner.")]


@command(app, "list")
async def list_(
    uow: UnitOfWork, plan: Annotated[str | None, typer.Option(help="Only of this plan.")] = None, page: int = 1
) -> list[PlanMoveOut]:
    """List moves, newest first."""
    plan_id = (await catalog.plan_by(uow, plan)).id if plan else None
    found = await plan_moves.page(uow, PageRequest(page, 100), plan_id=plan_id)
    return [plan_moves.shown(uow.actor, move) for move in found.items]


@command(app)
async def preview(uow: UnitOfWork, plan: Plan, notice_days: Notice = 30, partner: Partner = None) -> PlannedMoveOut:
    """Say who would be moved, what each pays before and after, and from when."""
    found = await catalog.plan_by(uow, plan)
    planned = await plan_moves.preview(uow, found.id, notice_days=notice_days, partner_id=partner)
    return PlannedMoveOut.model_validate(planned)


@command(app, changes=True)
async def announce(
    uow: UnitOfWork,
    plan: Plan,
    reason: Annotated[str, typer.Option(help="Kept in the audit log.")],
    notice_days: Notice = 30,
    partner: Partner = None,
    plan_hash: Annotated[str | None, typer.Option(help="Only if it is as previewed.")] = None,
) -> PlanMoveOut:
    """Announce the version that is sold now to who has an earlier one."""
    found = await catalog.plan_by(uow, plan)
    move = await plan_moves.announce(
        uow, found.id, notice_days=notice_days, reason=reason, partner_id=partner, plan_hash=plan_hash
    )
    return await plan_moves.stored(uow, move)


@command(app, changes=True)
async def cancel(
    uow: UnitOfWork, move_id: str, reason: Annotated[str, typer.Option(help="Kept in the audit log.")]
) -> PlanMoveOut:
    """Call a move off for whoever has not taken the version yet."""
    return await plan_moves.stored(uow, await plan_moves.cancel(uow, move_id, reason))
