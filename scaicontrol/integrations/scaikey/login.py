"""The code flow with PKCE for people: authorize, callback, refresh, logout (contract §7.3)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from scaicontrol.core.errors import Invalid, Unauthenticated
from scaicontrol.integrations.client import Now

from .claims import header_of
from .endpoints import Endpoints
from .oauth import ClientIdentity, GrantRefused, OAuth, lifetime
from .tokens import LEEWAY_SECONDS, ScaiKeyTokens

SCOPES: Final = ("openid", "profile", "email", "offline_access")
_PROXIED_GRANTS: Final = frozenset({"authorization_code", "refresh_token"})
_PROXIED_FIELDS: Final = frozenset({"code", "redirect_uri", "code_verifier", "refresh_token", "scope"})
_FIVE_MINUTES: Final = 300.0
_FOR_ANOTHER: Final = "The ID token was made for another application."
_WRONG_IDENTITY: Final[Mapping[str, str]] = {
    "aud": _FOR_ANOTHER,
    "azp": _FOR_ANOTHER,
    "nonce": "The ID token answers another sign-in; sign in again.",
    "at_hash": "The ID token belongs to another access token.",
}


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
        self._endpoints, self._tokens, self._now = endpoints, tokens, now
        self._oauth, self.client_id = OAuth(endpoints, http, client), client.client_id
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
        nonce, verifier = generate_token(43), generate_token(64)
        hints = {"prompt": prompt, "login_hint": login_hint, "idp_hint": idp_hint}
        authorize = await self._endpoints.authorize()
        async with self._oauth.client(code_challenge_method="S256", scope=SCOPES) as client:
            url, state = client.create_authorization_url(
                authorize,
                state=generate_token(43),
                code_verifier=verifier,
                nonce=nonce,
                redirect_uri=redirect_uri,
                **{name: value for name, value in hints.items() if value},
            )
        return LoginStart(url, state, nonce, verifier)

    async def check_issuer(self, named: str | None) -> None:
        """Refuse an answer that is not ScaiKey's (RFC 9207): it names another, or nobody where ScaiKey names itself."""
        if named is None and not await self._endpoints.names_itself():
            return
        if named != await self._endpoints.named_issuer() and not self._tokens.issuers.accept(named):
            raise Unauthenticated("The answer to this sign-in comes from somebody else than ScaiKey.")

    async def finish(self, started: LoginStart, state: str, code: str, redirect_uri: str) -> TokenSet:
        """Exchange the code of a callback; a foreign `state`, code or ID token is Unauthenticated."""
        body = await self._signed_in(
            "authorization_code",
            authorization_response=add_params_to_uri(redirect_uri, {"code": code, "state": state}),
            state=started.state,
            redirect_uri=redirect_uri,
            code_verifier=started.code_verifier,
        )
        return self._token_set(body, await self._identity(body, started.nonce))

    async def refresh(self, refresh_token: str) -> TokenSet:
        """Trade a refresh token, which works once, for the next pair."""
        return self._token_set(await self._signed_in("refresh_token", refresh_token=refresh_token), {})

    async def proxy(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """Pass a browser's code or refresh grant on as this client; give ScaiKey's status and body as they are."""
        grant_type = form.get("grant_type", "")
        if grant_type not in _PROXIED_GRANTS:
            raise Invalid("Only the grants authorization_code and refresh_token can be exchanged here.")
        if grant_type == "authorization_code" and not (form.get("code") and form.get("code_verifier")):
            raise Invalid("The code exchange needs its code and code_verifier (PKCE, S256).")
        fields = {name: value for name, value in form.items() if name in _PROXIED_FIELDS}
        try:
            return httpx2.codes.OK, await self._oauth.grant(grant_type, **fields)
        except GrantRefused as refusal:
            return refusal.status, refusal.body

    async def logout_url(self, back_to: str, id_token: str | None = None) -> str:
        """Give where to send the browser so that ScaiKey forgets the session too."""
        endpoint = await self._endpoints.logout()
        if endpoint is None:
            return back_to
        hint = {"id_token_hint": id_token} if id_token else {}
        back = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        return str(add_params_to_uri(endpoint, {**back, **hint}))

    async def _signed_in(self, grant_type: str, **fields: str) -> Mapping[str, Any]:
        try:
            return await self._oauth.grant(grant_type, **fields)
        except GrantRefused as refusal:
            raise Unauthenticated(f"ScaiKey did not complete the sign-in: {refusal}.") from refusal

    async def _identity(self, body: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """Read who signed in: a token of ScaiKey, made for us, for this sign-in and for this access token."""
        id_token = body.get("id_token")
        if not isinstance(id_token, str):
            raise Unauthenticated("ScaiKey did not say who signed in; it sent no ID token.")
        claims = await self._tokens.signed_claims(id_token)
        demanded = {"nonce": nonce, "client_id": self.client_id, "access_token": body["access_token"]}
        ours = {"aud": {"essential": True, "value": self.client_id}}
        try:
            CodeIDToken(claims, header_of(id_token), ours, demanded).validate(int(self._now()), LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            wrong = str(getattr(error, "claim", ""))
            sentence = _WRONG_IDENTITY.get(wrong, f"The ID token is not valid: {wrong or error}.")
            raise Unauthenticated(sentence) from error
        return claims

    def _token_set(self, body: Mapping[str, Any], identity: Mapping[str, Any]) -> TokenSet:
        return TokenSet(
            access_token=body["access_token"],
            expires_at=self._now() + lifetime(body, _FIVE_MINUTES),
            refresh_token=body.get("refresh_token"),
            id_token=body.get("id_token"),
            identity=identity,
        )
