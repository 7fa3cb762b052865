from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqladmin import expose
from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import catalog, identity, partners, plan_moves, tenants
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.plan_moves import PlannedMove
from scaicontrol.services.plan_moves.lifecycle import PlanMoveStatus
from scaicontrol.services.plan_moves.models import PlanMove
from scaicontrol.services.plan_moves.schemas import CancelMoveIn, MoveIn, PlanMoveOut

from . import formatting
from .base import ControlView, ListColumn, ListFilter, named_column
from .flash import status_of
from .forms import whole
from .language import gettext, ngettext
from .menu import MenuGroup
from .names import Ref, chosen
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton

Given = Mapping[str, str]


async def announce(backend: Backend, actor: Actor, _pk: str, given: Given) -> Done:
    actor.require("plans:move")
    plan = await backend.ask(actor, catalog.plan_by, given.get("plan", ""))
    body = MoveIn.model_validate({
        "notice_days": whole("notice_days", given.get("notice_days", "")),
        "partner_id": given.get("partner") or None,
        "reason": given.get("reason", ""),
        "plan_hash": given.get("plan_hash") or None,
    })  # fmt: skip

    async def verb(uow: UnitOfWork) -> PlanMove:
        return await plan_moves.announce(
            uow,
            plan.id,
            notice_days=body.notice_days,
            reason=body.reason,
            partner_id=body.partner_id,
            plan_hash=body.plan_hash,
        )

    move = await backend.perform(actor, verb)
    who = ngettext("%(num)s subscription", "%(num)s subscriptions", move.subscriptions)
    return Done(
        gettext("Version %(plan_version)s is announced to %(who)s.", plan_version=move.plan_version, who=who),
        Ref("plan-move", move.id),
    )


async def cancel(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = CancelMoveIn.model_validate({"reason": given.get("reason", "")})
    await backend.perform(actor, plan_moves.cancel, pk, body.reason)
    return gettext("It is called off for everybody who has not taken the version yet; each is told.")


@dataclass(frozen=True, slots=True)
class MovePreview:
    """Whom a move would touch, with the names of their tenants."""

    plan: Plan
    planned: PlannedMove | None
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlanMovePage:
    """A move that was announced."""

    move: PlanMoveOut
    plan: Plan
    names: Mapping[str, str]
    timeline: Timeline


class PlanMoveView(ControlView, model=PlanMove):
    name, name_plural, icon = "Plan move", "Plan moves", "moves"
    category, rank = MenuGroup.catalogue, 45
    about = "Subscribers who were told that they get another version of their plan, from when, and at what price."
    prefix = "mov"
    permission = "plans:move"
    details_template = "console/plan_move.html"
    searched = (PlanMove.id, PlanMove.plan_id)
    search_hint = "id or plan"
    columns = (
        ListColumn("Why", lambda row: row.reason, None, "link"),
        named_column("Plan", "plan", "plan_id"),
        ListColumn("Version", lambda row: str(row.plan_version), None, "number"),
        ListColumn("Status", lambda row: row.status, PlanMove.status, "status"),
        ListColumn("Subscriptions", lambda row: formatting.count(row.subscriptions), PlanMove.subscriptions, "number"),
        ListColumn("Notice ends", lambda row: formatting.day(row.notice_ends_at), PlanMove.notice_ends_at),
        ListColumn("Announced", lambda row: formatting.day(row.created_at), PlanMove.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: PlanMove.status == value, list(PlanMoveStatus)),
        ListFilter("plan", "Plan", lambda value: PlanMove.plan_id == value, kind="plan"),
    )
    verbs = (
        VerbButton(
            "announce",
            "Announce a move",
            "plans:move",
            "Everybody whom the preview names is told, and takes the version at the first renewal after the notice.",
            announce,
            [
                Field("plan", "Plan", "plan"),
                Field("notice_days", "Days of notice", "number", value="30"),
                Field("partner", "Only of partner", "partner", required=False, hint="Empty: of all."),
                Field("reason", "Reason", "long", hint="Kept in the audit log."),
                Field("plan_hash", "Hash of the preview", required=False, hint="Only exactly that is announced."),
            ],
            of_list=True,
        ),
        VerbButton(
            "cancel",
            "Call it off",
            "plans:move",
            "Whoever has not taken the version yet keeps the one they have, and is told so; who has it keeps it.",
            cancel,
            [Field("reason", "Reason", "long", hint="Kept in the audit log.")],
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[PlanMove]:
        return plan_moves.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> PlanMovePage:
        move = plan_moves.shown(uow.actor, await plan_moves.get(uow, pk))
        partner = await partners.names(uow, [move.partner_id] if move.partner_id else [])
        return PlanMovePage(
            move=move,
            plan=await catalog.get(uow, move.plan_id),
            names={**await identity.names(uow, [move.announced_by]), **partner},
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: PlanMovePage) -> str:
        return gettext(
            "%(key)s to version %(plan_version)s", key=detail.plan.key, plan_version=detail.move.plan_version
        )

    def actions_of(self, detail: PlanMovePage) -> Sequence[str]:
        return detail.move.available_actions

    @expose("/of/{plan_id}")
    async def preview(self, request: Request) -> Response:
        """Show whom a move of a plan's subscribers would touch, and the way to announce exactly that."""
        console, given = console_of(request), dict(request.query_params)
        console.actor.require(self.permission)
        error = None

        async def question(uow: UnitOfWork) -> MovePreview:
            nonlocal error
            plan, planned = await catalog.get(uow, request.path_params["plan_id"]), None
            try:
                days = whole("notice_days", given.get("notice_days") or "30")
                partner = given.get("partner", "").strip()
                partner_id = await chosen(uow, "partner", "partner", partner) if partner else None
                planned = await plan_moves.preview(uow, plan.id, notice_days=days, partner_id=partner_id)
            except ControlError as refused:
                error = refused
            touched = {each.tenant_id for each in planned.subscriptions} if planned else set()
            return MovePreview(plan, planned, await tenants.names(uow, touched))

        shown = await console.backend.ask(console.actor, question)
        context = {
            "model_view": self,
            "heading": gettext("Move subscribers of %(key)s", key=shown.plan.key),
            "shown": shown,
            "given": given,
            "error": error,
        }
        status = status_of(error) if error else 200
        answer: Response = await self.templates.TemplateResponse(request, "console/move_preview.html", context, status)
        return answer


VIEWS = (PlanMoveView,)
