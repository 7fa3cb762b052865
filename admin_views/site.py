"""
The console as the web process hangs it up: SQLAdmin under /admin, behind our own session, guard and headers.

The login is the server's (`/auth/login`); the console only knows the cookie it leaves.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import new_class
from typing import Final, cast
from urllib.parse import urlsplit

from jinja2 import Environment
from sqladmin import Admin
from sqladmin.authentication import AuthenticationBackend
from sqladmin.models import BaseView
from sqladmin.templating import Jinja2Templates
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import admin_views
from scaicontrol.core import signed_values
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.ids import new_id
from scaicontrol.core.logging import get_logger
from scaicontrol.core.settings import Settings
from scaicontrol.services import identity
from scaicontrol.services.identity import ABSOLUTE, SessionKind

from . import formatting
from .addresses import Links
from .assets import FOLDER, KEPT, asset, is_kept
from .designer import DESIGNER
from .flash import FLASH_COOKIE, FLASH_PURPOSE, status_of
from .home import home
from .language import ConsoleReader, button, catalogue, gettext, reader, translated, within
from .menu import menu
from .names import Ref, address_of
from .outside import SAFE, for_tenants, session_ended, sign_in
from .pages import ConsolePage
from .request_context import ConsoleRequest, ScopedSessions, console_of, current
from .templating import WrittenAtOnce

log = get_logger(__name__)
BASE: Final = "/admin"
CONSOLE_COOKIE: Final = "__Host-sc_console"  # what the login sets, signed for this purpose
CONSOLE_PURPOSE: Final = "console-session"
NO_ENTRY: Final = f"{BASE}/no-entry"  # where the login leaves whoever operates nothing
_HERE: Final = Path(__file__).parent
_COMPRESSED_FROM: Final = 800  # bytes
_GONE: Final = PlainTextResponse("There is nothing here.", 404)


def install_console(app: Starlette) -> Admin:
    """Mount the console on the root application, whose `state.backend` is there once it serves."""
    admin = Console(
        app,
        session_maker=ScopedSessions(),
        base_url=BASE,
        title="ScaiControl",
        templates_dir=str(_HERE / "templates"),
        static_files_kwargs={"directory": str(FOLDER)},
        authentication_backend=_SignedIn(),
        middlewares=[Middleware(Entrance, root=app), Middleware(GZipMiddleware, minimum_size=_COMPRESSED_FROM)],
    )
    admin.templates.env.globals.update(
        Ref=Ref,
        address_of=address_of,
        asset=asset,
        formatting=formatting,
        menu=menu,
        console_of=console_of,
        environment=lambda request: console_of(request).backend.settings.scaicontrol_env,
        language=lambda: reader.get().language,
        theme=lambda: reader.get().theme,
    )
    _speak(admin.templates.env)
    app.state.console = admin.admin.state.console = admin
    # Links stay within the console: nobody has to walk the routes of the whole product for each of them.
    admin.admin.state.links = Links([Mount(BASE, admin.admin, name="admin")])
    admin.admin.add_exception_handler(ControlError, _refused)
    admin.admin.add_exception_handler(HTTPException, _http_error)
    for view in views():
        # SQLAdmin writes itself into the class; a class of its own for each console keeps two apart.
        admin.add_view(new_class(view.__name__, (view,)))
        if issubclass(view, ConsolePage):
            _hang_up(admin, view)
    # Before whatever serves the portal takes the address without a slash.
    app.router.routes.append(Route(BASE, lambda _: RedirectResponse(f"{BASE}/")))
    return admin


def _speak(pages: Environment) -> None:
    """Let templates say what they say in the reader's language, with gettext's own words for it."""
    pages.add_extension("jinja2.ext.i18n")
    pages.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda message: catalogue(reader.get().language).gettext(message),
        lambda one, many, num: catalogue(reader.get().language).ngettext(one, many, num),
        newstyle=True,
        pgettext=lambda context, message: catalogue(reader.get().language).pgettext(context, message),
    )
    pages.filters.update(translated=translated, button=button, within=within)


def _hang_up(admin: Admin, page: type[ConsolePage]) -> None:
    """Give a page its addresses; SQLAdmin has named it after the last address it exposes, if any."""
    shown = cast("ConsolePage", admin.views[-1])
    type(shown).identity = page.identity
    path, name = f"/{page.path or page.identity}", f"view-{page.identity}"
    admin.admin.add_route(path, shown.show, ["GET"], name)
    admin.admin.add_route(f"{path}/do/{{verb}}", shown.do, ["GET", "POST"], f"{name}-do")


def views() -> Iterator[type[BaseView]]:
    """Find the views: one module per feature, each with its views in the order of the menu."""
    for module_info in sorted(pkgutil.iter_modules(admin_views.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"admin_views.{module_info.name}")
        yield from getattr(module, "VIEWS", ())


class Console(Admin):
    """SQLAdmin with a first page of ours, and pages that are written in one go."""

    def init_templating_engine(self) -> Jinja2Templates:
        return WrittenAtOnce(super().init_templating_engine().env)

    async def index(self, request: Request) -> Response:
        answer: Response = await self.templates.TemplateResponse(request, "sqladmin/index.html", await home(request))
        return answer


class _SignedIn(AuthenticationBackend):
    """SQLAdmin asks; `Entrance` has let nobody in who is not signed in."""

    def __init__(self) -> None:
        self.middlewares = []  # no session cookie of SQLAdmin's own

    async def login(self, request: Request) -> Response:
        return RedirectResponse("/auth/login?return_to=/admin/", 303)

    async def logout(self, request: Request) -> Response:
        return RedirectResponse(request.url_for("admin:index"), 303)  # signing out is a form that posts

    async def authenticate(self, request: Request) -> bool:
        return hasattr(request.state, "console_request")

    async def get_user_id(self, request: Request) -> str:
        return console_of(request).actor.id


class Entrance:
    """Lets operators in, sends everybody else to sign in, and refuses what another site sends."""

    def __init__(self, app: ASGIApp, root: Starlette) -> None:
        self.app, self.root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        backend: Backend | None = getattr(self.root.state, "backend", None)
        if backend is None:
            await PlainTextResponse(gettext("ScaiControl is starting."), 503)(scope, receive, send)
            return
        token = reader.set(ConsoleReader.of_browser(request.headers.get("accept-language", "")))
        try:
            await self._answer(scope, receive, send, request, backend)
        finally:
            reader.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request: Request, backend: Backend) -> None:
        kept = is_kept(request)
        drawing = request.url.path == DESIGNER
        spoken = FLASH_COOKIE in request.cookies
        guarded = _with_headers(send, backend.settings, spoken=spoken, kept=kept, drawing=drawing)
        if request.url.path.startswith(f"{BASE}/statics/"):
            named = "\0" not in scope["path"]  # which no file system knows
            await (self.app if named else _GONE)(scope, receive, guarded)
            return
        if not _from_here(request, backend.settings):
            refusal = PlainTextResponse(gettext("This request comes from another site; it was not carried out."), 403)
            await refusal(scope, receive, guarded)
            return
        if request.url.path == NO_ENTRY:
            await for_tenants(self.root.state.console.templates.env)(scope, receive, guarded)
            return
        actor, session_id = await _who(request, backend)
        if actor is None or actor.scope.kind not in ("platform", "partner"):
            answer = await self._not_let_in(Request(scope, receive), actor)
            await answer(scope, receive, guarded)
            return
        console = await _console_request(request, backend, actor, session_id)
        reader.set(reader.get().preferring(await backend.ask(console.actor, identity.preferences)))
        scope.setdefault("state", {})["console_request"] = console
        scope["router"] = self.root.state.console.admin.state.links
        token = current.set(console)
        try:
            await self.app(scope, receive, guarded)
        except Exception:  # the last line of the door: the operator gets an id to quote, the log gets the cause
            log.exception("console_crashed", path=request.url.path, request_id=console.actor.request_id)
            quoted = gettext(
                "Look before you repeat it, and quote %(request_id)s.", request_id=console.actor.request_id
            )
            crash = gettext("Something went wrong on our side. %(quoted)s", quoted=quoted)
            await (await _page(self.root.state.console, request, 500, crash))(scope, receive, guarded)
        finally:
            current.reset(token)

    async def _not_let_in(self, request: Request, actor: Actor | None) -> Response:
        pages = self.root.state.console.templates.env
        if actor is not None:
            return for_tenants(pages)
        return sign_in(request) if request.method in SAFE else await session_ended(request, pages)


async def _who(request: Request, backend: Backend) -> tuple[Actor | None, str]:
    signed = request.cookies.get(CONSOLE_COOKIE, "")
    session_id = await signed_values.unsign(backend, CONSOLE_PURPOSE, signed, ABSOLUTE) if signed else None
    if not isinstance(session_id, str):
        return None, ""
    # Sessions live in wall time, not on the business clock.
    return await identity.person_of_session(backend, session_id, SessionKind.console, datetime.now(UTC)), session_id


async def _console_request(request: Request, backend: Backend, actor: Actor, session_id: str) -> ConsoleRequest:
    request_id = str(request.scope.get("request_id") or new_id("req"))
    said = await signed_values.unsign(backend, FLASH_PURPOSE, request.cookies.get(FLASH_COOKIE, ""), ABSOLUTE)
    return ConsoleRequest(backend, actor.on("console", request_id), session_id, tuple(said) if said else None)


def _from_here(request: Request, settings: Settings) -> bool:
    """Tell whether a changing request was made by a page of ours; browsers say so in a header pages cannot write."""
    if request.method in SAFE and "/action/" not in request.url.path:
        return True
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from == "same-origin"
    origin = request.headers.get("origin", "")
    ours = urlsplit(settings.public_base_url)
    return origin == f"{ours.scheme}://{ours.netloc}" or urlsplit(origin).netloc == request.headers.get("host")


def _with_headers(send: Send, settings: Settings, *, spoken: bool, kept: bool, drawing: bool) -> Send:
    issuer = urlsplit(settings.scaikey_logout_url or settings.scaikey_issuer)
    # Signing out posts here and is sent on to ScaiKey, which browsers count as part of the form.
    targets = " ".join(["'self'", *([f"{issuer.scheme}://{issuer.netloc}"] if issuer.netloc else [])])
    # The designer's canvas writes styles into elements, and shows the PDF that it was just sent.
    styles, frames = ("'self' 'unsafe-inline'", " frame-src blob:;") if drawing else ("'self'", "")
    policy = (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; font-src 'self';{frames} "
        f"connect-src 'self'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = policy
            headers["X-Frame-Options"] = "DENY"
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            if kept and message["status"] == 200:
                headers["Cache-Control"] = KEPT
            if headers.get("content-type", "").startswith("text/html"):
                headers["Cache-Control"] = "no-store"
                if spoken and FLASH_COOKIE not in headers.get("set-cookie", ""):
                    headers.append("Set-Cookie", f"{FLASH_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
        await send(message)

    return guarded


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, ControlError):
        raise error
    return await _page(request.app.state.console, request, status_of(error), error.message)


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if not hasattr(
        request.state, "console_request"
    ):  # a file of the console, asked for by anybody: there is no page to show
        return _GONE if error.status_code == 404 else PlainTextResponse(str(error.detail), error.status_code)
    return await _page(request.app.state.console, request, error.status_code, str(error.detail))


async def _page(admin: Admin, request: Request, status: int, message: str) -> Response:
    context = {"status_code": status, "message": message}
    answer: Response = await admin.templates.TemplateResponse(request, "sqladmin/error.html", context, status)
    return answer
