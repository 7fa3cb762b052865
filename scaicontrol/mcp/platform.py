"""The platform itself: change plans, which are how agents change anything."""

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes
from scaicontrol.services.changes.schemas import ApplyPlanIn, ChangePlanFilter, ChangePlanOut, ChangePlanSummary

from .door import Paging, Tool

tool = Tool(
    "manage_platform",
    "Platform",
    "Change plans: what a change would do, kept until it is applied exactly as shown. People approve them elsewhere.",
)


@tool.read("changes:read", out=list[ChangePlanSummary])
async def list_change_plans(uow: UnitOfWork, wanted: ChangePlanFilter, paging: Paging) -> list[ChangePlanSummary]:
    """List one's own change plans, and those one may decide about, newest first."""
    found = await changes.page(uow, paging.request, wanted)
    return [changes.listed(uow.actor, plan) for plan in found.items]


@tool.read("changes:read", out=ChangePlanOut)
async def get_change_plan(uow: UnitOfWork, plan_id: Id) -> ChangePlanOut:
    """Read a change plan: everything it would leave, who must agree, and until when it holds."""
    return changes.shown(uow.actor, await changes.get(uow, plan_id))


@tool.change("changes:apply", out=ChangePlanOut, destructive=True, outside=True, is_planned=False)
async def apply_change_plan(backend: Backend, actor: Actor, plan_id: Id, body: ApplyPlanIn) -> ChangePlanOut:
    """Do exactly what one's own plan showed, once; anything else is refused and named."""
    return changes.shown(actor, await changes.apply(backend, actor, plan_id, body.plan_hash))
