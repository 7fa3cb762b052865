from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes, identity
from scaicontrol.services.changes.lifecycle import PlanStatus
from scaicontrol.services.changes.models import ChangePlan
from scaicontrol.services.changes.schemas import ApplyPlanIn, ApproveIn, ChangePlanOut, DecisionIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, known_filter, named_column
from .language import gettext, ngettext
from .menu import MenuGroup
from .shown_changes import ShownChange
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton

Given = Mapping[str, str]


async def approve(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = ApproveIn(reason=given.get("reason") or None)
    await backend.perform(actor, changes.approve, pk, body.reason)
    return gettext("It is approved; whoever planned it can apply it now.")


async def reject(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = DecisionIn.model_validate({"reason": given.get("reason", "")})
    await backend.perform(actor, changes.reject, pk, body.reason)
    return gettext("It is rejected; nothing of it happens.")


async def apply(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = ApplyPlanIn.model_validate({"plan_hash": given.get("plan_hash", "")})
    done = await changes.apply(backend, actor, pk, body.plan_hash)
    left = len(done.outcome or ())
    return ngettext(
        "It is applied exactly as shown and left %(num)s fact.",
        "It is applied exactly as shown and left %(num)s facts.",
        left,
    )


@dataclass(frozen=True, slots=True)
class ChangePlanPage:
    """A change plan with everything that applying it would leave."""

    change: ShownChange
    names: Mapping[str, str]
    is_own: bool
    timeline: Timeline

    @property
    def plan(self) -> ChangePlanOut:
        return self.change.plan


class ChangePlanView(ControlView, model=ChangePlan):
    name, name_plural, icon = "Change plan", "Change plans", "changes"
    category, rank = MenuGroup.oversight, 10
    about = "What somebody wants done and another person decides about: seen before it happens, applied exactly so."
    prefix = "cpl"
    permission = "changes:read"
    details_template = "console/change_plan.html"
    searched = (ChangePlan.id, ChangePlan.action, ChangePlan.created_by)
    search_hint = "id, verb or who planned it"
    presets = (("Waiting", "status=pending_approval"), ("Approved", "status=approved"), ("Applied", "status=applied"))
    columns = (
        ListColumn("What", lambda row: formatting.spoken(row.action), ChangePlan.action, "link"),
        ListColumn("Status", lambda row: row.status, ChangePlan.status, "status"),
        named_column("Planned by", "user", "created_by", ChangePlan.created_by),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("Why it waits", lambda row: formatting.spoken(row.policy_rule)),
        ListColumn("Expires", lambda row: formatting.moment(row.expires_at), ChangePlan.expires_at),
        ListColumn("Planned", lambda row: formatting.moment(row.created_at), ChangePlan.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: ChangePlan.status == value, list(PlanStatus)),
        known_filter("action", "Verb", ChangePlan.action),
    )
    verbs = (
        VerbButton(
            "approve",
            "Approve",
            "changes:approve",
            "Whoever planned it may apply it, exactly as shown and once.",
            approve,
            [Field("reason", "Reason", "long", required=False, hint="Kept in the audit log.")],
        ),
        VerbButton(
            "apply",
            "Apply",
            "changes:apply",
            "It is done exactly as shown; what would differ by now is named, and nothing is done.",
            apply,
            [Field("plan_hash", "Hash of what was shown", "hidden")],
            known=lambda detail: {"plan_hash": detail.plan.plan_hash},
        ),
        VerbButton(
            "reject",
            "Reject",
            "changes:approve",
            "Nothing of it happens; whoever planned it reads the reason.",
            reject,
            [Field("reason", "Reason", "long")],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[ChangePlan]:
        uow.authorize(self.permission)
        return changes.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> ChangePlanPage:
        uow.authorize(self.permission)
        plan = changes.shown(uow.actor, await changes.get(uow, pk))
        people = (plan.created_by, plan.on_behalf_of, plan.decided_by)
        return ChangePlanPage(
            change=ShownChange(plan),
            names=await identity.names(uow, [one for one in people if one]),
            is_own=uow.actor.id in (plan.created_by, plan.on_behalf_of),
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: ChangePlanPage) -> str:
        return formatting.titled(detail.plan.action)

    def actions_of(self, detail: ChangePlanPage) -> Sequence[str]:
        return detail.plan.available_actions


VIEWS = (ChangePlanView,)
