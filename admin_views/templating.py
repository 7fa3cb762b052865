"""How pages of the console are written: what they say is there before, so that nothing in them waits."""

from collections.abc import Mapping

from jinja2 import Environment
from sqladmin.templating import Jinja2Templates
from starlette.requests import Request
from starlette.responses import HTMLResponse


class WrittenAtOnce(Jinja2Templates):
    """
    SQLAdmin's templates without `await` at each of their thousand places.

    A page of a list is made in half the time; whatever a template shows has to be there when it is begun.
    """

    def __init__(self, pages: Environment) -> None:
        self.env = pages.overlay(enable_async=False)

    async def TemplateResponse(  # type: ignore[override]  # noqa: N802  # SQLAdmin's own name and private class
        self, request: Request, name: str, context: Mapping[str, object] | None = None, status_code: int = 200
    ) -> HTMLResponse:
        given: Mapping[str, object] = {"request": request, **(context or {})}
        return HTMLResponse(self.env.get_template(name).render(given), status_code)
