"""What a backend asks before a change is kept (`core/approval.py`), answered by the policy."""

from typing import Any, TypedDict

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.core.verbs import VerbCall
from scaicontrol.core.work import UnitOfWork

from . import queries
from .events import PlatformSettingsChanged
from .models import ChangePlan
from .planning import rule_sentence
from .policy import APPROVAL_POLICY, PEOPLE, WEIGHED, ApprovalPolicy, Weighed, may_matter, rule_for, setting
from .rehearsing import RUNS, plan_call
from .service import keep

# Computed and kept, and nothing follows from it until it is applied: a run is a plan itself.
_FREE = frozenset({"billing.plan"})


class PolicyApprovals:
    """
    Agents change nothing without a plan that is applied; people only what lies above their limits.

    Jobs and services act on their own orders: what they do follows from what somebody was allowed to decide.
    """

    async def blocks_commit(self, uow: UnitOfWork) -> bool:
        if uow.actor.kind is ActorKind.agent:
            return await uow.has_written()
        action = uow.calls[0].verb.name if uow.calls else ""
        if uow.actor.kind not in PEOPLE or not may_matter(action, uow.facts):
            return False
        limits = (await _in_force(uow)).people
        return rule_for(Weighed(action, uow.facts), limits) is not None

    def needs_rehearsal(self, actor: Actor, call: VerbCall) -> bool:
        return actor.kind is ActorKind.agent or (actor.kind in PEOPLE and call.verb.name in WEIGHED)

    def exempts(self, call: VerbCall) -> bool:
        return call.verb.name in _FREE

    def is_plan(self, call: VerbCall) -> bool:
        return call.verb.name in RUNS

    async def require_plan(self, backend: Backend, actor: Actor, call: VerbCall) -> None:
        content = (await plan_call(backend, actor, call)).content
        if actor.kind is not ActorKind.agent and not content["requires_approval"]:
            return
        row = await keep(backend, actor, call, content, asks=bool(content["requires_approval"]))
        raise ApprovalRequired(_sentence(row, content), details={"change_plan": summary(row)})


async def _in_force(uow: UnitOfWork) -> ApprovalPolicy:
    """A change of the policy itself is judged by the one it replaces."""
    for fact in uow.facts:
        if isinstance(fact, PlatformSettingsChanged) and fact.key == APPROVAL_POLICY:
            return setting(fact.previous)
    return await queries.policy(uow)


def _sentence(row: ChangePlan, content: dict[str, Any]) -> str:
    if row.status == "approved":
        return f"Nothing was done: {row} is approved; apply it with its hash."
    if content["requires_approval"]:
        return f"Nothing was done. {rule_sentence(content['policy_rule'])} {str(row).capitalize()} waits for it."
    return f"Nothing was done: an agent changes things by applying a plan. Apply {row} with its hash."


class PlanSummary(TypedDict):
    """What a refusal says of the plan that would allow it."""

    id: str
    plan_hash: str
    status: str
    requires_approval: bool
    policy_rule: str | None
    expires_at: str


def summary(row: ChangePlan) -> PlanSummary:
    return {
        "id": row.id,
        "plan_hash": row.plan_hash,
        "status": str(row.status),
        "requires_approval": row.requires_approval,
        "policy_rule": row.policy_rule,
        "expires_at": row.expires_at.isoformat().replace("+00:00", "Z"),
    }
