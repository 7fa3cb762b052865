from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqladmin import expose
from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, invalid
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, packs, tenants
from scaicontrol.services.billing.lifecycle import RunLifecycle, RunStatus
from scaicontrol.services.billing.models import DRAFT, BillingRun, PlannedDocument, QuarantineItem
from scaicontrol.services.billing.schemas import ComparedOut, ResolveIn, RunIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, day_column, known_filter, moment_column, named_column
from .language import gettext
from .lists import Context
from .menu import MenuGroup
from .moments import moment_of
from .names import Ref, chosen, names_of
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton

Given = Mapping[str, str]
_SHOWN: Final = 200  # documents of a run on its page; its list can be exported whole


async def plan(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    as_of = given.get("as_of") or ""
    body = RunIn.model_validate(
        {
            "partner_id": given.get("partner_id") or None,
            "tenant_ids": given.get("tenant_ids", "").replace(",", " ").split() or None,
            "as_of": moment_of("as_of", as_of) if as_of else backend.clock.now(),
        }
    )
    partner_id = body.partner_id or actor.partner_id or backend.settings.operator_partner_id
    if not partner_id:
        raise invalid("partner_id", gettext("Name the partner whose tenants are to be billed."))
    run = await billing.plan(backend, actor, partner_id, body.as_of, body.tenant_ids)
    said = gettext(
        "%(documents)s documents are planned and %(quarantined)s charges set aside; nothing is written yet.",
        documents=formatting.count(run.documents),
        quarantined=formatting.count(run.quarantined),
    )
    return Done(said, Ref("billing-run", run.id))


async def apply(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    done = await billing.apply(backend, actor, pk, given.get("plan_hash", ""))
    if done.status == RunStatus.applied:
        left = (
            gettext(
                "; %(left_as_drafts)s wait as drafts that the gate refuses",
                left_as_drafts=formatting.count(done.left_as_drafts),
            )
            if done.left_as_drafts
            else ""
        )
        return gettext(
            "%(documents)s documents are written%(left)s.", documents=formatting.count(done.documents), left=left
        )
    return gettext(
        "It is %(status)s: some documents could not be written. Apply it again to go on.",
        status=formatting.spoken(done.status),
    )


async def discard(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    await backend.perform(actor, billing.discard, pk)
    return gettext("It is discarded; what it charged for stays due.")


async def resolve(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = ResolveIn.model_validate({"resolution": given.get("resolution", ""), "reason": given.get("reason", "")})
    item = await backend.perform(actor, billing.resolve, pk, body.resolution, body.reason)
    if item.resolution != "retry":
        return gettext("It is never asked for again.")
    return (
        gettext("The draft is finalized anew.")
        if item.charge_kind == DRAFT
        else gettext("It is due again, and charged by the next run.")
    )


def sums(run: BillingRun, kind: str) -> str:
    """Say a sum of a run in each of its currencies."""
    amounts = [formatting.money(cents[kind], currency) for currency, cents in run.totals.items() if kind in cents]
    return ", ".join(amounts) or formatting.NOTHING


def subject_of(item: QuarantineItem) -> Ref:
    """Give the draft or subscription that something set aside is about."""
    if packs.is_pack(item.subject_id):
        return Ref("", item.subject_id)
    return Ref("invoice" if item.invoice_id else "subscription", item.subject_id)


@dataclass(frozen=True, slots=True)
class RunPage:
    """What the page of a billing run shows."""

    run: BillingRun
    documents: Sequence[PlannedDocument]
    progress: Mapping[str, int]
    quarantine: Sequence[QuarantineItem]
    names: Mapping[str, str]
    timeline: Timeline
    looks_ahead: bool

    @property
    def done(self) -> int:
        return self.progress.get("applied", 0) + self.progress.get("quarantined", 0)

    @property
    def total(self) -> int:
        return sum(self.progress.values())

    @property
    def is_moving(self) -> bool:
        return self.run.status in (RunStatus.computing, RunStatus.applying)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run held against an earlier one, or why it could not be."""

    rows: Sequence[ComparedOut]
    other: str
    refusal: str = ""

    @property
    def outliers(self) -> Sequence[ComparedOut]:
        return [row for row in self.rows if row.is_outlier]

    @staticmethod
    def tenant_of(row: ComparedOut) -> str:
        return row.key.split(":")[0]

    @staticmethod
    def currency_of(row: ComparedOut) -> str:
        return row.key.split(":")[1]


class BillingRunView(ControlView, model=BillingRun):
    name, name_plural, icon = "Billing run", "Billing runs", "runs"
    category, rank = MenuGroup.money, 50
    about = "What is due, planned as documents, compared with before, and then written exactly as shown."
    prefix = "run"
    permission = "billing:plan"
    details_template = "console/billing_run.html"
    searched = (BillingRun.id, BillingRun.partner_id)
    search_hint = "id or partner"
    columns = (
        ListColumn("As of", lambda row: formatting.moment(row.as_of), BillingRun.as_of, "link"),
        ListColumn("Status", lambda row: row.status, BillingRun.status, "status"),
        named_column("Partner", "partner", "partner_id"),
        ListColumn("Documents", lambda row: formatting.count(row.documents), BillingRun.documents, "number"),
        ListColumn("Net", lambda row: sums(row, "subtotal_cents"), None, "number"),
        ListColumn("Set aside", lambda row: formatting.count(row.quarantined), BillingRun.quarantined, "number"),
        ListColumn("Left as drafts", lambda row: formatting.count(row.left_as_drafts), None, "number"),
        moment_column("Applied", "applied_at"),
        moment_column("Created", "created_at", BillingRun.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: BillingRun.status == value, list(RunStatus)),
        ListFilter("partner", "Partner", lambda value: BillingRun.partner_id == value, kind="partner"),
    )
    verbs = (
        VerbButton(
            "plan",
            "Plan a run",
            "billing:plan",
            "What is due as of a moment is computed and shown; no document is written.",
            plan,
            [
                Field("partner_id", "Partner", "partner", required=False, hint="Empty: your own, or the operator."),
                Field("as_of", "As of", "datetime-local", required=False, hint="UTC; empty: now. Later looks ahead."),
                Field("tenant_ids", "Tenants", "long", required=False, hint="Ids; empty: all of the partner's."),
            ],
            of_list=True,
        ),
        VerbButton(
            "apply",
            "Apply",
            "billing:apply",
            "Exactly these documents are written. One whose inputs changed since is set aside instead.",
            apply,
            [Field("plan_hash", "Plan", "hidden")],
            known=lambda detail: {"plan_hash": detail.run.plan_hash or ""},
            danger=True,
            is_plan=True,
        ),
        VerbButton(
            "discard",
            "Discard",
            "billing:apply",
            "Nothing of it is written; what it would have charged stays due.",
            discard,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[BillingRun]:
        return billing.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> RunPage:
        run = await billing.get_run(uow, pk)
        documents = await billing.documents(uow, pk, _SHOWN)
        refs = [Ref("partner", run.partner_id), *(Ref("tenant", each.tenant_id) for each in documents)]
        held = (await billing.page_quarantine(uow, PageRequest(page_size=50), run_id=pk)).items
        return RunPage(
            run=run,
            documents=documents,
            progress=await billing.progress(uow, pk),
            quarantine=held,
            names=await names_of(uow, [*refs, *(Ref("tenant", each.tenant_id) for each in held)]),
            timeline=await timeline_of(uow, pk),
            looks_ahead=run.as_of > uow.now,
        )

    async def details_context(self, request: Request) -> Context:
        shown: RunPage = await self.get_object_for_details(request)
        return {
            **await super().details_context(request),
            "sums": sums,
            "comparison": await self._compared(request, shown.run),
            "names": shown.names,
        }

    async def _compared(self, request: Request, run: BillingRun) -> Comparison:
        console, other = console_of(request), request.query_params.get("with", "").strip()
        try:
            with_run = await console.backend.ask(console.actor, chosen, "billing-run", "with", other) if other else None
            return Comparison(await console.backend.ask(console.actor, billing.compare, run.id, with_run), other)
        except ControlError as error:
            return Comparison([], other, error.message)

    def title_of(self, detail: RunPage) -> str:
        return gettext("Billing run as of %(as_of)s", as_of=formatting.moment(detail.run.as_of))

    def actions_of(self, detail: RunPage) -> Sequence[str]:
        run = detail.run
        may_apply = run.status == RunStatus.applying or run.can(RunLifecycle.apply.id)
        return [
            *(["apply"] if may_apply and not detail.looks_ahead else []),
            *(["discard"] if run.can(RunLifecycle.discard.id) else []),
        ]

    @expose("/{pk}/document/{key}")
    async def document(self, request: Request) -> Response:
        """Show one planned document with its lines."""
        console, pk, key = console_of(request), request.path_params["pk"], request.path_params["key"]
        shown: RunPage = await self._asked(request, pk)
        found = await console.backend.ask(console.actor, billing.show_document, pk, key)
        name = (await console.backend.ask(console.actor, tenants.names, [found.tenant_id])).get(found.tenant_id)
        context = {
            "model_view": self,
            "heading": gettext("Planned for %(tenant_id)s", tenant_id=name or found.tenant_id),
            "run": shown.run,
            "document": found,
            "name": name or found.tenant_id,
            "title_of_run": self.title_of(shown),
        }
        answer: Response = await self.templates.TemplateResponse(request, "console/planned_document.html", context)
        return answer


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """What the page of something set aside shows."""

    item: QuarantineItem
    inputs: str
    tenant: str
    timeline: Timeline


class QuarantineView(ControlView, model=QuarantineItem):
    name, name_plural, icon = "Quarantine item", "Quarantine", "quarantine"
    category, rank = MenuGroup.money, 60
    about = "Charges that could not be computed, and drafts that the gate refuses; the rest went on."
    prefix = "qtn"
    permission = "billing:plan"
    details_template = "console/quarantine.html"
    grows = True
    searched = (QuarantineItem.id, QuarantineItem.tenant_id, QuarantineItem.subject_id)
    search_hint = "id, tenant, subscription or draft"
    columns = (
        ListColumn("Why", lambda row: formatting.spoken(row.reason_code), QuarantineItem.reason_code, "link"),
        ListColumn("Status", lambda row: row.resolution or "open", None, "status"),
        named_column("Tenant", "tenant", "tenant_id"),
        ListColumn("What", lambda row: formatting.spoken(row.charge_kind)),
        ListColumn("About", lambda row: row.subject_id, None, "name", subject_of),
        day_column("Period from", "period_start"),
        ListColumn("Detail", lambda row: row.detail),
        moment_column("Set aside", "created_at", QuarantineItem.created_at),
    )
    narrowing = (
        ListFilter(
            "status",
            "Status",
            lambda value: (
                QuarantineItem.resolved_at.is_(None) if value == "open" else QuarantineItem.resolved_at.is_not(None)
            ),
            ["open", "resolved"],
        ),
        known_filter("what", "What", QuarantineItem.charge_kind),
        known_filter("reason", "Why", QuarantineItem.reason_code),
        ListFilter("run", "Run", lambda value: QuarantineItem.run_id == value, kind="billing-run"),
        ListFilter("tenant", "Tenant", lambda value: QuarantineItem.tenant_id == value, kind="tenant"),
    )
    verbs = (
        VerbButton(
            "resolve",
            "Resolve",
            "billing:resolve",
            "Release it for the next run or attempt, waive it, or say that it was charged by hand.",
            resolve,
            [
                Field("resolution", "What becomes of it", "choice", choices=lambda detail: _ways(detail.item)),
                Field("reason", "Reason", "long", hint="Kept with it and in the audit log."),
            ],
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[QuarantineItem]:
        return billing.visible_quarantine(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> QuarantinePage:
        item = await billing.get_quarantined(uow, pk)
        return QuarantinePage(
            item=item,
            inputs=orjson.dumps(item.inputs or {}, option=orjson.OPT_INDENT_2).decode(),
            tenant=(await tenants.names(uow, [item.tenant_id])).get(item.tenant_id, item.tenant_id),
            timeline=await timeline_of(uow, pk),
        )

    async def details_context(self, request: Request) -> Context:
        return {**await super().details_context(request), "subject_of": subject_of}

    def title_of(self, detail: QuarantinePage) -> str:
        return gettext(
            "%(what)s for %(tenant)s",
            what=formatting.titled(detail.item.reason_code),
            tenant=detail.tenant,
        )

    def actions_of(self, detail: QuarantinePage) -> Sequence[str]:
        return ["resolve"] if detail.item.resolved_at is None else []


def _ways(item: QuarantineItem) -> Sequence[tuple[str, str]]:
    if item.charge_kind == DRAFT:  # its charges stand on the draft: only that can be voided
        return [
            ("retry", gettext("finalize the draft anew")),
            ("manual", gettext("nothing more: it was settled by hand")),
        ]
    return [
        ("retry", gettext("release it: the next run charges it")),
        ("waive", gettext("waive it: it is never charged")),
        ("manual", gettext("nothing more: it was charged by hand")),
    ]


VIEWS = (BillingRunView, QuarantineView)
