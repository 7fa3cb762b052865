"""The code flow with PKCE for people: authorize, callback, refresh, logout (contract §7.3)."""

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

import httpx2

from scaicontrol.core.errors import Invalid, Unauthenticated
from scaicontrol.integrations.client import Now, body_of, call

from .claims import audiences
from .endpoints import Endpoints
from .service_token import ClientIdentity
from .tokens import ScaiKeyTokens

SCOPES: Final = ("openid", "profile", "email", "offline_access")
_PROXIED_GRANTS: Final = frozenset({"authorization_code", "refresh_token"})
_PROXIED_FIELDS: Final = frozenset({"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"})


@dataclass(frozen=True, slots=True)
class LoginStart:
    """Where to send the browser, and what the door must keep (signed, short-lived) until it comes back."""

    url: str
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What a login gave; `expires_at` is wall time in unix seconds."""

    access_token: str
    expires_at: float
    refresh_token: str | None = None
    id_token: str | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)


class ScaiKeyLogin:
    """Signs people in on behalf of the portal, the console and `POST /auth/token`."""

    def __init__(
        self,
        endpoints: Endpoints,
        tokens: ScaiKeyTokens,
        http: httpx2.AsyncClient,
        client: ClientIdentity,
        now: Now = time.time,
    ) -> None:
        self._endpoints, self._tokens, self._http, self._now = endpoints, tokens, http, now
        self.client_id, self._secret = client.client_id, client.secret
        self.issuer = endpoints.issuer

    async def public_config(self) -> Mapping[str, Any]:
        """Give what a browser needs to know for `GET /auth/config`; nothing of it is secret."""
        return {
            "issuer": self.issuer,
            "client_id": self.client_id,
            "scopes": list(SCOPES),
            "authorize_url": await self._endpoints.authorize(),
            "logout_url": await self._endpoints.logout(),
        }

    async def start(
        self, redirect_uri: str, *, prompt: str = "", login_hint: str = "", idp_hint: str = ""
    ) -> LoginStart:
        """Begin a login; keep what it returns until the callback."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        extras = {"prompt": prompt, "login_hint": login_hint, "idp_hint": idp_hint}
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **{name: value for name, value in extras.items() if value},
        }
        return LoginStart(_with_query(await self._endpoints.authorize(), query), state, nonce, verifier)

    async def finish(self, started: LoginStart, state: str, code: str, redirect_uri: str) -> TokenSet:
        """Exchange the code of a callback; a foreign `state`, code or ID token is Unauthenticated."""
        if not hmac.compare_digest(started.state.encode(), state.encode()):
            raise Unauthenticated("This sign-in was started in another browser or has run out; sign in again.")
        body = await self._grant(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": started.code_verifier,
            }
        )
        identity = await self._identity(body.get("id_token"), started.nonce)
        return self._token_set(body, identity)

    async def refresh(self, refresh_token: str) -> TokenSet:
        """Trade a refresh token, which works once, for the next pair."""
        return self._token_set(await self._grant({"grant_type": "refresh_token", "refresh_token": refresh_token}), {})

    async def proxy(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """Pass a browser's code or refresh grant on as this client; give ScaiKey's status and body as they are."""
        if form.get("grant_type") not in _PROXIED_GRANTS:
            raise Invalid("Only the grants authorization_code and refresh_token can be exchanged here.")
        if form.get("grant_type") == "authorization_code" and not form.get("code_verifier"):
            raise Invalid("The code exchange needs its code_verifier (PKCE, S256).")
        response = await self._post({name: value for name, value in form.items() if name in _PROXIED_FIELDS})
        return response.status_code, body_of(response)

    async def logout_url(self, back_to: str, id_token: str | None = None) -> str:
        """Give where to send the browser so that ScaiKey forgets the session too."""
        endpoint = await self._endpoints.logout()
        if endpoint is None:
            return back_to
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        return _with_query(endpoint, {**query, **({"id_token_hint": id_token} if id_token else {})})

    async def _grant(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        response = await self._post(form)
        body = body_of(response)
        if response.status_code != httpx2.codes.OK or not isinstance(body.get("access_token"), str):
            reason = body.get("error_description") or body.get("error") or f"HTTP {response.status_code}"
            raise Unauthenticated(f"ScaiKey did not complete the sign-in: {reason}.")
        return body

    async def _post(self, form: Mapping[str, str]) -> httpx2.Response:
        return await call(
            self._http,
            "ScaiKey",
            "POST",
            await self._endpoints.token(),
            data=dict(form),
            auth=(self.client_id, await self._secret()),
        )

    async def _identity(self, id_token: object, nonce: str) -> Mapping[str, Any]:
        if not isinstance(id_token, str):
            raise Unauthenticated("ScaiKey did not say who signed in; it sent no ID token.")
        claims = await self._tokens.signed_claims(id_token)
        meant_for = audiences(claims)
        if self.client_id not in meant_for or claims.get("azp", self.client_id) != self.client_id:
            raise Unauthenticated("The ID token was made for another application.")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise Unauthenticated("The ID token answers another sign-in; sign in again.")
        return claims

    def _token_set(self, body: Mapping[str, Any], identity: Mapping[str, Any]) -> TokenSet:
        return TokenSet(
            access_token=body["access_token"],
            expires_at=self._now() + float(body.get("expires_in", 300)),
            refresh_token=body.get("refresh_token"),
            id_token=body.get("id_token"),
            identity=identity,
        )


def challenge(verifier: str) -> str:
    """Give the S256 code challenge of a verifier."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
