"""
What every view of the console is made of: a table to look at, and the services' verbs to press.

Nothing is edited here. A verb is a page that names the object and the effect, takes what the verb needs, and posts.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from sqladmin import expose
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.errors import NotFound
from scaicontrol.core.work import UnitOfWork

from .bulk import bulk_page_or_press
from .columns import (
    ListColumn,
    ListFilter,
    amount_column,
    code_filter,
    day_column,
    known_filter,
    moment_column,
    named_column,
)
from .language import gettext
from .lists import Context, ListPages
from .pressing import Pressed, verb_page_or_press
from .request_context import console_of
from .verbs import Detail, VerbButton

__all__ = [
    "ControlView",
    "ListColumn",
    "ListFilter",
    "amount_column",
    "code_filter",
    "day_column",
    "known_filter",
    "moment_column",
    "named_column",
]


class ControlView(ListPages):
    """A read-only view; its rows come from the feature's own `visible`, its buttons from `verbs`."""

    can_create = can_edit = can_delete = can_import = False

    permission: ClassVar[str]
    prefix: ClassVar[str]  # of its ids, for the search box of every page
    rank: ClassVar[int] = 50  # its place among the views of its `category`, a `MenuGroup`
    about: ClassVar[str] = ""
    when_empty: ClassVar[str] = ""  # how one comes to the first row
    verbs: ClassVar[Sequence[VerbButton]] = ()

    @abstractmethod
    async def detail(self, uow: UnitOfWork, pk: str) -> Detail:
        """Gather everything the detail page shows; raises NotFound."""

    @abstractmethod
    def title_of(self, detail: Detail) -> str:
        """Name the object as a heading."""

    @abstractmethod
    def actions_of(self, detail: Detail) -> Sequence[str]:
        """Name what the object's state allows."""

    def is_accessible(self, request: Request) -> bool:
        return console_of(request).actor.may(self.permission)

    async def list_context(self, request: Request) -> Context:
        return {
            **await super().list_context(request),
            "buttons": self._list_verbs(request),
            "bulk": self._bulk_verbs(request),
        }

    # One object

    async def get_object_for_details(self, request: Request) -> Detail:
        if not hasattr(request.state, "shown"):
            request.state.shown = await self._asked(request, request.path_params["pk"])
        return request.state.shown

    async def _asked(self, request: Request, pk: str) -> Detail:
        console = console_of(request)
        try:
            return await console.backend.ask(console.actor, self.detail, pk)
        except NotFound as error:
            raise HTTPException(404, error.message) from error

    async def details_context(self, request: Request) -> Context:
        detail = await self.get_object_for_details(request)
        return {"heading": self.title_of(detail), "buttons": self._open_verbs(request, detail)}

    def _open_verbs(self, request: Request, detail: Detail) -> Sequence[VerbButton]:
        actor, allowed = console_of(request).actor, set(self.actions_of(detail))
        return [verb for verb in self.verbs if verb.name in allowed and not verb.of_list and actor.may(verb.permission)]

    def _list_verbs(self, request: Request) -> Sequence[VerbButton]:
        actor = console_of(request).actor
        return [verb for verb in self.verbs if verb.of_list and actor.may(verb.permission)]

    def _bulk_verbs(self, request: Request) -> Sequence[VerbButton]:
        actor = console_of(request).actor
        return [verb for verb in self.verbs if verb.bulk and actor.may(verb.permission)]

    def _verb(self, request: Request, *, of_list: bool) -> VerbButton:
        name = request.path_params["verb"]
        for verb in self.verbs:
            if verb.name == name and verb.of_list == of_list:
                console_of(request).actor.require(verb.permission)
                return verb
        raise HTTPException(404, gettext("There is nothing here."))

    @expose("/{pk}/do/{verb}", methods=["GET", "POST"])
    async def do(self, request: Request) -> Response:
        """Show what a verb will do to an object, or do it."""
        verb, pk = self._verb(request, of_list=False), request.path_params["pk"]
        detail = await self._asked(request, pk)
        back = str(request.url_for("admin:details", identity=self.identity, pk=pk))
        listed = str(request.url_for("admin:list", identity=self.identity))
        title, can = self.title_of(detail), verb.name in self.actions_of(detail)
        on = Pressed(back, [(self.name_plural, listed), (title, back)], pk, title, detail, can)
        return await verb_page_or_press(self, request, verb, on)

    @expose("/bulk/{verb}", methods=["GET", "POST"])
    async def bulk(self, request: Request) -> Response:
        """Show what a verb will do to the rows chosen on the list, or do it to each."""
        verb = self._verb(request, of_list=False)
        if not verb.bulk:
            raise HTTPException(404, gettext("This is done to one at a time."))
        console_of(request).actor.require(self.permission)
        return await bulk_page_or_press(self, request, verb)

    @expose("/do/{verb}", methods=["GET", "POST"])
    async def do_of_list(self, request: Request) -> Response:
        """Show what a verb without an object will do, such as making a new one, or do it."""
        verb = self._verb(request, of_list=True)
        listed = str(request.url_for("admin:list", identity=self.identity))
        return await verb_page_or_press(self, request, verb, Pressed(listed, [(self.name_plural, listed)]))
