"""
The portal's and the console's sign-in, at the root of the site (contract §7.3).

The browser never sees a token: the server runs the code flow with PKCE, state and nonce, and hands out opaque sessions
in cookies.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from scaicontrol.core import signed_values
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, NotFound, Unauthenticated, Unavailable, kind_of
from scaicontrol.core.work import UnitOfWork
from scaicontrol.integrations.scaikey import LoginStart, ScaiKeyLogin, printable_line
from scaicontrol.portal import MARKER_COOKIE
from scaicontrol.services import identity, identity_sync, partners
from scaicontrol.services.identity import ABSOLUTE, SessionKind

from .actor_resolution import CONSOLE_COOKIE, CONSOLE_PURPOSE, PORTAL_COOKIE, VIEW_COOKIE, check_same_site, operator_of
from .branding import host_of
from .errors import STATUS

LOGIN_COOKIE: Final = "__Host-sc_login"
LOGIN_TIME: Final = timedelta(minutes=10)
_PURPOSE: Final = "login-state"
NO_ENTRY: Final = "/admin/no-entry"  # the console's page for whoever operates nothing
_SYSTEM: Final = Actor.system("sign-in")


def login_of(request: Request) -> ScaiKeyLogin:
    login: ScaiKeyLogin | None = getattr(request.app.state, "login", None)
    if login is None:
        raise Unavailable("Signing in is not available here: this process was started without ScaiKey.")
    return login


async def login_page(request: Request) -> Response:
    """Send the browser to ScaiKey and remember, signed in a cookie, what it must bring back."""
    backend: Backend = request.app.state.backend
    back_to = request.query_params.get("return_to", "")
    try:
        started = await login_of(request).start(
            await _callback_url(request, backend), login_hint=request.query_params.get("login_hint", "")
        )
        kept = [started.state, started.nonce, started.code_verifier, back_to if is_path(back_to) else ""]
        signed = await signed_values.sign(backend, _PURPOSE, kept)
    except ControlError as error:
        return await _apology(request, error)
    answer = RedirectResponse(started.url, 303, {"Cache-Control": "no-store"})
    _set(answer, LOGIN_COOKIE, signed, LOGIN_TIME, samesite="lax")
    return answer


async def callback_page(request: Request) -> Response:
    """Take the browser back from ScaiKey, open its sessions and send it where it wanted to go."""
    backend: Backend = request.app.state.backend
    try:
        started, back_to = await _started(request, backend)
        claims, actor = await _signed_in(request, backend, started)
        sessions = await _open_sessions(request, backend, claims, actor)
    except ControlError as error:
        return await _apology(request, error)
    onwards = back_to or _home(actor)
    if f"{onwards}/".startswith("/admin/") and SessionKind.console not in sessions:
        onwards = NO_ENTRY  # the console itself would send them back here, round and round
    answer = RedirectResponse(onwards, 303, {"Cache-Control": "no-store"})
    answer.delete_cookie(LOGIN_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    if VIEW_COOKIE in request.cookies:
        answer.delete_cookie(VIEW_COOKIE, path="/", secure=True)
    _set(answer, PORTAL_COOKIE, sessions[SessionKind.portal], ABSOLUTE, samesite="strict")
    if SessionKind.console in sessions:
        _set(answer, CONSOLE_COOKIE, sessions[SessionKind.console], ABSOLUTE, samesite="lax")
    answer.set_cookie(MARKER_COOKIE, "1", int(ABSOLUTE.total_seconds()), path="/", secure=True, samesite="lax")
    return answer


async def logout_page(request: Request) -> Response:
    """End the sessions here and tell where ScaiKey ends its own."""
    backend: Backend = request.app.state.backend
    try:
        check_same_site(request, backend.settings)
        for session_id in await _sessions_of(request, backend):
            await backend.perform(_SYSTEM, identity.close_session, session_id)
    except ControlError as error:
        return await _apology(request, error)
    home = await _site(request, backend) + "/"
    try:
        onwards = await login_of(request).logout_url(home)
    except Unavailable:  # the session here has ended all the same
        onwards = home
    answer: Response
    if "text/html" in request.headers.get("accept", ""):
        answer = RedirectResponse(onwards, 303)
    else:
        answer = Response(orjson.dumps({"data": {"redirect_url": onwards}}), media_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Clear-Site-Data"] = '"cache"'  # what this browser kept of the answers was this person's
    for name in (PORTAL_COOKIE, CONSOLE_COOKIE, VIEW_COOKIE, MARKER_COOKIE):
        answer.delete_cookie(name, path="/", secure=True)
    return answer


async def end_view_page(request: Request) -> Response:
    """End an operator's view of a portal, and lead back to the tenant's page at the console."""
    backend: Backend = request.app.state.backend
    onwards = "/admin/"
    try:
        check_same_site(request, backend.settings)
        operator, view_id = await operator_of(request, backend), request.cookies.get(VIEW_COOKIE)
        if operator is not None and view_id:
            ended = await backend.perform(operator.on("console"), identity.end_portal_view, view_id)
            onwards = f"/admin/tenant/details/{ended.tenant_id}"
    except NotFound:  # of somebody who was signed in here before
        pass
    except ControlError as error:
        return await _apology(request, error)
    answer = Response(orjson.dumps({"data": {"redirect_url": onwards}}), media_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.delete_cookie(VIEW_COOKIE, path="/", secure=True)
    return answer


root_routes = [
    Route("/auth/login", login_page),
    Route("/auth/callback", callback_page),
    Route("/auth/logout", logout_page, methods=["POST"]),
    Route("/auth/end-view", end_view_page, methods=["POST"]),
]


def is_path(address: str) -> bool:
    """Tell whether an address is a path on this site and nothing a browser would take for another one."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or not address.isprintable():
        return False
    parts = urlsplit(address)
    return "\\" not in address and not parts.scheme and not parts.netloc


async def _site(request: Request, backend: Backend) -> str:
    """Give the address of the portal somebody is at: a partner's own host, else the installation's."""
    base = backend.settings.public_base_url.rstrip("/")
    if await backend.ask(_SYSTEM, partners.partner_at, host_of(request)) is None:
        return base
    return f"{urlsplit(base).scheme}://{request.url.netloc}"


async def _callback_url(request: Request, backend: Backend) -> str:
    return f"{await _site(request, backend)}/auth/callback"


def _home(actor: Actor) -> str:
    return "/" if actor.scope.kind == "tenant" else "/admin"


async def _started(request: Request, backend: Backend) -> tuple[LoginStart, str]:
    signed = request.cookies.get(LOGIN_COOKIE, "")
    kept = await signed_values.unsign(backend, _PURPOSE, signed, LOGIN_TIME)
    if kept is None:
        raise Unauthenticated("This sign-in was started in another browser or has run out; sign in again.")
    state, nonce, verifier, back_to = kept
    return LoginStart("", state, nonce, verifier), back_to


async def _signed_in(request: Request, backend: Backend, started: LoginStart) -> tuple[Mapping[str, Any], Actor]:
    answer, login = _answer(request), login_of(request)
    refused = "error" in answer
    if "iss" in answer or not refused:  # a refusal signs nobody in, whoever it is from
        await login.check_issuer(answer.get("iss"))
    if refused:
        reason = printable_line(answer.get("error_description")) or printable_line(answer["error"])
        raise Unauthenticated(f"ScaiKey did not complete the sign-in: {reason}.")
    back = await _callback_url(request, backend)
    tokens = await login.finish(started, answer.get("state", ""), answer.get("code", ""), back)
    claims = await backend.ports.tokens.verify(tokens.access_token)
    if identity.principal_of(claims).user_id != tokens.identity.get("sub"):
        raise Unauthenticated("The two tokens of this sign-in speak of different people.")
    await identity_sync.refresh_user_at_login(backend, claims, tokens.identity)
    return claims, await backend.ask(_SYSTEM, identity.actor_from_claims, claims)


def _answer(request: Request) -> dict[str, str]:
    """Read ScaiKey's answer; a parameter that stands there twice could be read in two ways (RFC 6749 §3.1)."""
    pairs = request.query_params.multi_items()
    answer = dict(pairs)
    if len(answer) != len(pairs):
        raise Unauthenticated("The answer to this sign-in says something twice; sign in again.")
    return answer


async def _open_sessions(
    request: Request, backend: Backend, claims: Mapping[str, Any], actor: Actor
) -> dict[SessionKind, str]:
    """Open a session for the portal, and one for the console when the person administers anything; both or neither."""
    now, former = datetime.now(UTC), await _sessions_of(request, backend)
    administers = "*" in actor.scopes or any(scope.startswith("admin:") for scope in actor.scopes)
    kinds = (SessionKind.portal, SessionKind.console) if administers else (SessionKind.portal,)

    async def replace(uow: UnitOfWork) -> dict[SessionKind, str]:
        for session_id in former:
            await identity.close_session(uow, session_id)
        return {kind: await identity.open_session(uow, kind, claims, now) for kind in kinds}

    opened = await backend.perform(_SYSTEM, replace)
    if SessionKind.console in opened:
        opened[SessionKind.console] = await signed_values.sign(backend, CONSOLE_PURPOSE, opened[SessionKind.console])
    return opened


async def _sessions_of(request: Request, backend: Backend) -> list[str]:
    signed = request.cookies.get(CONSOLE_COOKIE, "")
    console = await signed_values.unsign(backend, CONSOLE_PURPOSE, signed, ABSOLUTE) if signed else None
    return [session_id for session_id in (request.cookies.get(PORTAL_COOKIE), console) if session_id]


def _set(answer: Response, name: str, value: str, age: timedelta, *, samesite: Literal["lax", "strict"]) -> None:
    answer.set_cookie(name, value, int(age.total_seconds()), path="/", secure=True, httponly=True, samesite=samesite)


async def _apology(request: Request, error: ControlError) -> Response:
    brand = await request.app.state.backend.ask(_SYSTEM, partners.brand_at, host_of(request))
    page = _PAGE.replace("{message}", escape(error.message)).replace("{brand}", escape(brand.name))
    return HTMLResponse(page, STATUS[kind_of(error)], {"Cache-Control": "no-store"})


_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign-in · {brand}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 100vh; margin: 0; }
  main { max-width: 28rem; padding: 2rem; }
  h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
  a { display: inline-block; margin-top: 1rem; padding: .5rem 1rem; border: 1px solid; border-radius: .375rem;
      color: inherit; text-decoration: none; }
  a:hover { text-decoration: underline; }
</style>
</head>
<body>
<main>
<h1>You are not signed in</h1>
<p>{message}</p>
<a href="/auth/login">Sign in</a>
</main>
</body>
</html>
"""
