"""Pages of their own: what is no list of rows, with the same guard, context and verbs as the views."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from sqladmin import BaseView
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .language import gettext
from .lists import Context
from .pressing import Pressed, verb_page_or_press
from .request_context import console_of
from .verbs import Detail, VerbButton


class ConsolePage(BaseView):
    """
    A page at `/admin/<path>` for whoever has `permission`, and its verbs at `/admin/<path>/do/<verb>`.

    `site` hangs both up; `content` gathers what `template` shows. More addresses are `@expose` methods that call
    `admit` first.
    """

    permission: ClassVar[str] = ""  # empty: everybody who may enter
    path: ClassVar[str] = ""  # where its address is not its identity
    rank: ClassVar[int] = 50
    about: ClassVar[str] = ""
    template: ClassVar[str]
    verbs: ClassVar[Sequence[VerbButton]] = ()

    @abstractmethod
    async def content(self, request: Request) -> Context:
        """Gather what the template shows; what is refused is raised."""

    async def detail(self, request: Request) -> Detail:
        """Gather what the fields of a verb hold at first (`VerbButton.known`)."""
        return None

    def is_accessible(self, request: Request) -> bool:
        return not self.permission or console_of(request).actor.may(self.permission)

    def admit(self, request: Request) -> None:
        """Raise Forbidden for whoever lacks the permission of this page."""
        if self.permission:
            console_of(request).actor.require(self.permission)

    def open_verbs(self, request: Request) -> Sequence[VerbButton]:
        actor = console_of(request).actor
        return [verb for verb in self.verbs if actor.may(verb.permission)]

    async def show(self, request: Request) -> Response:
        self.admit(request)
        return await self.answer(request, await self.content(request))

    async def answer(self, request: Request, context: Context, *, template: str = "", status: int = 200) -> Response:
        """Show one of its templates, with the buttons of what may be done."""
        known = {"view": self, "title": self.name, "buttons": self.open_verbs(request), **context}
        answer: Response = await self.templates.TemplateResponse(request, template or self.template, known, status)
        return answer

    async def do(self, request: Request) -> Response:
        """Show what a verb of the page will do, or do it."""
        self.admit(request)
        verb = next((verb for verb in self.verbs if verb.name == request.path_params["verb"]), None)
        if verb is None:
            raise HTTPException(404, gettext("There is nothing here."))
        back = str(request.url_for(f"admin:view-{self.identity}"))
        on = Pressed(back, [(self.name, back)], detail=await self.detail(request))
        return await verb_page_or_press(self, request, verb, on)
