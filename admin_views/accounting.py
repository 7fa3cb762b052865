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
from scaicontrol.core.errors import invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import accounting, partners
from scaicontrol.services.accounting.lifecycle import SyncStatus
from scaicontrol.services.accounting.models import AccountingIntegration, AccountingSyncItem
from scaicontrol.services.accounting.schemas import IntegrationIn, IntegrationPut, SyncIn

from . import formatting
from .base import ControlView, ListColumn, ListFilter, day_column, moment_column, named_column
from .facts import FactsPage, named
from .forms import number_of
from .language import gettext
from .menu import MenuGroup
from .names import Ref
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton

Given = Mapping[str, str]
_ABOUT: Final = {"invoice": "invoice", "credit_note": "invoice", "payment": "payment", "refund": "refund"}
_CONTENT: Final = (
    Field("name", "Name"),
    Field("config", "Settings", "lines", required=False, value="{}", hint="JSON, as the provider has them."),
    Field("mapping", "Mapping", "lines", required=False, value="{}", hint="JSON: which account everything goes to."),
)


async def create(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    body = IntegrationIn.model_validate(
        {**_content(given), "provider": given.get("provider", ""), "partner_id": given.get("partner_id") or None}
    )
    made = await accounting.create(backend, actor, body)
    return Done(
        gettext("%(name)s takes what is finalized from now on.", name=made.name), Ref("accounting-integration", made.id)
    )


async def edit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    known, version = await backend.ask(actor, accounting.get, pk), number_of(given, "version")
    body = IntegrationPut.model_validate(
        {
            **_content(given),
            "provider": known.provider,
            "partner_id": known.partner_id,
            "is_active": known.is_active,
            "version": known.version if version is None else version,
        }
    )
    changed = await accounting.update(backend, actor, pk, body)
    return gettext("What waits for %(name)s is exported so.", name=changed.name)


async def test(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    report = await accounting.test(backend, actor, pk)
    if report.ready:
        return gettext("The last %(checked)s documents would all be booked.", checked=report.checked)
    wrong = [*report.settings, *(f"{each.number}: {each.problems[0]}" for each in report.documents)]
    return gettext(
        "%(wrong)s of the last %(checked)s documents would not be booked. %(wrong_2)s",
        wrong=len(wrong),
        checked=report.checked,
        wrong_2=wrong[0],
    )


async def sync(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = SyncIn.model_validate(
        {"from": given.get("first") or None, "to": given.get("last") or None, "force": given.get("force") == "on"}
    )
    queued = await backend.perform(actor, accounting.request, pk, body)
    await backend.ports.waker.wake("run_job_now", "accounting_sync")
    return gettext(
        "%(queued)s items wait for the export, and a worker is asked for it.", queued=formatting.count(queued)
    )


async def deactivate(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    stopped = await backend.perform(actor, accounting.deactivate, pk)
    return gettext("%(name)s takes nothing any more; what waited is skipped.", name=stopped.name)


def _content(given: Given) -> dict[str, object]:
    return {
        "name": given.get("name", ""),
        "config": _json("config", given.get("config", "")),
        "mapping": _json("mapping", given.get("mapping", "")),
    }


def _json(field: str, text: str) -> object:
    try:
        return orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise invalid(field, gettext("The %(field)s is no JSON: %(error)s.", field=field, error=error)) from error


def _written(value: object) -> str:
    return orjson.dumps(value or {}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()


@dataclass(frozen=True, slots=True)
class IntegrationPage:
    """What the page of an integration shows."""

    integration: AccountingIntegration
    partner: str
    mapping: str
    config: str
    recent: Sequence[AccountingSyncItem]
    failed: Sequence[AccountingSyncItem]
    timeline: Timeline


class IntegrationView(ControlView, model=AccountingIntegration):
    name, name_plural, icon = "Accounting integration", "Accounting", "accounting"
    category, rank = MenuGroup.money, 70
    about = "Where each seller's documents, payments and refunds are booked."
    prefix = "aci"
    permission = "accounting:read"
    details_template = "console/accounting_integration.html"
    searched = (AccountingIntegration.name, AccountingIntegration.id)
    search_hint = "name or id"
    columns = (
        ListColumn("Name", lambda row: row.name, AccountingIntegration.name, "link"),
        ListColumn("Status", lambda row: "active" if row.is_active else "stopped", None, "status"),
        named_column("Partner", "partner", "partner_id"),
        ListColumn("Provider", lambda row: formatting.spoken(row.provider), AccountingIntegration.provider),
        moment_column("Last export", "last_sync_at", AccountingIntegration.last_sync_at),
        day_column("Created", "created_at", AccountingIntegration.created_at),
    )
    narrowing = (
        ListFilter("partner", "Partner", lambda value: AccountingIntegration.partner_id == value, kind="partner"),
    )
    verbs = (
        VerbButton(
            "create",
            "Add an integration",
            "accounting:manage",
            "It takes what is finalized from now on; earlier days by an export that names them.",
            create,
            [
                Field("partner_id", "Partner", "partner", required=False, hint="Empty: your own."),
                Field(
                    "provider",
                    "Provider",
                    "choice",
                    choices=lambda _: [(each.slug, each.display_name) for each in accounting.installed().values()],
                ),
                *_CONTENT,
            ],
            of_list=True,
        ),
        VerbButton(
            "sync",
            "Export now",
            "accounting:manage",
            "A range of days, or, without days, all that failed, is put in line for the next export.",
            sync,
            [
                Field("first", "From", "date", required=False),
                Field("last", "To", "date", required=False),
                Field("force", "Export again what was exported before", "check", required=False),
            ],
        ),
        VerbButton(
            "test",
            "Try it",
            "accounting:manage",
            "Settings and mapping are tried on the last 20 documents; nothing is exported.",
            test,
        ),
        VerbButton(
            "edit",
            "Edit",
            "accounting:manage",
            "What still waits is exported by the new settings and mapping.",
            edit,
            [*_CONTENT, Field("version", "Version", "hidden", required=False)],
            known=lambda detail: {
                "name": detail.integration.name,
                "config": detail.config,
                "mapping": detail.mapping,
                "version": str(detail.integration.version),
            },
        ),
        VerbButton(
            "deactivate",
            "Stop",
            "accounting:manage",
            "What waits is skipped; what was exported stays on record.",
            deactivate,
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[AccountingIntegration]:
        return accounting.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> IntegrationPage:
        integration = await accounting.get(uow, pk)
        names = await partners.names(uow, [integration.partner_id])
        return IntegrationPage(
            integration=integration,
            partner=names.get(integration.partner_id, integration.partner_id),
            mapping=_written(integration.mapping),
            config=_written(integration.config),
            recent=(await accounting.sync_log(uow, pk, limit=10)).items,
            failed=(await accounting.sync_log(uow, pk, status=SyncStatus.failed, limit=10)).items,
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: IntegrationPage) -> str:
        return detail.integration.name

    def actions_of(self, detail: IntegrationPage) -> Sequence[str]:
        return ["sync", "test", "edit", "deactivate"] if detail.integration.is_active else ["test", "edit"]


class SyncItemView(ControlView, model=AccountingSyncItem):
    name, name_plural, icon = "Export item", "Exports", "exports"
    category, rank = MenuGroup.money, 75
    about = "Each document, payment and refund on its way into the books, once."
    prefix = "asi"
    permission = "accounting:read"
    details_template = "console/facts.html"
    grows = True
    searched = (AccountingSyncItem.id, AccountingSyncItem.number)
    search_hint = "id or number"
    presets = (("Failed", "status=failed"),)
    columns = (
        ListColumn("Number", lambda row: row.number, AccountingSyncItem.number, "link"),
        ListColumn("Status", lambda row: row.status, AccountingSyncItem.status, "status"),
        ListColumn("Kind", lambda row: formatting.spoken(row.kind)),
        named_column("Partner", "partner", "partner_id"),
        day_column("Booked on", "booked_on", AccountingSyncItem.booked_on),
        ListColumn("File", lambda row: row.artefact_name or formatting.NOTHING),
        ListColumn("Why", lambda row: row.last_error or formatting.NOTHING),
        moment_column("Created", "created_at", AccountingSyncItem.created_at),
    )
    narrowing = (
        ListFilter("status", "Status", lambda value: AccountingSyncItem.status == value, list(SyncStatus)),
        ListFilter("number", "Number", lambda value: AccountingSyncItem.number == value),
        ListFilter(
            "integration",
            "Integration",
            lambda value: AccountingSyncItem.integration_id == value,
            kind="accounting-integration",
        ),
        ListFilter("partner", "Partner", lambda value: AccountingSyncItem.partner_id == value, kind="partner"),
    )

    def visible(self, uow: UnitOfWork) -> Select[AccountingSyncItem]:
        return accounting.visible_items(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> FactsPage:
        row = await accounting.find_item(uow, pk)
        integration = await accounting.get(uow, row.integration_id)
        return FactsPage(
            pk,
            str(row)[0].upper() + str(row)[1:],
            gettext("It is exported once; a failure is tried again when somebody asks."),
            [
                (gettext("What"), named(Ref(_ABOUT.get(row.kind, ""), row.document_id), row.number)),
                (gettext("Integration"), named(Ref("accounting-integration", integration.id), integration.name)),
                (gettext("Booked on"), formatting.day(row.booked_on)),
                (gettext("Attempts"), str(row.attempts)),
                (gettext("Exported"), formatting.moment(row.synced_at)),
                (gettext("File"), row.artefact_name or formatting.NOTHING),
                (gettext("Its digest"), row.artefact_sha256 or formatting.NOTHING),
                (gettext("Called there"), row.acknowledgement or formatting.NOTHING),
                (gettext("Id"), row.id),
            ],
            status=str(row.status),
            warnings=[row.last_error] if row.last_error else [],
            row=row,
        )

    def title_of(self, detail: FactsPage) -> str:
        return detail.title

    def actions_of(self, detail: FactsPage) -> Sequence[str]:
        return []

    @expose("/{pk}/artefact")
    async def artefact(self, request: Request) -> Response:
        """Hand out the file that an item was exported in."""
        console = console_of(request)
        console.actor.require(self.permission)
        shown: FactsPage = await self._asked(request, request.path_params["pk"])
        file = await accounting.artefact(console.backend, console.actor, shown.row.integration_id, shown.pk)
        headers = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
        return Response(file.body, media_type=file.media_type, headers=headers)


VIEWS = (IntegrationView, SyncItemView)
