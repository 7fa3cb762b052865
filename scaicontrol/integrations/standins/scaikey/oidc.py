"""Discovery in both flavours, the key set, and the page on which one picks who to be."""

import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from scaicontrol.integrations.standins.context import MOUNT, Context
from scaicontrol.integrations.standins.pages import page, problem

from .grants import CODES, EXCHANGE, Code
from .issuer import Issuer
from .people import People

SESSION: Final = "dev_scaikey"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LEVELS: Final = (
    ("Operator", ("super_admin", "platform_billing")),
    ("Resellers", ("partner_",)),
    ("Customers", ("tenant_",)),
)


class OidcPages:
    """What a browser and a client library ask before there is a token."""

    def __init__(self, context: Context, issuer: Issuer, people: People) -> None:
        self._context, self._issuer, self._people = context, issuer, people

    def routes(self) -> list[BaseRoute]:
        well_known = "/.well-known/openid-configuration"
        return [
            Route(well_known, self._metadata),
            Route("/api/v1/platform/oauth" + well_known, self._metadata),
            Route("/api/v1/auth/tenants/{slug}" + well_known, self._metadata),
            Route("/api/v1/platform/oauth/.well-known/jwks.json", self._jwks),
            Route("/api/v1/auth/tenants/{slug}/.well-known/jwks.json", self._jwks),
            Route("/api/v1/platform/oauth/authorize", self._authorize),
            Route("/api/v1/auth/tenants/{slug}/oauth/authorize", self._authorize),
            Route("/api/v1/platform/oauth/logout", self._logout),
            Route("/api/v1/auth/tenants/{slug}/oauth/logout", self._logout),
        ]

    def _metadata(self, request: Request) -> Response:
        if self._issuer.fault.take() == "down":
            return JSONResponse({"detail": "service unavailable"}, 503)
        slug = request.path_params.get("slug")
        tenant = next((row for row in self._people.rows("tenants").values() if row["slug"] == slug), None)
        if slug and tenant is None:
            return JSONResponse({"detail": "tenant not found"}, 404)
        return JSONResponse(_discovery(self._issuer, slug, tenant))

    def _jwks(self, _: Request) -> Response:
        if self._issuer.fault.take() == "down":
            return JSONResponse({"detail": "service unavailable"}, 503)
        return JSONResponse(self._issuer.jwks())

    def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        if sentence := _unusable(self._context, self._people, query):
            return problem(sentence)
        if error := _refused(self._people, query):
            return _back(query, error=error, iss=self._issuer.base)
        chosen = query.pop("user", None)
        if query.get("prompt") == "none":
            chosen = request.cookies.get(SESSION)
            if not chosen:
                return _back(query, error="login_required", iss=self._issuer.base)
        if chosen is None:
            return page(
                "authorize",
                levels=_by_level(self._people, query),
                application=self._people.rows("applications")[query["client_id"]],
            )
        user = self._people.user(chosen)
        if user is None:
            return problem(f"Nobody here is {chosen}, or they are suspended.", 404)
        code = secrets.token_urlsafe(24)
        CODES[code] = Code.of(query, chosen, self._issuer.now())
        answer = _back(query, code=code, iss=self._issuer.base)
        answer.set_cookie(SESSION, chosen, httponly=True, samesite="lax", path=f"{MOUNT}/scaikey")
        return answer

    def _logout(self, request: Request) -> Response:
        target = request.query_params.get("post_logout_redirect_uri", "")
        answer: Response = (
            RedirectResponse(target, 303) if target and _is_ours(self._context, target) else page("signed_out")
        )
        answer.delete_cookie(SESSION, path=f"{MOUNT}/scaikey")
        return answer


def _discovery(issuer: Issuer, slug: str | None, tenant: Mapping[str, Any] | None) -> dict[str, Any]:
    tenant_root = f"{issuer.base}/api/v1/auth/tenants/{slug}"
    oauth = f"{tenant_root}/oauth" if slug else f"{issuer.base}/api/v1/platform/oauth"
    return {
        "issuer": issuer.issuer_of(tenant["id"]) if tenant else issuer.base,
        "jwks_uri": f"{tenant_root if slug else oauth}/.well-known/jwks.json",
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "end_session_endpoint": f"{oauth}/logout",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "scopes_supported": ["openid", "profile", "email", "groups", "offline_access"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", EXCHANGE],
        "authorization_response_iss_parameter_supported": True,
    }  # fmt: skip


def _unusable(context: Context, people: People, query: Mapping[str, str]) -> str:
    """Say why the browser may not even be sent back: a wrong client or redirect URI is shown, not followed."""
    if people.application(query.get("client_id", "")) is None:
        return f"No application is registered as {query.get('client_id', '')!r}."
    if not _is_ours(context, query.get("redirect_uri", "")):
        return "The redirect URI is neither on this installation nor on this machine."
    return ""


def _refused(people: People, query: Mapping[str, str]) -> str:
    public = people.rows("applications")[query["client_id"]]["secret"] is None
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    method, given = query.get("code_challenge_method"), query.get("code_challenge")
    return "invalid_request" if (public and not given) or (given and method != "S256") else ""


def _is_ours(context: Context, url: str) -> bool:
    parts = urlsplit(url)
    return (
        url.startswith(context.origin + "/")
        or url == context.origin
        or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _back(query: Mapping[str, str], **answer: str) -> RedirectResponse:
    state = {"state": query["state"]} if "state" in query else {}
    separator = "&" if "?" in query["redirect_uri"] else "?"
    return RedirectResponse(query["redirect_uri"] + separator + urlencode({**answer, **state}), 303)


def _by_level(people: People, query: Mapping[str, str]) -> list[tuple[str, list[dict[str, Any]]]]:
    hint = query.get("login_hint", "")
    tenants, partners = people.rows("tenants"), people.rows("partners")
    levels = []
    for title, prefixes in _LEVELS:
        rows = [
            {
                **user,
                "href": "?" + urlencode({**query, "user": user["id"]}),
                "place": tenants[user["tenant_id"]]["name"]
                if title == "Customers"
                else partners[user["partner_id"]]["name"],
                "country": (tenants[user["tenant_id"]] if title == "Customers" else partners[user["partner_id"]]).get(
                    "country", ""
                ),
                "about": user.get("about") or tenants[user["tenant_id"]].get("about", ""),
                "hinted": hint in {user["id"], user["email"]},
            }
            for user in people.rows("users").values()
            if user["role"].startswith(prefixes) and user["status"] == "active"
        ]
        levels.append((title, sorted(rows, key=lambda row: not row["hinted"])))
    return levels
