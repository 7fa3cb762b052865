"""Plans, their versions, and what partners charge for them."""

from collections.abc import Sequence

from scaicontrol.core.errors import invalid
from scaicontrol.core.ids import Id
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.catalog.schemas import (
    OfferedPlanOut,
    PlanIn,
    PlanOut,
    PlanVersionOut,
)

from .door import Paging, Tool, Whole

tool = Tool(
    "manage_plans",
    "Plans and prices, in minor units. Versions that were sold never change.",
)


class PlanStoryOut(PlanOut):
    """A plan with its versions, newest first."""

    versions: list[PlanVersionOut]


@tool.read("services:read", out=list[PlanOut | OfferedPlanOut])
async def list_(
    uow: UnitOfWork,
    paging: Paging,
    service_id: Id | None = None,
    service_slug: Word | None = None,
    is_active: bool | None = None,
    q: Word | None = None,
) -> Page[PlanOut] | Sequence[OfferedPlanOut]:
    """List plans; others than operators of a slug."""
    if uow.actor.may("plans:administer"):
        page = await catalog.page(uow, paging.request, service_id=service_id, is_active=is_active, q=q)
        return page.shown(PlanOut.model_validate)
    if service_slug is None:
        raise invalid("service_slug", "Name the service whose plans are to be listed.", "missing")
    on_sale = await catalog.service_on_sale(uow, service_slug)
    return await catalog.offered(uow, await catalog.plans_of(uow, on_sale.id))


@tool.read("services:read", out=PlanStoryOut | OfferedPlanOut)
async def get(uow: UnitOfWork, plan_id: Id) -> PlanStoryOut | OfferedPlanOut:
    """Read one by id or key."""
    plan = await catalog.plan_by(uow, plan_id)
    if not uow.actor.may("plans:administer"):
        return (await catalog.offered(uow, [plan]))[0]
    return _story(plan, [PlanVersionOut.model_validate(each) for each in await catalog.versions(uow, plan.id)])


def _story(plan: Plan, versions: list[PlanVersionOut]) -> PlanStoryOut:
    return PlanStoryOut.model_construct(**dict(PlanOut.model_validate(plan)), versions=versions)


@tool.change("plans:manage", out=PlanOut)
async def create(uow: UnitOfWork, plan: Whole[PlanIn]) -> Plan:
    """Put it on sale."""
    return await catalog.create(uow, plan)


@tool.change("plans:manage", out=PlanOut, destructive=True)
async def update(uow: UnitOfWork, plan_id: Id, plan: Whole[PlanIn]) -> Plan:
    """Other terms are a version for new subscribers."""
    return await catalog.update(uow, plan_id, plan)


@tool.change("plans:manage", out=PlanOut, destructive=True)
async def deactivate(uow: UnitOfWork, plan_id: Id) -> Plan:
    """Take it off sale; who has it keeps it."""
    return await catalog.deactivate(uow, plan_id)
