from collections.abc import Sequence
from typing import Final

from sqladmin import expose
from sqlalchemy import Select
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scaicontrol.core.errors import ControlError, Forbidden, invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import uploads
from scaicontrol.services.uploads.models import Upload

from . import formatting
from .base import ControlView, ListColumn, ListFilter, moment_column, named_column
from .facts import FactsPage, named
from .flash import say, status_of
from .language import gettext
from .menu import MenuGroup
from .names import Ref, names_of
from .request_context import console_of

_KINDS: Final = {
    "template-image": ("template_images:upload", uploads.upload_template_image, uploads.TEMPLATE_IMAGE),
    "icon": ("icons:upload", uploads.upload_icon, uploads.ICON),
}
_AROUND: Final = 16_384  # bytes of a form around its file


class UploadView(ControlView, model=Upload):
    name, name_plural, icon = "Upload", "Pictures", "pictures"
    category, rank = MenuGroup.money, 85
    about = "Pictures for templates, letterheads and services, cleaned and kept by their content."
    prefix = "upl"
    permission = "templates:read"
    details_template = "console/facts.html"
    list_template = "console/uploads.html"
    searched = (Upload.path, Upload.id)
    search_hint = "path or id"
    columns = (
        ListColumn("Path", lambda row: row.path, None, "link"),
        named_column("Owner", "partner", "owner_partner_id"),
        ListColumn("Kind", lambda row: row.media_type, Upload.media_type),
        ListColumn("Size", lambda row: formatting.size(row.bytes), Upload.bytes, "number"),
        ListColumn("Pixels", lambda row: f"{row.width} × {row.height}" if row.width else "drawing", None, "number"),
        named_column("By", "user", "uploaded_by"),
        moment_column("Created", "created_at", Upload.created_at),
    )
    narrowing = (
        ListFilter("kind", "Kind", lambda value: Upload.media_type == value, list(uploads.MEDIA_TYPES.values())),
    )

    def visible(self, uow: UnitOfWork) -> Select[Upload]:
        uow.authorize(self.permission)
        return uploads.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> FactsPage:
        row = await uploads.get(uow, pk)
        owner = row.owner_partner_id
        names = await names_of(uow, [Ref("user", row.uploaded_by), Ref("partner", owner) if owner else None])
        return FactsPage(
            pk,
            row.path.rsplit("/", 1)[-1],
            gettext(
                "Templates show it by its address, and a seller's logo may name it. What has a name never changes."
            ),
            [
                (gettext("Address"), uploads.url_of(row.path, uow.settings.public_base_url)),
                (
                    gettext("Owner"),
                    named(Ref("partner", owner), names[owner])
                    if owner in names
                    else gettext("the platform, for everybody"),
                ),
                (gettext("Kind"), row.media_type),
                (gettext("Size"), formatting.size(row.bytes)),
                (gettext("By"), named(Ref("user", row.uploaded_by), names.get(row.uploaded_by, row.uploaded_by))),
                (gettext("Created"), formatting.moment(row.created_at)),
                (gettext("Id"), row.id),
            ],
            picture=f"/api/v1/uploads/{row.path}",
        )

    def title_of(self, detail: FactsPage) -> str:
        return detail.title

    def actions_of(self, detail: FactsPage) -> Sequence[str]:
        return []

    @expose("/bring/{kind}", methods=["GET", "POST"])
    async def bring(self, request: Request) -> Response:
        """Take a picture, and say in the page what is wrong with one that cannot be taken."""
        console = console_of(request)
        if request.path_params["kind"] not in _KINDS:
            raise HTTPException(404, gettext("There is nothing here."))
        permission, upload, limits = _KINDS[request.path_params["kind"]]
        console.actor.require(permission)
        if request.method == "GET":
            return await self._form(request, None)
        try:
            if int(request.headers.get("content-length", "0")) > limits.bytes_max + _AROUND:
                raise invalid("file", limits.sentence)
            async with request.form(max_files=1, max_fields=2) as form:
                if await console.form_key(str(form.get("form_token", "")), request.url.path) is None:
                    raise Forbidden(gettext("This form is too old or was not ours; look again and confirm once more."))
                file = form.get("file")
                if not isinstance(file, UploadFile) or not file.size:
                    raise invalid("file", gettext("Nothing was done: choose a picture."))
                body = await file.read()
            kept = await upload(console.backend, console.actor, body)  # twice is once: it is kept by its content
        except ControlError as error:
            return await self._form(request, error)
        answer = RedirectResponse(str(request.url_for("admin:details", identity=self.identity, pk=kept.id)), 303)
        await say(answer, console, "success", gettext("It is kept; the same picture again is the same address."))
        return answer

    async def _form(self, request: Request, error: ControlError | None) -> Response:
        context = {
            "model_view": self,
            "heading": gettext("Bring an icon")
            if request.path_params["kind"] == "icon"
            else gettext("Bring a picture"),
            "error": error,
            "form_token": await console_of(request).form_token(request.url.path),
            "limits": _KINDS[request.path_params["kind"]][2],
        }
        status = status_of(error) if error else 200
        answer: Response = await self.templates.TemplateResponse(request, "console/upload.html", context, status)
        return answer


VIEWS = (UploadView,)
