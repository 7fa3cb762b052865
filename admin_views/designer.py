"""
The designer of templates (contract §30): the canvas runs in the browser, what it draws is checked and kept here.

Its script and style come out of the portal's build. Nothing that a browser sends is template code.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from pydantic import ValidationError
from sqladmin import BaseView, expose
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Forbidden, invalid
from scaicontrol.core.i18n import LANGUAGES
from scaicontrol.portal import BUNDLE
from scaicontrol.services import invoices, templates, uploads
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.schemas import DesignIn, TemplatePreviewIn, VariableOut

from .flash import say, status_of
from .language import gettext, marked, translated
from .request_context import ConsoleRequest, console_of
from .verbs import once, sentence

DESIGNER: Final = "/admin/billing/templates/designer"
_PERMISSION: Final = "templates:manage"
_ENTRY: Final = "src/designer/main.ts"
_MOST: Final = 12_000_000  # bytes of a request: every language of a template
# What the canvas says (`worded` of frontend/src/designer), in the words of whoever draws.
SAID: Final = (
    marked("(empty)"),
    "Below is how it will look.",
    "Bold",
    "Box",
    "Choose something on the page.",
    "Every text has its words.",
    "Kept as written",
    "Letter",
    "Normal",
    "Not translated to {language}",
    "Publishing…",
    "Rendering…",
    "Save first: published is what was saved last.",
    "Saving…",
    "Shown only when",
    "Subject: {subject}",
    "Text",
    "The canvas cannot hold {languages} as written; look at the preview before you save.",
    "The page",
    "The picture is on the page.",
    "The server could not be reached. Nothing is lost: try again.",
    "To go live it lacks: {missing}",
    "Two columns",
    "Value",
    "When",
    "You are signed out, or the server is away. Nothing is lost: sign in in another tab, then try again.",
    marked("a language…"),
    "any language",
    "{count} of {all} texts are not translated to {language}.",
    marked("{label}, unit"),
    "{language} (a layout of its own)",
)
Act = Callable[[Request, ConsoleRequest, str, FormData], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Built:
    """The addresses of what the portal's build made for the designer."""

    script: str
    styles: Sequence[str]


class DesignerPage(BaseView):
    """One template in all its languages, on a canvas."""

    name, identity = "Designer", "designer"

    def is_visible(self, request: Request) -> bool:
        return False

    def is_accessible(self, request: Request) -> bool:
        return console_of(request).actor.may(_PERMISSION)

    @expose("/billing/templates/designer", identity="designer", methods=["GET", "POST"])
    async def home(self, request: Request) -> Response:
        """Open a template by `name`, `type` and `lang`; POST saves or publishes it."""
        console = console_of(request)
        console.actor.require(_PERMISSION)
        if request.method == "POST":
            return await _answered(request, _stored)
        asked = request.query_params
        if not asked.get("name") or asked.get("type") not in set(TemplateType):
            return RedirectResponse(request.url_for("admin:list", identity="invoice-template"))
        kind = TemplateType(asked["type"])
        owner = asked.get("owner") or None
        shown = await console.backend.ask(console.actor, templates.design, asked["name"], kind, owner)
        sample = TemplatePreviewIn(
            document_type=kind, html_content=shown.looks, subject="Sample" if kind.is_mail else None
        )
        looks = await templates.preview(console.backend, console.actor, sample)
        first = shown.languages[0].template
        context = {
            "view": self,
            "title": gettext("Designer"),
            "shown": shown,
            "stored": first,
            "files": built_files(),
            "config": {
                "name": shown.name,
                "document_type": kind.value,
                "owner_partner_id": shown.owner_partner_id,
                "is_mail": kind.is_mail,
                "words": {english: translated(english) for english in SAID},
                "form_token": await console.form_token(DESIGNER),
                "language": asked.get("lang") or None,
                "known_languages": list(LANGUAGES),
                "languages": [
                    {
                        "language": each.language,
                        "version": each.version,
                        "published_version": each.template.published_version if each.template else None,
                        "subject": each.subject,
                        "html": each.lifted.html,
                        "css": each.css,
                        "untranslated": each.untranslated,
                    }
                    for each in shown.languages
                ],
                "blocks": [
                    {
                        "name": block.name,
                        "label": block.label,
                        "element": block.element,
                        "is_required": block.is_required,
                        "choices": [
                            {"name": one.name, "label": one.label, "options": one.options, "many": one.many}
                            for one in block.choices
                        ],
                    }
                    for block in shown.palette
                ],
                "fields": list(_fields(templates.variables(kind))),
                "looks": looks.html,
            },
        }
        answer: Response = await self.templates.TemplateResponse(request, "console/designer.html", context)
        return answer

    @expose("/billing/templates/designer/preview", identity="designer-preview", methods=["POST"])
    async def preview(self, request: Request) -> Response:
        """Show unsaved work as the PDF, or as the mail, that it would be."""
        return await _answered(request, _previewed)

    @expose("/billing/templates/designer/picture", identity="designer-picture", methods=["POST"])
    async def picture(self, request: Request) -> Response:
        """Keep a picture and give the address that templates name it by."""
        return await _answered(request, _kept)


VIEWS = (DesignerPage,)


async def _answered(request: Request, act: Act) -> Response:
    """Check that the form was ours and do what it asks; a refusal comes back as sentences, nothing else happened."""
    console = console_of(request)
    try:
        console.actor.require(_PERMISSION)
        if not request.headers.get("content-length", "").isdecimal() or int(request.headers["content-length"]) > _MOST:
            raise invalid("work", gettext("A template takes at most %(MOST)s MB.", MOST=_MOST // 1000000))
        async with request.form(max_files=1, max_fields=5) as form:
            key = await console.form_key(str(form.get("form_token", "")), DESIGNER)
            if key is None:
                raise Forbidden(
                    gettext("This page is too old or was not ours; copy what you wrote, and open it again.")
                )
            return await act(request, console, key, form)
    except (ControlError, ValidationError) as error:
        said = sentence(error)
        reasons = [reason.message for reason in said.reasons]
        return JSONResponse({"message": said.message, "reasons": reasons}, status_of(said))


async def _stored(request: Request, console: ConsoleRequest, key: str, form: FormData) -> Response:
    work, publishes = str(form.get("work", "")), form.get("act") == "publish"

    async def press(stage: Backend) -> str:
        data = _read(work)
        if publishes:
            return await _published(stage, console.actor, data)
        saved = await templates.save_design(stage, console.actor, data)
        changed = [each for each in saved if each.outcome != "unchanged"]
        said = ", ".join(
            gettext(
                "%(language)s: version %(version)s",
                language=each.language or gettext("any language"),
                version=each.version,
            )
            for each in changed
        )
        return (
            gettext("Saved as a draft (%(said)s).", said=said)
            if changed
            else gettext("Nothing changed, nothing was saved.")
        )

    typed = {"act": "publish" if publishes else "save", "work": work}
    done = await once(console, key, request.url.path, typed, press)
    answer = JSONResponse({"message": done.said})
    await say(answer, console, "success", done.said)
    return answer


async def _published(backend: Backend, actor: Actor, data: DesignIn) -> str:
    """Make the last version of each language live; a language that lacks what the law asks for stops what follows."""
    backend = replace(backend, keyed=None)  # each language is safe by itself: what is live is not made so again
    shown = await backend.ask(actor, templates.design, data.name, data.document_type, data.owner_partner_id)
    drafts = [each.template for each in shown.languages if each.template]
    drafts = [each for each in drafts if each.published_version != each.version]
    for draft in drafts:
        await templates.publish(backend, actor, draft.id, draft.version)
    said = ", ".join(
        gettext(
            "%(language)s: version %(version)s", language=each.language or gettext("any language"), version=each.version
        )
        for each in drafts
    )
    return gettext("Live from now on (%(said)s).", said=said) if drafts else gettext("Everything is live already.")


async def _previewed(_: Request, console: ConsoleRequest, __: str, form: FormData) -> Response:
    data = _read(str(form.get("work", "")))
    invoice_id = str(form.get("invoice_id", "")).strip() or None
    content = await templates.drawn(console.backend, console.actor, data)
    output = "html" if data.document_type.is_mail else "pdf"
    said = content.model_dump(exclude={"editor_data"}) | {"output": output, "invoice_id": invoice_id}
    said |= {"document_type": data.document_type, "language": data.languages[0].language}
    body = TemplatePreviewIn.model_validate(said)
    variables = None
    if invoice_id:
        variables = await console.backend.ask(console.actor, invoices.template_variables, invoice_id)
    made = await templates.preview(console.backend, console.actor, body, variables)
    if made.pdf is None:
        return JSONResponse({"html": made.html, "subject": made.subject})
    missing = json.dumps(made.missing)  # in ASCII, as headers are
    return Response(made.pdf, media_type="application/pdf", headers={"X-Missing": missing})


async def _kept(_: Request, console: ConsoleRequest, __: str, form: FormData) -> Response:
    file = form.get("file")
    limits = uploads.TEMPLATE_IMAGE
    if not isinstance(file, UploadFile) or not file.size:
        raise invalid("file", gettext("Nothing was done: choose a picture."))
    if file.size > limits.bytes_max:
        raise invalid("file", limits.sentence)
    kept = await uploads.upload_template_image(console.backend, console.actor, await file.read())
    return JSONResponse({"address": f"{uploads.ROOT}{kept.path}"})


def _read(work: str) -> DesignIn:
    try:
        return DesignIn.model_validate_json(work)
    except ValidationError as error:
        raise sentence(error) from error


def _fields(tree: Sequence[VariableOut], group: str = "") -> Iterator[dict[str, str]]:
    """List what a value can show, with its sample, under the name of its group."""
    for each in tree:
        if each.kind == "group":
            yield from _fields(each.children, each.about)
        elif each.kind not in ("list", "image"):
            yield {"path": each.path, "label": each.about, "group": group, "sample": each.sample or each.about}


def built_files() -> Built | None:
    """Name the designer's script and styles as the portal's build called them; None where it was not built."""
    path = BUNDLE / ".vite" / "manifest.json"
    try:
        return _entry(path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def _entry(_: int) -> Built | None:
    manifest = json.loads((BUNDLE / ".vite" / "manifest.json").read_text())
    entry = manifest.get(_ENTRY)
    if entry is None:
        return None
    return Built(f"/{entry['file']}", [f"/{each}" for each in entry.get("css", [])])
