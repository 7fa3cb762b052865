"""The platform itself: its settings, jobs and log, and change plans, which are how agents change anything."""

from typing import Annotated

from pydantic import Field

from scaicontrol.core import leases
from scaicontrol.core.actor import Actor
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.ids import Id
from scaicontrol.core.jobs import JobOut, StartedOut
from scaicontrol.core.pagination import Feed, Page
from scaicontrol.core.schemas import Word
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit as log
from scaicontrol.services import changes
from scaicontrol.services import invariants as books
from scaicontrol.services.audit.schemas import AuditEntryOut, AuditFilter
from scaicontrol.services.changes.lifecycle import PlanStatus
from scaicontrol.services.changes.schemas import (
    ApplyPlanIn,
    ChangePlanFilter,
    ChangePlanOut,
    ChangePlanSummary,
    PlatformSettingsIn,
    PlatformSettingsOut,
)
from scaicontrol.services.invariants.schemas import InvariantOut

from .door import Following, Paging, Tool

tool = Tool(
    "manage_platform",
    "Settings, jobs, the log, and change plans, which people approve elsewhere.",
)


@tool.read("changes:read", out=list[ChangePlanSummary])
async def list_change_plans(
    uow: UnitOfWork,
    paging: Paging,
    plan_status: PlanStatus | None = None,
    planned: Annotated[str, Field(max_length=100, description="A verb, such as invoices.void.")] | None = None,
) -> Page[ChangePlanSummary]:
    """List one's own plans, and those to decide on."""
    found = await changes.page(uow, paging.request, ChangePlanFilter(status=plan_status, action=planned))
    return found.shown(lambda plan: changes.listed(uow.actor, plan))


@tool.read("changes:read", out=ChangePlanOut)
async def get_change_plan(uow: UnitOfWork, plan_id: Id) -> ChangePlanOut:
    """Read all it would leave, and who must agree."""
    return changes.shown(uow.actor, await changes.get(uow, plan_id))


@tool.change("changes:apply", out=ChangePlanOut, destructive=True, outside=True, is_planned=False)
async def apply_change_plan(backend: Backend, actor: Actor, plan_id: Id, body: ApplyPlanIn) -> ChangePlanOut:
    """Do exactly what one's own plan showed, once."""
    return changes.shown(actor, await changes.apply(backend, actor, plan_id, body.plan_hash))


@tool.read("platform:read", out=PlatformSettingsOut)
async def get_settings(uow: UnitOfWork) -> PlatformSettingsOut:
    """Read the settings in force."""
    return await changes.platform(uow)


@tool.change("platform:update", out=PlatformSettingsOut, destructive=True)
async def update_settings(uow: UnitOfWork, body: PlatformSettingsIn) -> PlatformSettingsOut:
    """Replace them, in the shape they are read."""
    await changes.set_policy(uow, body.settings.approval_policy, body.version)
    return await changes.platform(uow)


@tool.read("jobs:read", out=list[JobOut])
async def jobs(uow: UnitOfWork) -> list[leases.JobLease]:
    """List what each job last did."""
    return await leases.jobs(uow)


@tool.change("jobs:run", out=StartedOut, outside=True)
async def run_job(backend: Backend, actor: Actor, name: Word) -> StartedOut:
    """Run a job now."""
    await leases.run_now(backend, actor, name)
    return StartedOut(job_id=name)


@tool.read("audit:read", out=list[AuditEntryOut])
async def audit(uow: UnitOfWork, wanted: AuditFilter, following: Following) -> Feed[AuditEntry]:
    """Follow who did what, and why."""
    return await log.page(
        uow,
        actor_id=wanted.actor_id,
        action=wanted.done,
        resource_type=wanted.resource_type,
        resource_id=wanted.resource_id,
        tenant_id=wanted.tenant_id,
        start=wanted.since,
        end=wanted.until,
        after=following.after,
        limit=following.limit,
    )


@tool.read("invariants:check", out=list[InvariantOut])
async def invariants(uow: UnitOfWork) -> list[InvariantOut]:
    """Check the rules of the books, row by row."""
    return await books.check(uow)
