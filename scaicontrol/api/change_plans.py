"""Change plans: what somebody wants done, decided by another person, done exactly as shown (contract §28.3)."""

from functools import partial
from typing import Annotated

from fastapi import Query

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes
from scaicontrol.services.changes.lifecycle import PlanStatus
from scaicontrol.services.changes.schemas import (
    ApplyPlanIn,
    ApproveIn,
    ChangePlanFilter,
    ChangePlanOut,
    ChangePlanSummary,
    DecisionIn,
)

from .door import One, Paged, Paging, Router

router = Router(prefix="/admin/change-plans", tags=["admin-change-plans"])


@router.get("", response_model=Paged[ChangePlanSummary], permission="changes:read", summary="List change plans")
async def index(
    uow: UnitOfWork,
    paging: Paging,
    status: PlanStatus | None = None,
    action: Annotated[str | None, Query(max_length=100, description="A verb, such as invoices.void.")] = None,
) -> Page[ChangePlanSummary]:
    """Approvers see those of their scope, everybody else their own and their agents'."""
    found = await changes.page(uow, paging, ChangePlanFilter(status=status, action=action))
    return found.shown(partial(changes.listed, uow.actor))


@router.get("/{plan_id}", response_model=One[ChangePlanOut], permission="changes:read", summary="Show a change plan")
async def show(uow: UnitOfWork, plan_id: str) -> ChangePlanOut:
    """Everything applying it would leave; `plan_hash` stands for exactly this."""
    return changes.shown(uow.actor, await changes.get(uow, plan_id))


@router.post(
    "/{plan_id}/approve",
    response_model=One[ChangePlanOut],
    permission="changes:approve",
    keyed=True,
    summary="Approve a change plan",
)
async def approve(uow: UnitOfWork, plan_id: str, body: ApproveIn) -> ChangePlanOut:
    """Only another person may: neither who planned it, nor whom the agent acts for, nor an agent or service."""
    return changes.shown(uow.actor, await changes.approve(uow, plan_id, body.reason))


@router.post(
    "/{plan_id}/reject",
    response_model=One[ChangePlanOut],
    permission="changes:approve",
    keyed=True,
    summary="Reject a change plan",
)
async def reject(uow: UnitOfWork, plan_id: str, body: DecisionIn) -> ChangePlanOut:
    return changes.shown(uow.actor, await changes.reject(uow, plan_id, body.reason))


@router.post(
    "/{plan_id}/apply",
    response_model=One[ChangePlanOut],
    permission="changes:apply",
    keyed=True,
    summary="Apply one's own change plan",
)
async def apply(backend: Backend, actor: Actor, plan_id: str, body: ApplyPlanIn) -> ChangePlanOut:
    """Does exactly what was shown, once; 409 `PLAN_STALE` names what would differ."""
    return changes.shown(actor, await changes.apply(backend, actor, plan_id, body.plan_hash))
