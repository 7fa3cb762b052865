"""The token endpoint: code with PKCE, single-use refresh, client credentials, token exchange."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import unquote

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .issuer import Issuer
from .people import People, Row, claims_of

CODE_SECONDS: Final = 120
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TYPE: Final = "urn:ietf:params:oauth:token-type:access_token"


@dataclass(frozen=True, slots=True)
class Code:
    """What an authorization code stands for until it is spent."""

    client_id: str
    redirect_uri: str
    user_id: str
    scope: str
    nonce: str
    challenge: str
    resource: str
    made_at: float

    @classmethod
    def of(cls, query: Mapping[str, str], user_id: str, now: float) -> Self:
        return cls(
            query["client_id"], query["redirect_uri"], user_id, query.get("scope", "openid"), query.get("nonce", ""),
            query.get("code_challenge", ""), query.get("resource", ""), now,
        )  # fmt: skip


CODES: Final[dict[str, Code]] = {}  # lost on restart, like the two minutes they live


class GrantError(Exception):
    """An OAuth refusal, by its registered name."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


def routes(issuer: Issuer, people: People) -> list[BaseRoute]:
    async def token(request: Request) -> Response:
        if issuer.fault.take() == "down":
            return JSONResponse({"detail": "service unavailable"}, 503)
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            application = _client(request, form, people)
            body = _grant(issuer, people, application, form)
        except GrantError as refusal:
            return JSONResponse({"error": refusal.error, "error_description": refusal.description}, refusal.status)
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    return [
        Route("/api/v1/platform/oauth/token", token, methods=["POST"]),
        Route("/api/v1/auth/tenants/{slug}/oauth/token", token, methods=["POST"]),
    ]


def _client(request: Request, form: Mapping[str, str], people: People) -> Row:
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = (unquote(part) for part in base64.b64decode(value).decode().partition(":"))
        except (binascii.Error, UnicodeDecodeError):
            client_id = ""
    application = people.authenticated(client_id, secret)
    if application is None:
        raise GrantError("invalid_client", "the client or its secret is wrong", 401)
    return application


def _grant(issuer: Issuer, people: People, application: Row, form: Mapping[str, str]) -> Row:
    match form.get("grant_type"):
        case "authorization_code":
            return _from_code(issuer, people, application, form)
        case "refresh_token":
            return _from_refresh(issuer, people, application, form)
        case "client_credentials":
            return _for_client(issuer, application, form)
        case grant if grant == EXCHANGE:
            return _exchanged(issuer, people, application, form)
        case grant:
            raise GrantError("unsupported_grant_type", f"no grant {grant!r}")


def _from_code(issuer: Issuer, people: People, application: Row, form: Mapping[str, str]) -> Row:
    code = CODES.pop(form.get("code", ""), None)
    if code is None or issuer.now() > code.made_at + CODE_SECONDS:
        raise GrantError("invalid_grant", "the code is unknown, spent or too old")
    if (code.client_id, code.redirect_uri) != (application["client_id"], form.get("redirect_uri")):
        raise GrantError("invalid_grant", "the code was made for another client or redirect URI")
    verifier = form.get("code_verifier", "")
    expected = create_s256_code_challenge(verifier) if verifier.isascii() and verifier else ""
    if not hmac.compare_digest(expected.encode(), code.challenge.encode()):
        raise GrantError("invalid_grant", "the code verifier does not fit its challenge")
    return _for_person(issuer, people, code)


def _from_refresh(issuer: Issuer, people: People, application: Row, form: Mapping[str, str]) -> Row:
    known = people.rows("refresh_tokens").pop(form.get("refresh_token", ""), None)
    people.save()
    if known is None or known["client_id"] != application["client_id"]:
        raise GrantError("invalid_grant", "the refresh token is unknown or was used before")
    return _for_person(issuer, people, Code(**known))


def _for_person(issuer: Issuer, people: People, code: Code) -> Row:
    user = people.user(code.user_id)
    if user is None:
        raise GrantError("invalid_grant", "the person is suspended")
    common = {"iss": issuer.issuer_of(user["tenant_id"]), "sub": user["id"]}
    audience = [code.client_id, code.resource] if code.resource else code.client_id
    scopes = code.scope.split()
    access = {**common, **claims_of(user), "aud": audience, "scope": code.scope, "client_id": code.client_id}
    body: Row = {
        "access_token": issuer.sign(access),
        "token_type": "Bearer",
        "expires_in": issuer.access_seconds,
        "scope": code.scope,
        "refresh_token": _new_refresh(people, code),
    }
    if "openid" in scopes:
        identity = {**common, "aud": code.client_id, "email": user["email"], "name": user["display_name"]}
        groups = [group["name"] for group in people.rows("groups").values() if user["id"] in group["member_ids"]]
        extras = {**({"nonce": code.nonce} if code.nonce else {}), **({"groups": groups} if "groups" in scopes else {})}
        body["id_token"] = issuer.sign({**identity, **extras}, seconds=300)
    return body


def _new_refresh(people: People, code: Code) -> str:
    token = "rft_" + secrets.token_urlsafe(32)
    people.rows("refresh_tokens")[token] = {name: getattr(code, name) for name in Code.__slots__}
    people.save()
    return token


def _for_client(issuer: Issuer, application: Row, form: Mapping[str, str]) -> Row:
    if application["secret"] is None:
        raise GrantError("unauthorized_client", "a public client has no credentials")
    asked = form.get("scope", "").split() or application["scopes"]
    if beyond := set(asked) - set(application["scopes"]):
        raise GrantError("invalid_scope", f"not granted: {' '.join(sorted(beyond))}")
    client_id = application["client_id"]
    claims = {
        "iss": issuer.issuer_of("tnt_scailabs"), "sub": client_id, "client_id": client_id, "app_scope": "GLOBAL",
        "aud": form.get("audience") or client_id, "scope": " ".join(asked), "token_type": "client_credentials",
    }  # fmt: skip
    return {
        "access_token": issuer.sign(claims),
        "token_type": "Bearer",
        "expires_in": issuer.access_seconds,
        "scope": " ".join(asked),
    }


def _exchanged(issuer: Issuer, people: People, application: Row, form: Mapping[str, str]) -> Row:
    subject: dict[str, Any] | None = issuer.read(form.get("subject_token", ""))
    if subject is None or people.user(subject["sub"]) is None:
        raise GrantError("invalid_request", "the subject token is not a living token of a person")
    if application["secret"] is None:
        raise GrantError("unauthorized_client", "only a confidential client may act for somebody")
    kept = {name: value for name, value in subject.items() if name not in {"iat", "exp", "jti", "nonce"}}
    actor = {"sub": application["client_id"], **({"act": subject["act"]} if "act" in subject else {})}
    claims = {
        **kept,
        "act": actor,
        "client_id": application["client_id"],
        "scope": form.get("scope") or subject.get("scope", ""),
    }
    if form.get("audience"):
        claims["aud"] = form["audience"]
    return {
        "access_token": issuer.sign(claims), "issued_token_type": ACCESS_TYPE, "token_type": "Bearer",
        "expires_in": issuer.access_seconds,
    }  # fmt: skip
