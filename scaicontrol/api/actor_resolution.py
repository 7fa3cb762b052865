"""Who is asking: a bearer token, a service's metering key, or the portal's session cookie (contract §7)."""

import hashlib
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from scaicontrol.core import signed_values
from scaicontrol.core.actor import LOOKING_ONLY, Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Forbidden, Unauthenticated
from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services import identity, registry
from scaicontrol.services.identity import ABSOLUTE, SessionKind

PORTAL_COOKIE: Final = "__Host-sc_session"
CONSOLE_COOKIE: Final = "__Host-sc_console"
CONSOLE_PURPOSE: Final = "console-session"
VIEW_COOKIE: Final = "__Host-sc_view"  # the id of an operator's view; it proves nothing without the console session
PORTAL_HEADER: Final = "x-scaicontrol-portal"
SERVICE_KEY_HEADER: Final = "x-scaicontrol-key"

_METERING: Final = "/api/v1/metering/"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REMEMBERED_SECONDS: Final = 30.0
_REMEMBERED_MAX: Final = 10_000
_SYSTEM: Final = Actor.system("authentication")


class Actors:
    """Remembers actors by the digest of what proved them: half a minute at most, and not beyond a change of roles."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[float, int, Actor]] = OrderedDict()

    def find(self, digest: bytes) -> Actor | None:
        known = self._known.get(digest)
        if known is None:
            return None
        until, epoch, actor = known
        if time.time() < until and epoch == identity.current_role_epoch():
            return actor
        del self._known[digest]
        return None

    def remember(self, digest: bytes, actor: Actor, epoch: int, until: float = float("inf")) -> None:
        """Keep an actor; `epoch` is the one from before it was read, so that a change meanwhile counts."""
        self._known[digest] = (min(until, time.time() + _REMEMBERED_SECONDS), epoch, actor)
        while len(self._known) > _REMEMBERED_MAX:
            self._known.popitem(last=False)


async def authenticate(request: Request, backend: Backend) -> Actor:
    """
    Give the actor of a request; without credentials that is nobody.

    A token that proves nothing is Unauthenticated. A cookie that has run out is like none at all, and one that another
    site made the browser send is Forbidden.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("Send the token as `Authorization: Bearer <token>`.")
        return await _by_token(request, backend, token.strip())
    key = request.headers.get(SERVICE_KEY_HEADER)
    if key and request.url.path.startswith(_METERING):
        return await _by_key(backend, key)
    view_id = request.cookies.get(VIEW_COOKIE)
    if view_id:
        # Before the operator's own session: what ends must not turn into the operator's own rights at the same page.
        check_same_site(request, backend.settings)
        if request.method not in _SAFE_METHODS:
            raise Forbidden(LOOKING_ONLY)
        return await _by_view(request, backend, view_id)
    session_id = request.cookies.get(PORTAL_COOKIE)
    if session_id:
        check_same_site(request, backend.settings)
        if request.method not in _SAFE_METHODS and PORTAL_HEADER not in request.headers:
            raise Forbidden("Requests of the portal carry the header X-ScaiControl-Portal.")
        return await _by_session(request, backend, session_id)
    return Actor.nobody()


def check_same_site(request: Request, settings: Settings) -> None:
    """Refuse a changing request that a page of another site made the browser send."""
    if request.method in _SAFE_METHODS:
        return
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        ours = fetched_from == "same-origin"
    else:
        origin = request.headers.get("origin", "")
        ours = origin_of(origin) == origin_of(settings.public_base_url) or (
            bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
        )
    if not ours:
        raise Forbidden("This request comes from another site; it was not carried out.")


def origin_of(url: str) -> tuple[str, str]:
    """Give scheme and host of an address: what browsers call its origin."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


async def _by_token(request: Request, backend: Backend, token: str) -> Actor:
    actors, digest = _actors(request), _digest("bearer", token)
    if (known := actors.find(digest)) is not None:
        return known
    epoch = identity.current_role_epoch()
    claims = await backend.ports.tokens.verify(token)
    actor = await backend.ask(_SYSTEM, identity.actor_from_claims, claims, _service_of)
    # A service that has just registered must not wait: it is remembered only once it has its own scope.
    if actor.kind is not ActorKind.service or actor.scope.kind == "service":
        actors.remember(digest, actor, epoch, float(claims.get("exp", "inf")))
    return actor


async def _service_of(uow: UnitOfWork, client_id: str) -> str | None:
    service = await registry.service_of(uow, client_id)
    return service.id if service is not None else None


async def _by_key(backend: Backend, key: str) -> Actor:
    service = await backend.ask(_SYSTEM, registry.by_key, key)
    if service is None:
        raise Unauthenticated("This service key is not known, or its service is not active.")
    return Actor(
        id=service.app_id,
        kind=ActorKind.service,
        scope=Scope.service(service.id),
        scopes=frozenset({"registry:manage"}),
        roles=frozenset({"service"}),
        name=service.slug,
        client_id=service.app_id,
    )


async def _by_session(request: Request, backend: Backend, session_id: str) -> Actor:
    actors, digest = _actors(request), _digest("session", session_id)
    if (known := actors.find(digest)) is not None:
        return known
    epoch, now = identity.current_role_epoch(), datetime.now(UTC)
    actor = await identity.person_of_session(backend, session_id, SessionKind.portal, now)
    if actor is None:
        return Actor.nobody()
    actors.remember(digest, actor, epoch)
    return actor


async def operator_of(request: Request, backend: Backend) -> Actor | None:
    """Give who is signed in to the console in this browser."""
    signed = request.cookies.get(CONSOLE_COOKIE, "")
    session_id = await signed_values.unsign(backend, CONSOLE_PURPOSE, signed, ABSOLUTE) if signed else None
    if not isinstance(session_id, str):
        return None
    return await identity.person_of_session(backend, session_id, SessionKind.console, datetime.now(UTC))


async def _by_view(request: Request, backend: Backend, view_id: str) -> Actor:
    """Give the operator inside the tenant; asked anew each time, so that its end holds at once."""
    operator = await operator_of(request, backend)
    if operator is not None and operator.may("portal_views:begin"):
        # Of the writer: a replica that lags knows neither a view that has just begun nor one that has just ended.
        viewer = await backend.perform(operator, identity.portal_viewer, view_id)
        if viewer is not None:
            return viewer
    raise Unauthenticated("Your view of this tenant's portal is over; open it again from the console.")


def _actors(request: Request) -> Actors:
    state = request.app.state
    if not hasattr(state, "actors"):
        state.actors = Actors()
    found: Actors = state.actors
    return found


def _digest(kind: str, proof: str) -> bytes:
    return hashlib.sha256(f"{kind}:{proof}".encode("utf-8", "surrogatepass")).digest()
