"""Another person decides; what nobody decided about or applied in time is over."""

from sqlalchemy import select, update

from scaicontrol.core.errors import Forbidden, Refused
from scaicontrol.core.work import UnitOfWork

from .. import queries
from ..events import PlanApproved, PlanRejected
from ..lifecycle import WAITING, ChangePlanLifecycle, PlanStatus
from ..models import ChangePlan
from .keeping import ATTENDED


async def approve(uow: UnitOfWork, plan_id: str, reason: str | None = None) -> ChangePlan:
    """
    Let whoever planned it apply it.

    Raises Forbidden for its creator, for the person an agent acts for and for whoever is no person; Refused when it
    does not wait for approval or has expired.
    """
    plan = await _decidable(uow, plan_id)
    plan.advance(ChangePlanLifecycle.approve)
    plan.expires_at = uow.now + ATTENDED
    _decided(uow, plan, reason)
    uow.emit(_decision_fact(PlanApproved, plan), after={"status": plan.status}, reason=reason)
    return plan


async def reject(uow: UnitOfWork, plan_id: str, reason: str) -> ChangePlan:
    """End a plan; raises as `approve` does."""
    plan = await _decidable(uow, plan_id)
    plan.advance(ChangePlanLifecycle.reject)
    _decided(uow, plan, reason)
    uow.emit(_decision_fact(PlanRejected, plan), after={"status": plan.status}, reason=reason)
    return plan


async def _decidable(uow: UnitOfWork, plan_id: str) -> ChangePlan:
    uow.authorize("changes:approve")
    plan = await queries.get(uow, plan_id, lock=True)
    if why := queries.why_not_decide(uow.actor, plan):
        raise Forbidden(why)
    refuse_when_over(uow, plan)
    return plan


def refuse_when_over(uow: UnitOfWork, plan: ChangePlan) -> None:
    """Raise Refused over a plan whose time is up, whether or not the sweep has come by."""
    if plan.status in WAITING and plan.expires_at <= uow.now:
        raise Refused(f"{plan} expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC; plan the change again.")


def _decided(uow: UnitOfWork, plan: ChangePlan, reason: str | None) -> None:
    plan.decided_by, plan.decided_at, plan.decision_reason = uow.actor.id, uow.now, reason
    plan.version += 1


def _decision_fact(fact: type[PlanApproved | PlanRejected], plan: ChangePlan) -> PlanApproved | PlanRejected:
    return fact(change_plan_id=plan.id, partner_id=plan.partner_id, tenant_id=plan.tenant_id, action=plan.action)


async def expire(uow: UnitOfWork, limit: int = 1000) -> int:
    """End every plan whose time is up; safe at any time."""
    uow.authorize("jobs:run")
    over = select(ChangePlan.id).where(ChangePlan.status.in_(WAITING), ChangePlan.expires_at <= uow.now).limit(limit)
    ids = (await uow.session.scalars(over)).all()
    await uow.session.execute(
        update(ChangePlan)
        .where(ChangePlan.id.in_(ids), ChangePlan.status.in_(ChangePlan.lifecycle.sources_of("expire")))
        .values(status=PlanStatus.expired, finished_at=uow.now, version=ChangePlan.version + 1)
    )
    return len(ids)
