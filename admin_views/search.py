"""
Finding: one box on every page, for whatever somebody has at hand.

An id leads to its page. Anything else is asked of every list that whoever looks may open: `status:past_due`,
`amount:>100`, `tenant:acme` narrow, words are looked for where an index answers, and each list shows its first few.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from sqladmin import BaseView, expose
from sqlalchemy import ColumnElement
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from scaicontrol.core import list_windows
from scaicontrol.core.errors import Invalid
from scaicontrol.core.ids import prefix_of
from scaicontrol.core.work import UnitOfWork

from . import formatting
from .amounts import is_amount, of_amount
from .base import ControlView
from .columns import Attribute, Row
from .language import gettext
from .lists import COUNTED_UP_TO
from .names import OFFERED, PICKED, names_of
from .request_context import console_of

SHOWN: Final = 6  # of each kind
_DIFFERENT: Final = 500  # values of one column
_PART: Final = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for: words, and what narrows."""

    words: str
    narrowing: Mapping[str, str]

    @classmethod
    def read(cls, typed: str) -> "Sought":
        words, narrowing = [], {}
        for operator, quoted, bare in _PART.findall(typed):
            if operator:
                narrowing[operator.lower()] = quoted or bare
            else:
                words.append(quoted or bare)
        return cls(" ".join(words), narrowing)


@dataclass(frozen=True, slots=True)
class FoundKind:
    """The first few rows of one list."""

    view: ControlView
    rows: Sequence[Row]
    more: bool
    address: str  # of the list, narrowed the same way
    names: Mapping[str, str] = field(default_factory=dict)


class SearchView(BaseView):
    """The search box of every page, and the names that its forms offer."""

    name = "Search"

    def is_visible(self, request: Request) -> bool:
        return False

    def is_accessible(self, request: Request) -> bool:
        return True

    @expose("/search", identity="search")
    async def search(self, request: Request) -> Response:
        """Lead to what was named, or show what was found, by kind."""
        typed = request.query_params.get("q", "").strip()
        views = [v for v in self._admin_ref.views if isinstance(v, ControlView) and v.is_accessible(request)]
        if not views:
            raise HTTPException(404, gettext("There is nothing here that you may search."))
        for view in views:
            if view.prefix and view.prefix == prefix_of(typed) and " " not in typed:
                return RedirectResponse(request.url_for("admin:details", identity=view.identity, pk=typed), 303)
        sought = Sought.read(typed)
        asked = [view for view in views if sought.narrowing.keys() <= _operators(view).keys()]
        console = console_of(request)
        problem, found = "", []
        try:
            found = await console.backend.ask(console.actor, self._found, request, asked, sought) if typed else []
        except (Invalid, HTTPException) as error:
            problem = error.message if isinstance(error, Invalid) else str(error.detail)
        if len(found) == 1 and len(found[0].rows) == 1:
            only = found[0]
            return RedirectResponse(
                request.url_for("admin:details", identity=only.view.identity, pk=only.rows[0].id), 303
            )
        operators = sorted({name for view in views for name in _operators(view)})
        context = {
            "title": gettext("Search"),
            "typed": typed,
            "found": found,
            "problem": problem,
            "operators": operators,
        }
        if typed and not asked:
            context["problem"] = gettext(
                "Nothing can be narrowed by all of these; possible are %(operators)s.", operators=", ".join(operators)
            )
        answer: Response = await self.templates.TemplateResponse(request, "console/search.html", context)
        return answer

    async def _found(
        self, uow: UnitOfWork, request: Request, views: Sequence[ControlView], sought: Sought
    ) -> list[FoundKind]:
        kinds = []
        for view in views:
            rows = await _rows(uow, view, sought)
            if rows:
                rows = list(await view.completed(uow, rows))
                given = {**sought.narrowing, **({"search": sought.words} if sought.words else {})}
                listed = f"{request.url_for('admin:list', identity=view.identity)}?{urlencode(given)}"
                names = await names_of(uow, (c.link(row) for c in view.columns if c.link for row in rows))
                kinds.append(FoundKind(view, rows[:SHOWN], len(rows) > SHOWN, listed, names))
        return kinds

    @expose("/names/{kind}", identity="names")
    async def offered_names(self, request: Request) -> Response:
        """Give the few names that hold what is typed so far, for a field that picks one."""
        kind, words = request.path_params["kind"], request.query_params.get("q", "").strip()
        if kind not in PICKED:
            raise HTTPException(404, gettext("There is nothing here."))
        console = console_of(request)
        found = await console.backend.ask(console.actor, PICKED[kind].called, words, OFFERED) if words else {}
        return JSONResponse([{"id": pk, "name": name} for pk, name in found.items()])

    @expose("/known/{identity}/{name}", identity="known")
    async def known_values(self, request: Request) -> Response:
        """Give the values that rows of a list have in the column of a filter, as far as they hold what is typed."""
        identity, name = request.path_params["identity"], request.path_params["name"]
        words = request.query_params.get("q", "").strip().casefold()
        for view in self._admin_ref.views:
            if isinstance(view, ControlView) and view.identity == identity and view.is_accessible(request):
                for one in view.narrowing:
                    if one.name == name and one.known is not None:
                        console = console_of(request)
                        found = await console.backend.ask(console.actor, _values, view, one.known)
                        said = {each: formatting.spoken(each) for each in found}
                        held = [each for each in found if any(words in it.casefold() for it in (each, said[each]))]
                        return JSONResponse([{"id": each, "name": said[each]} for each in held[:OFFERED]])
        raise HTTPException(404, gettext("There is nothing here."))


async def _values(uow: UnitOfWork, view: ControlView, column: Attribute) -> list[str]:
    return await list_windows.values(uow, view.visible(uow), column, _DIFFERENT)


def _operators(view: ControlView) -> Mapping[str, Sequence[str]]:
    """Name what a list can be narrowed by, with the choices there are."""
    found = {one.name: one.choices for one in view.narrowing}
    return {**found, "amount": ()} if view.amounts else found


async def _rows(uow: UnitOfWork, view: ControlView, sought: Sought) -> list[Row]:
    """Fetch the first few rows of a list; each place is asked by itself, so that its index answers."""
    for name, choices in _operators(view).items():
        if name in sought.narrowing and choices and sought.narrowing[name] not in choices:
            return []  # a state of another kind
    question = await view.asked_for(uow, QueryParams(sought.narrowing))
    if not sought.words:
        return list((await list_windows.window(uow, question, SHOWN + 1, COUNTED_UP_TO)).items)
    found: dict[str, Row] = {}
    for place in _places(view, sought.words):
        for row in await list_windows.first(uow, question.query.where(place), SHOWN + 1):
            found.setdefault(row.id, row)
        if len(found) > SHOWN:
            break
    return list(found.values())


def _places(view: ControlView, words: str) -> list[ColumnElement[bool]]:
    places = [column.startswith(words, autoescape=True) for column in view.searched]
    if is_amount(words):
        places += [of_amount(column, words) for column in view.amounts]
    if words.isdecimal() and len(words) < 10:
        places += [column == int(words) for column in view.serials]
    return places


VIEWS = (SearchView,)
