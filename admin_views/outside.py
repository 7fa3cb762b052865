"""What somebody is answered who is not let in: strangers sign in, nothing typed is lost, tenants have a portal."""

from typing import Final
from urllib.parse import quote

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def sign_in(request: Request) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/auth/login?return_to={quote(asked, safe='/')}", 303)


async def session_ended(request: Request, pages: Environment) -> Response:
    """
    Keep what was typed in the page itself, and let it be sent again after signing in.

    The form goes to where it was meant for; its token is of the session that ended, so it is shown there once more
    instead of being carried out.
    """
    form = await request.form()
    typed = [(name, value) for name, value in form.multi_items() if name != "form_token" and isinstance(value, str)]
    page = pages.get_template("console/session_ended.html")
    return HTMLResponse(page.render(address=request.url.path, typed=typed), 401)


def for_tenants(pages: Environment) -> Response:
    """Say where a tenant's own pages are, without sending it round in a circle."""
    return HTMLResponse(pages.get_template("console/for_tenants.html").render(), 403)
