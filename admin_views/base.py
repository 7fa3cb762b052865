"""
What every view of the console is made of: a table to look at, and the services' verbs to press.

Nothing is edited here. A verb is a page that names the object and the effect, takes what the verb needs, and posts.
"""

import csv
import io
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from pydantic import ValidationError
from sqladmin import ModelView, expose
from sqladmin.pagination import Pagination
from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy.orm import InstrumentedAttribute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from scaicontrol.core import pagination, text
from scaicontrol.core.errors import ControlError, Forbidden, NotFound
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import audit

from .flash import say, status_of
from .request_context import console_of
from .verbs import Typed, VerbButton, complete, once, sentence

COUNTED_UP_TO: Final = 1000  # counting a large table costs more than showing a page of it
EXPORTED_UP_TO: Final = 10_000
_PAGE_SIZES: Final = (25, 50, 100)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list: how a row says it, and what it is sorted by."""

    label: str
    say: Callable[[Any], str]
    sort: InstrumentedAttribute[Any] | None = None
    kind: str = ""  # number, status, link


@dataclass(frozen=True, slots=True)
class ListFilter:
    """One way to narrow a list. Without choices it takes text."""

    name: str
    label: str
    narrow: Callable[[str], ColumnElement[bool]]
    choices: Sequence[str] = ()
    kind: str = "text"


class ControlView(ModelView):
    """A read-only view; its rows come from the feature's own `visible`, its buttons from `verbs`."""

    can_create = can_edit = can_delete = can_import = False
    export_types = ["csv"]
    list_template = "console/list.html"

    permission: ClassVar[str]
    prefix: ClassVar[str]  # of its ids, for the search box of every page
    takes_words: ClassVar[bool] = False  # where the search box leads with what is no id
    about: ClassVar[str] = ""
    columns: ClassVar[Sequence[ListColumn]]  # one of them is sorted by created_at
    narrowing: ClassVar[Sequence[ListFilter]] = ()
    searched: ClassVar[Sequence[InstrumentedAttribute[Any]]] = ()
    search_hint: ClassVar[str] = ""
    verbs: ClassVar[Sequence[VerbButton]] = ()

    @abstractmethod
    def visible(self, uow: UnitOfWork) -> Select[Any]:
        """Select what this view may show; the feature's own `visible`."""

    @abstractmethod
    async def detail(self, uow: UnitOfWork, pk: str) -> Any:
        """Gather everything the detail page shows; raises NotFound."""

    @abstractmethod
    def title_of(self, detail: Any) -> str:
        """Name the object as a heading."""

    @abstractmethod
    def actions_of(self, detail: Any) -> Sequence[str]:
        """Name what the object's state allows."""

    def is_accessible(self, request: Request) -> bool:
        return console_of(request).actor.may(self.permission)

    # Lists

    async def list(self, request: Request) -> Pagination:
        """Fetch one page, counted no further than anybody pages."""
        page, size = self._page(request)

        async def question(uow: UnitOfWork) -> Pagination:
            query = self._sorted(self._narrowed(uow, request), request)
            found = await pagination.numbered(uow, query, self.pk_columns[0], page, size, COUNTED_UP_TO)
            return Pagination(rows=list(found.items), page=found.page, page_size=size, count=found.total)

        console = console_of(request)
        return await console.backend.ask(console.actor, question)

    async def list_context(self, request: Request) -> dict[str, Any]:
        known = {"search", "sort", "page", "pageSize", *(one.name for one in self.narrowing)}
        given = {name: value for name, value in request.query_params.items() if value and name in known}
        return {
            "title": self.name_plural,
            "given": given,
            "is_narrowed": bool(given.keys() - {"sort", "page", "pageSize"}),
            "counted_up_to": COUNTED_UP_TO,
            "query": lambda **changes: "?" + urlencode({k: v for k, v in {**given, **changes}.items() if v}),
            "page_sizes": _PAGE_SIZES,
        }

    def _page(self, request: Request) -> tuple[int, int]:
        try:
            page = int(request.query_params.get("page") or 1)
            size = int(request.query_params.get("pageSize") or _PAGE_SIZES[0])
        except ValueError:
            raise HTTPException(400, "Pages are numbers.") from None
        return max(page, 1), min(max(size, 1), _PAGE_SIZES[-1])

    def _narrowed(self, uow: UnitOfWork, request: Request) -> Select[Any]:
        query = self.visible(uow)
        for one in self.narrowing:
            if value := request.query_params.get(one.name, "").strip():
                if one.choices and value not in one.choices:
                    raise HTTPException(400, f"{one.label} is one of {', '.join(one.choices)}.")
                query = query.where(one.narrow(value))
        if term := request.query_params.get("search", "").strip():
            # From the beginning only: an index can answer that.
            query = query.where(or_(*(column.startswith(term, autoescape=True) for column in self.searched)))
        return query

    def _sorted(self, query: Select[Any], request: Request) -> Select[Any]:
        wanted = request.query_params.get("sort", "")
        by_name = {one.sort.key: one.sort for one in self.columns if one.sort is not None}
        column = by_name.get(wanted.removeprefix("-"), by_name["created_at"])
        tie = self.pk_columns[0]
        if wanted and not wanted.startswith("-"):
            return query.order_by(column.asc(), tie.asc())
        return query.order_by(column.desc(), tie.desc())

    # Exports

    async def get_model_objects(self, request: Request, limit: int | None = 0) -> Any:
        """Fetch what the list shows with its filters, and leave an audit entry that somebody took it."""

        async def take(uow: UnitOfWork) -> Any:
            query = self._sorted(self._narrowed(uow, request), request)
            rows = await pagination.first(uow, query, EXPORTED_UP_TO)
            await audit.record_export(uow, self.identity, len(rows), dict(request.query_params))
            return rows

        console = console_of(request)
        return await console.backend.perform(console.actor, take)

    async def export_data(
        self, data: Any, export_type: str = "csv", request: Request | None = None
    ) -> StreamingResponse:
        written = io.StringIO()
        out = csv.writer(written)
        out.writerow(column.label for column in self.columns)
        out.writerows([_harmless(column.say(row)) for column in self.columns] for row in data)
        headers = {"Content-Disposition": f'attachment; filename="{self.identity}.csv"'}
        return StreamingResponse(iter([written.getvalue()]), media_type="text/csv; charset=utf-8", headers=headers)

    # One object

    async def get_object_for_details(self, request: Request) -> Any:
        if not hasattr(request.state, "shown"):
            request.state.shown = await self._asked(request, request.path_params["pk"])
        return request.state.shown

    async def _asked(self, request: Request, pk: str) -> Any:
        console = console_of(request)
        try:
            return await console.backend.ask(console.actor, self.detail, pk)
        except NotFound as error:
            raise HTTPException(404, error.message) from error

    async def details_context(self, request: Request) -> dict[str, Any]:
        detail = await self.get_object_for_details(request)
        return {"heading": self.title_of(detail), "buttons": self._open_verbs(request, detail)}

    def _open_verbs(self, request: Request, detail: Any) -> Sequence[VerbButton]:
        actor, allowed = console_of(request).actor, set(self.actions_of(detail))
        return [verb for verb in self.verbs if verb.name in allowed and actor.may(verb.permission)]

    @expose("/{pk}/do/{verb}", methods=["GET", "POST"])
    async def do(self, request: Request) -> Response:
        """Show what a verb will do, or do it."""
        verb = next((verb for verb in self.verbs if verb.name == request.path_params["verb"]), None)
        if verb is None:
            raise HTTPException(404, "There is nothing here.")
        console_of(request).actor.require(verb.permission)
        if request.method == "GET":
            return await self._verb_page(request, verb, Typed())
        return await self._press(request, verb)

    async def _press(self, request: Request, verb: VerbButton) -> Response:
        console, pk = console_of(request), request.path_params["pk"]
        form = {name: str(value).strip() for name, value in (await request.form()).items()}
        try:
            key = await console.form_key(form.pop("form_token", ""), request.url.path)
            if key is None:
                raise Forbidden("This form is too old or was not ours; look again and confirm once more.")
            form = text.cleaned(form)
            complete(verb, form)
            said = await once(
                console, key, request.url.path, form, lambda: verb.press(console.backend, console.actor, pk, form)
            )
        except (ControlError, ValidationError) as error:
            return await self._verb_page(request, verb, Typed(form, sentence(error)))
        answer = RedirectResponse(str(request.url_for("admin:details", identity=self.identity, pk=pk)), 303)
        await say(answer, console, "success", said)
        return answer

    async def _verb_page(self, request: Request, verb: VerbButton, typed: Typed) -> Response:
        console, pk = console_of(request), request.path_params["pk"]
        detail = await self._asked(request, pk)
        context = {
            "model_view": self,
            "heading": verb.label,
            "object": self.title_of(detail),
            "pk": pk,
            "verb": verb,
            "typed": typed,
            "can": verb.name in self.actions_of(detail),
            "report": await verb.ready(console.backend, console.actor, pk) if verb.ready else None,
            "form_token": await console.form_token(request.url.path),
            "detail": detail,
        }
        status = status_of(typed.error) if typed.error else 200
        return await self.templates.TemplateResponse(request, "console/confirm.html", context, status)


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula; plain numbers stay numbers."""
    bare = cell.replace(",", "").partition(" ")[0].removeprefix("-").replace(".", "", 1)
    return f"'{cell}" if cell.startswith(_FORMULA) and not bare.isdecimal() else cell
