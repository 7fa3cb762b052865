"""Keeping a plan: the only row a dry run writes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import VerbCall
from scaicontrol.core.work import UnitOfWork

from ..events import ApprovalRequested
from ..lifecycle import WAITING, ChangePlanLifecycle, PlanStatus
from ..models import ChangePlan
from ..planning import hash_of

UNATTENDED: Final = timedelta(minutes=30)
ATTENDED: Final = timedelta(hours=72)
_LARGEST: Final = 1_000_000  # bytes of JSON; a plan nobody can read protects nobody


async def keep(
    backend: Backend, actor: Actor, call: VerbCall, content: Mapping[str, Any], *, asks: bool = False
) -> ChangePlan:
    """
    Keep what a call would do; give the plan that is waiting when the same was planned before.

    `asks`: whoever planned it wants it done, so that it waits for approval at once where it needs one.
    """
    size = len(json.dumps(content, default=str))
    if size > _LARGEST:
        raise Refused(f"The plan of {call.verb.label} has {size:,} bytes; do less at once, at most {_LARGEST:,} bytes.")
    kept: ChangePlan = await backend.perform(_keeper(actor), _keep, actor, call, content, asks=asks)
    return kept


def _keeper(actor: Actor) -> Actor:
    """A plan is kept whatever its maker may write: it changes nothing but itself."""
    return Actor.system("changes").on(actor.surface, actor.request_id)


async def _keep(uow: UnitOfWork, actor: Actor, call: VerbCall, content: Mapping[str, Any], *, asks: bool) -> ChangePlan:
    digest = hash_of(content)
    known = await uow.session.scalar(
        select(ChangePlan)
        .where(
            ChangePlan.created_by == actor.id,
            ChangePlan.plan_hash == digest,
            ChangePlan.status.in_(WAITING),
            ChangePlan.expires_at > uow.now,
            ChangePlan.on_behalf_of == actor.on_behalf_of if actor.on_behalf_of else ChangePlan.on_behalf_of.is_(None),
        )
        .order_by(ChangePlan.id.desc())
        .limit(1)
        .with_for_update()
    )
    plan = known or _new(uow, actor, call, content, digest)
    if asks and plan.status == PlanStatus.draft:
        request(uow, plan)
    return plan


def _new(uow: UnitOfWork, actor: Actor, call: VerbCall, content: Mapping[str, Any], digest: str) -> ChangePlan:
    plan = ChangePlan(
        id=new_id("cpl"),
        partner_id=actor.partner_id,
        tenant_id=actor.tenant_id,
        status=PlanStatus.draft,
        action=call.verb.name,
        arguments=call.written(),
        content=dict(content),
        plan_hash=digest,
        requires_approval=bool(content["requires_approval"]),
        policy_rule=content["policy_rule"],
        created_by=actor.id,
        created_by_kind=actor.kind,
        on_behalf_of=actor.on_behalf_of,
        surface=actor.surface,
        expires_at=uow.now + UNATTENDED,
        version=1,
    )
    uow.session.add(plan)
    return plan


def request(uow: UnitOfWork, plan: ChangePlan) -> None:
    """Let a plan wait for another person; that may take a weekend."""
    plan.advance(ChangePlanLifecycle.request)
    plan.expires_at = uow.now + ATTENDED
    plan.version += 1
    uow.emit(
        ApprovalRequested(
            change_plan_id=plan.id,
            partner_id=plan.partner_id,
            tenant_id=plan.tenant_id,
            action=plan.action,
            policy_rule=plan.policy_rule or "",
            created_by=plan.created_by,
        )
    )
