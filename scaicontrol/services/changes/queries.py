from sqlalchemy import Select, or_, select

from scaicontrol.core import platform_settings
from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import NotFound
from scaicontrol.core.pagination import Page, PageRequest, paginate
from scaicontrol.core.work import UnitOfWork

from .lifecycle import PlanStatus
from .models import ChangePlan
from .policy import APPROVAL_POLICY, PEOPLE, ApprovalPolicy, setting
from .schemas import ChangePlanFilter, ChangePlanOut, ChangePlanSummary, PlatformSettings, PlatformSettingsOut

_SORTABLE = {
    "created_at": ChangePlan.created_at,
    "expires_at": ChangePlan.expires_at,
    "status": ChangePlan.status,
    "action": ChangePlan.action,
}


def visible(uow: UnitOfWork) -> Select[ChangePlan]:
    """Every read starts here: approvers see their scope's plans, everybody their own and their agents'."""
    uow.authorize("changes:read")
    if uow.actor.kind in (*PEOPLE, ActorKind.job) and uow.actor.may("changes:approve"):
        return select(ChangePlan)
    mine = uow.actor.id
    if uow.actor.kind is ActorKind.agent:
        return select(ChangePlan).where(
            ChangePlan.created_by == mine, ChangePlan.on_behalf_of == uow.actor.on_behalf_of
        )
    return select(ChangePlan).where(or_(ChangePlan.created_by == mine, ChangePlan.on_behalf_of == mine))


async def get(uow: UnitOfWork, plan_id: str, *, lock: bool = False) -> ChangePlan:
    query = visible(uow).where(ChangePlan.id == plan_id)
    found = await uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"No change plan {plan_id}.")
    return found


async def page(uow: UnitOfWork, request: PageRequest, wanted: ChangePlanFilter) -> Page[ChangePlan]:
    query = visible(uow)
    if wanted.status is not None:
        query = query.where(ChangePlan.status == wanted.status)
    if wanted.action is not None:
        query = query.where(ChangePlan.action == wanted.action)
    return await paginate(uow, query, request, _SORTABLE)


async def policy(uow: UnitOfWork) -> ApprovalPolicy:
    """Give the approval policy in force; nothing set is the contract's default."""
    return setting(await platform_settings.read(uow, APPROVAL_POLICY))


async def platform(uow: UnitOfWork) -> PlatformSettingsOut:
    """Give the settings of the platform with their version."""
    uow.authorize("platform:read")
    settings = PlatformSettings(approval_policy=await policy(uow))
    return PlatformSettingsOut(settings=settings, version=await platform_settings.version_of(uow, APPROVAL_POLICY))


async def left_by(uow: UnitOfWork, plan_id: str) -> list[tuple[str, str]]:
    """Name the facts an applied plan left, by its audit entries."""
    rows = await uow.session.execute(
        select(AuditEntry.action, AuditEntry.resource_id)
        .where(AuditEntry.change_plan_id == plan_id)
        .order_by(AuditEntry.id)
    )
    return [(action, resource_id) for action, resource_id in rows]


def is_owner(actor: Actor, plan: ChangePlan) -> bool:
    """Whoever planned it; an agent for the same person only."""
    return plan.created_by == actor.id and plan.on_behalf_of == actor.on_behalf_of


def offered(actor: Actor, plan: ChangePlan) -> list[str]:
    """Name what this actor may do to a plan now."""
    actions = []
    if plan.status == PlanStatus.pending_approval and not why_not_decide(actor, plan):
        actions += ["approve", "reject"]
    if is_owner(actor, plan) and plan.status in (PlanStatus.draft, PlanStatus.approved):
        actions.append("apply")
    return actions


def why_not_decide(actor: Actor, plan: ChangePlan) -> str:
    """Say why an actor may not approve or reject a plan; an empty text when it may."""
    if actor.kind not in PEOPLE:
        return "A change plan is approved by a person, not by an agent or a service."
    if not actor.may("changes:approve"):
        return f"{actor.name or actor.id} may not decide about change plans; it needs admin:approve."
    if actor.id in (plan.created_by, plan.on_behalf_of):
        return f"{plan} was planned by you or for you; another person decides about it."
    return ""


def shown(actor: Actor, plan: ChangePlan) -> ChangePlanOut:
    return ChangePlanOut.model_validate(plan).model_copy(update={"available_actions": offered(actor, plan)})


def listed(actor: Actor, plan: ChangePlan) -> ChangePlanSummary:
    return ChangePlanSummary.model_validate(plan).model_copy(update={"available_actions": offered(actor, plan)})
