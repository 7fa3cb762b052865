from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Final

from sqladmin import BaseView, expose
from sqlalchemy import Select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import LANGUAGES
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import invoices, partners, templates
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.models import InvoiceTemplate, InvoiceTemplateVersion
from scaicontrol.services.templates.schemas import DuplicateIn, PublishIn, TemplateIn, TemplatePreviewIn, TemplatePut

from . import formatting
from .base import ControlView, ListColumn, ListFilter, moment_column, named_column
from .forms import number_of
from .language import gettext
from .menu import MenuGroup
from .names import Ref
from .request_context import console_of
from .timeline import Timeline, timeline_of
from .verbs import Done, Field, VerbButton

Given = Mapping[str, str]
_LANGUAGE: Final = Field("language", "Language", "choice", required=False, choices=(("", "any"), *LANGUAGES))
_CONTENT: Final = (
    Field("subject", "Subject", required=False, hint="Of a mail; variables are filled in."),
    Field("html_content", "HTML", "lines", hint="Liquid over the variables of the type."),
    Field("css_content", "CSS", "lines", required=False),
)


async def create(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    body = TemplateIn.model_validate(
        {
            "name": given.get("name", ""),
            "document_type": given.get("document_type", ""),
            "language": given.get("language") or None,
            "owner_partner_id": given.get("owner_partner_id") or None,
            **_content(given),
        }
    )
    made = await templates.create(backend, actor, body)
    return Done(
        gettext("It is a draft: nothing is made with it until it is published."), Ref("invoice-template", made.id)
    )


async def save(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    known, version = await backend.ask(actor, templates.get, pk), number_of(given, "version")
    body = TemplatePut.model_validate(
        {
            **_content(given),
            "editor_data": known.editor_data,
            "version": known.version if version is None else version,
        }
    )
    saved = await templates.save(backend, actor, pk, body)
    return gettext(
        "Version %(version)s is a draft; what is live stays live until it is published.", version=saved.version
    )


async def publish(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = PublishIn.model_validate({"version": number_of(given, "of_version")})
    live = await templates.publish(backend, actor, pk, body.version)
    return gettext(
        "Documents are made with version %(published_version)s from now on.", published_version=live.published_version
    )


async def duplicate(backend: Backend, actor: Actor, pk: str, given: Given) -> Done:
    body = DuplicateIn.model_validate({"name": given.get("name") or None, "language": given.get("language") or None})
    copy = await backend.perform(actor, templates.duplicate, pk, body)
    return Done(gettext("The copy is a draft of your own."), Ref("invoice-template", copy.id))


async def delete(backend: Backend, actor: Actor, pk: str, _: Given) -> Done:
    await backend.perform(actor, templates.delete, pk)
    return Done(gettext("It is gone; its versions stay for the documents made with them."), is_gone=True)


def _content(given: Given) -> dict[str, object]:
    return {
        "subject": given.get("subject") or None,
        "html_content": given.get("html_content", ""),
        "css_content": given.get("css_content", ""),
    }


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """What the page of a template shows."""

    template: InvoiceTemplate
    owner: str
    versions: Sequence[InvoiceTemplateVersion]
    timeline: Timeline

    @property
    def status(self) -> str:
        if self.template.published_version is None:
            return "draft"
        return "live" if self.template.published_version == self.template.version else "live, with a newer draft"


class TemplateView(ControlView, model=InvoiceTemplate):
    name, name_plural, icon = "Template", "Templates", "templates"
    category, rank = MenuGroup.money, 80
    about = "How documents and mails look and what they say, by seller and language."
    prefix = "tpl"
    permission = "templates:read"
    details_template = "console/template.html"
    searched = (InvoiceTemplate.name, InvoiceTemplate.id)
    search_hint = "name or id"
    columns = (
        ListColumn("Name", lambda row: row.name, InvoiceTemplate.name, "link"),
        ListColumn("Of", lambda row: formatting.spoken(row.document_type), InvoiceTemplate.document_type),
        ListColumn("Language", lambda row: row.language or "any", InvoiceTemplate.language),
        named_column("Owner", "partner", "owner_partner_id"),
        ListColumn("Last version", lambda row: str(row.version), InvoiceTemplate.version, "number"),
        ListColumn("Live", lambda row: formatting.plain(row.published_version), None, "number"),
        moment_column("Published", "published_at"),
        moment_column("Created", "created_at", InvoiceTemplate.created_at),
    )
    narrowing = (
        ListFilter("type", "Of", lambda value: InvoiceTemplate.document_type == value, list(TemplateType)),
        ListFilter("language", "Language", lambda value: InvoiceTemplate.language == value, list(LANGUAGES)),
        ListFilter("owner", "Owner", lambda value: InvoiceTemplate.owner_partner_id == value, kind="partner"),
    )
    verbs = (
        VerbButton(
            "create",
            "Write a template",
            "templates:manage",
            "It prints nothing until it is published. What is not allowed is refused with its line.",
            create,
            [
                Field("name", "Name"),
                Field("document_type", "Of", "choice", choices=tuple(TemplateType)),
                _LANGUAGE,
                Field(
                    "owner_partner_id", "Partner", "partner", required=False, hint="Empty: your own, or everybody's."
                ),
                *_CONTENT,
            ],
            of_list=True,
        ),
        VerbButton(
            "publish",
            "Publish",
            "templates:manage",
            "Documents are made with it from now on. A legal document must show everything the law asks for.",
            publish,
            [
                Field(
                    "of_version",
                    "Version",
                    "choice",
                    required=False,
                    choices=lambda detail: [
                        ("", gettext("the last")),
                        *(str(each.version) for each in detail.versions),
                    ],
                )
            ],
        ),
        VerbButton(
            "save",
            "Edit",
            "templates:manage",
            "The next version, as a draft; what is live stays live.",
            save,
            [*_CONTENT, Field("version", "Version", "hidden", required=False)],
            known=lambda detail: {
                "subject": detail.template.subject or "",
                "html_content": detail.template.html_content,
                "css_content": detail.template.css_content,
                "version": str(detail.template.version),
            },
        ),
        VerbButton(
            "duplicate",
            "Copy",
            "templates:manage",
            "Into a draft of your own, under another name or language.",
            duplicate,
            [Field("name", "Name", required=False), _LANGUAGE],
        ),
        VerbButton(
            "delete",
            "Delete",
            "templates:manage",
            "Refused while a billing profile or a seller names it and nothing live of that name would take over.",
            delete,
            danger=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[InvoiceTemplate]:
        return templates.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> TemplatePage:
        template = await templates.get(uow, pk)
        owner = template.owner_partner_id
        return TemplatePage(
            template=template,
            owner=(await partners.names(uow, [owner])).get(owner, owner)
            if owner
            else gettext("the platform, for everybody"),
            versions=await templates.versions(uow, pk),
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: TemplatePage) -> str:
        template = detail.template
        language = template.language or gettext("any language")
        return f"{template.name}: {formatting.spoken(template.document_type)}, {language}"

    def actions_of(self, detail: TemplatePage) -> Sequence[str]:
        return ["publish", "save", "duplicate", "delete"]

    @expose("/{pk}/preview/{version}")
    async def preview(self, request: Request) -> Response:
        """Show a version as a PDF, with the sample or with a document of yours (`invoice`)."""
        console, found = console_of(request), request.path_params
        shown: TemplatePage = await self._asked(request, found["pk"])
        version = next((each for each in shown.versions if str(each.version) == found["version"]), None)
        if version is None:
            raise HTTPException(404, gettext("There is no such version."))
        invoice_id = request.query_params.get("invoice") or None
        body = TemplatePreviewIn.model_validate(
            {
                "document_type": version.document_type,
                "language": version.language,
                "subject": version.subject,
                "html_content": version.html_content,
                "css_content": version.css_content,
                "editor_data": version.editor_data,
                "invoice_id": invoice_id,
                "output": "pdf",
            }
        )
        variables = None
        if invoice_id:
            variables = await console.backend.ask(console.actor, invoices.template_variables, invoice_id)
        made = await templates.preview(console.backend, console.actor, body, variables)
        return Response(made.pdf, media_type="application/pdf", headers={"Content-Disposition": "inline"})

    @expose("/{pk}/compare/{version}")
    async def compare(self, request: Request) -> Response:
        """Show line by line what a version says otherwise than an earlier one (`with`; else the one before)."""
        found = request.path_params
        shown: TemplatePage = await self._asked(request, found["pk"])
        saved = {str(each.version): each for each in shown.versions}
        after = saved.get(found["version"])
        earlier = request.query_params.get("with") or (str(after.version - 1) if after else "")
        before = saved.get(earlier)
        if after is None or (before is None and earlier != "0"):
            raise HTTPException(404, gettext("There is no such version."))
        back = str(request.url_for("admin:details", identity=self.identity, pk=found["pk"]))
        context = {
            "model_view": self,
            "heading": gettext(
                "Version %(version)s against %(more)s",
                version=after.version,
                more=before.version if before else gettext("nothing"),
            ),
            "crumbs": (self.title_of(shown), back),
            "parts": _differences(before, after),
        }
        answer: Response = await self.templates.TemplateResponse(request, "console/template_diff.html", context)
        return answer


def _differences(
    before: InvoiceTemplateVersion | None, after: InvoiceTemplateVersion
) -> Sequence[tuple[str, Sequence[str]]]:
    """Give what differs, by part, in the lines of a unified diff; a part that is the same is left out."""
    parts = ((gettext("Subject"), "subject"), ("HTML", "html_content"), ("CSS", "css_content"))
    found = [
        (label, list(unified_diff(_lines(getattr(before, name, "")), _lines(getattr(after, name)), lineterm=""))[2:])
        for label, name in parts
    ]
    return [(label, lines) for label, lines in found if lines]


def _lines(text: str | None) -> list[str]:
    # What the designer draws is one long line: an element to a line can be compared.
    return (text or "").replace("><", ">\n<").splitlines()


class TemplatesAddress(BaseView):
    """The address that the contract fixes (§30) leads to the list."""

    name = "Templates"

    def is_visible(self, request: Request) -> bool:
        return False

    def is_accessible(self, request: Request) -> bool:
        return console_of(request).actor.may(TemplateView.permission)

    @expose("/billing/templates", identity="billing-templates")
    async def home(self, request: Request) -> Response:
        return RedirectResponse(request.url_for("admin:list", identity=TemplateView.identity))


VIEWS = (TemplateView, TemplatesAddress)
