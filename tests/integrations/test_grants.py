"""What ScaiKey's token endpoint may answer, and what an ID token must say: only one of them signs anybody in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import RSAKey

from scaicontrol.core.errors import ControlError, Unauthenticated, Unavailable
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.client import client
from scaicontrol.integrations.scaikey import (
    ClientIdentity,
    Endpoints,
    KeyRing,
    LoginStart,
    ScaiKeyLogin,
    ScaiKeyTokens,
    ServiceToken,
)
from scaicontrol.integrations.scaikey.tokens import LEEWAY_SECONDS

KEY = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig", "alg": "RS256"})
ISSUER, BACK = "https://key.example", "https://control.example/auth/callback"
METADATA = {
    "issuer": ISSUER,
    "jwks_uri": f"{ISSUER}/jwks",
    "authorization_endpoint": f"{ISSUER}/authorize?flavour=a%20b",
    "token_endpoint": f"{ISSUER}/token",
}
Answer = Callable[[httpx2.Request], httpx2.Response | Awaitable[httpx2.Response]]


class ScaiKey:
    """A ScaiKey in memory whose token endpoint answers what a test wants."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = dict(METADATA)
        self.token: Answer = lambda _: httpx2.Response(200, json=self.tokens())
        self.forms: list[dict[str, str]] = []
        self.claims: dict[str, Any] = {}
        self.http = client(transport=httpx2.MockTransport(self))
        settings = Settings(_env_file=None, scaikey_issuer=ISSUER)
        endpoints = Endpoints(settings, self.http)
        identity = ClientIdentity("scaicontrol", self._secret)
        tokens = ScaiKeyTokens(settings, KeyRing(endpoints, self.http, 3600))
        self.login = ScaiKeyLogin(endpoints, tokens, self.http, identity)
        self.bearer = ServiceToken(endpoints, self.http, identity)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx2.Response(200, json=self.metadata)
        if request.url.path == "/jwks":
            return httpx2.Response(200, json={"keys": [KEY.as_dict(private=False)]})
        assert request.headers["authorization"] == httpx2.BasicAuth("scaicontrol", "s3cret")._auth_header
        self.forms.append(dict(parse_qsl(request.content.decode())))
        answer = self.token(request)
        return answer if isinstance(answer, httpx2.Response) else await answer

    @staticmethod
    async def _secret() -> str:
        return "s3cret"

    def tokens(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        said = {"iss": ISSUER, "sub": "usr_anna", "aud": "scaicontrol", "iat": now, "exp": now + 300, "nonce": "nonce"}
        claims = {name: value for name, value in {**said, **self.claims}.items() if value is not None}
        id_token = jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, KEY)
        return {"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": id_token, **more}

    async def finish(self, state: str = "state", code: str = "code") -> Any:
        return await self.login.finish(LoginStart("", "state", "nonce", "v" * 43), state, code, BACK)


@pytest.fixture
def scaikey() -> ScaiKey:
    return ScaiKey()


async def test_a_sign_in_begins_with_everything_that_protects_it(scaikey: ScaiKey) -> None:
    started = await scaikey.login.start(BACK, login_hint="anna@acme.example")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(started.url).query).items()}
    assert asked == {
        "flavour": "a b", "response_type": "code", "client_id": "scaicontrol", "redirect_uri": BACK,
        "scope": "openid profile email offline_access", "state": started.state, "nonce": started.nonce,
        "code_challenge": create_s256_code_challenge(started.code_verifier), "code_challenge_method": "S256",
        "login_hint": "anna@acme.example",
    }  # fmt: skip
    again = await scaikey.login.start(BACK)
    secrets = {*(started.state, started.nonce, started.code_verifier), *(again.state, again.nonce, again.code_verifier)}
    assert len(secrets) == 6
    assert all(len(secret) >= 43 for secret in secrets)


async def test_the_verifier_goes_with_the_code(scaikey: ScaiKey) -> None:
    signed_in = await scaikey.finish()
    assert signed_in.identity["sub"] == "usr_anna"
    assert scaikey.forms == [
        {"grant_type": "authorization_code", "code": "code", "redirect_uri": BACK, "code_verifier": "v" * 43}
    ]


@pytest.mark.parametrize(("state", "code"), [("other", "code"), ("", "code"), ("state", ""), ("STATE", "code")])
async def test_an_answer_that_is_not_ours_never_reaches_scaikey(scaikey: ScaiKey, state: str, code: str) -> None:
    with pytest.raises(Unauthenticated, match="sign in again"):
        await scaikey.finish(state, code)
    assert scaikey.forms == []


WRONG_IDENTITIES = [
    *(({"nonce": nonce}, "another sign-in") for nonce in ("other", "", 7, ["nonce"], None)),
    *(({"aud": aud}, "another application") for aud in ("other", ["other"], [])),
    ({"aud": None}, "another application"),
    ({"aud": ["scaicontrol", "other"]}, "another application"),  # for two, and it does not say which of them asked
    ({"azp": "other"}, "another application"),
    ({"at_hash": "AAAA"}, "another access token"),
    ({"at_hash": 7}, "ID token"),
    ({"iat": None}, "iat"),
    ({"exp": 1}, "expired"),
    ({"exp": 10**400}, "moment"),
    ({"iss": "https://evil.example"}, "not accepted"),
    ({"sub": None}, "sub"),
    ({"auth_time": "yesterday"}, "auth_time"),
]


@pytest.mark.parametrize(("claims", "sentence"), WRONG_IDENTITIES, ids=str)
async def test_an_id_token_with_one_wrong_claim_signs_nobody_in(
    scaikey: ScaiKey, claims: dict[str, Any], sentence: str
) -> None:
    scaikey.claims = claims
    with pytest.raises(Unauthenticated, match=sentence) as refused:
        await scaikey.finish()
    assert refused.value.message.endswith(".")


async def test_an_id_token_may_name_its_access_token_and_several_audiences(scaikey: ScaiKey) -> None:
    at_hash = create_half_hash("access", "RS256").decode()
    scaikey.claims = {"at_hash": at_hash, "aud": ["scaicontrol", "other"], "azp": "scaicontrol"}
    assert (await scaikey.finish()).identity["at_hash"] == at_hash


async def test_the_clocks_of_an_id_token_may_differ_by_the_leeway(scaikey: ScaiKey) -> None:
    scaikey.claims = {"iat": int(time.time()) + LEEWAY_SECONDS - 5}
    assert (await scaikey.finish()).identity["sub"] == "usr_anna"


def down(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


def late(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadTimeout("too late", request=request)


def says(status: int, **content: Any) -> Answer:
    return lambda _: httpx2.Response(status, **content)


REFUSAL = {"error": "invalid_grant", "error_description": "the code is spent"}
BAD_ANSWERS: list[tuple[str, Answer, type[ControlError], str]] = [
    ("an OAuth error", says(400, json=REFUSAL), Unauthenticated, "the code is spent"),
    ("an OAuth error of ours", says(401, json={"error": "invalid_client"}), Unauthenticated, "invalid_client"),
    ("an OAuth error with 200", says(200, json=REFUSAL), Unauthenticated, "the code is spent"),
    ("an error that is no text", says(400, json={"error": ["x"], "error_description": {}}), Unauthenticated, "invalid"),
    ("unprintable text", says(400, content=rb'{"error": "a\ud800\u0000b"}'), Unauthenticated, ": ab."),
    ("HTML", says(200, html="<h1>Welcome</h1>"), Unavailable, "cannot be read"),
    ("an HTML error", says(403, html="<h1>No</h1>"), Unavailable, "HTTP 403"),
    ("a gateway's page", says(502, html="<h1>Bad gateway</h1>"), Unavailable, "HTTP 502"),
    ("an error of its own", says(503, json={"detail": "down"}), Unavailable, "HTTP 503"),
    ("a redirect", says(302, headers={"location": "https://evil.example/"}), Unavailable, "HTTP 302"),
    ("nothing", says(200), Unavailable, "cannot be read"),
    ("a list", says(200, json=[1]), Unavailable, "cannot be read"),
    ("no token", says(200, json={"token_type": "Bearer"}), Unavailable, "without a token"),
    ("a 404 without error", says(404, json={"detail": "not here"}), Unavailable, "without a token"),
    ("a token that is no text", says(200, json={"access_token": 7}), Unavailable, "without a token"),
    ("a token with a surrogate", says(200, content=rb'{"access_token": "\ud800"}'), Unavailable, "cannot be read"),
    *(
        (f"a life of {life!r}", says(200, content=b'{"access_token":"a","expires_in":%s}' % life), Unavailable, "read")
        for life in (b'"soon"', b"[1]", b'{"s": 1}', b"1e999", b"NaN", b"-Infinity")
    ),
    ("silence", late, Unavailable, "ReadTimeout"),
    ("a closed door", down, Unavailable, "ConnectError"),
]  # fmt: skip


@pytest.mark.parametrize(("_", "answer", "kind", "sentence"), BAD_ANSWERS, ids=[case[0] for case in BAD_ANSWERS])
async def test_any_other_answer_is_a_sentence_for_everybody_who_asks(
    scaikey: ScaiKey, _: str, answer: Answer, kind: type[ControlError], sentence: str
) -> None:
    scaikey.token = answer
    for asking in (scaikey.finish(), scaikey.login.refresh("rft_1")):
        with pytest.raises(kind, match=sentence) as failed:
            await asking
        assert failed.value.message.endswith(".")
        assert failed.value.message.isprintable()
    with pytest.raises(Unavailable) as failed:  # a service token is nobody's fault but ours or ScaiKey's
        await scaikey.bearer()
    assert failed.value.message.endswith(".")


async def test_an_answer_that_only_drips_is_not_waited_for(scaikey: ScaiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    scaikey.token = never
    monkeypatch.setattr("scaicontrol.integrations.scaikey.oauth._SILENCES", 0.001)
    with pytest.raises(Unavailable, match="TimeoutError"):
        await scaikey.finish()


async def test_scaikeys_wish_to_wait_is_passed_on(scaikey: ScaiKey) -> None:
    for status, body in ((503, {"detail": "down"}), (400, {"error": "slow_down"})):
        scaikey.token = says(status, json=body, headers={"retry-after": "7"})
        with pytest.raises(Unavailable) as failed:
            await scaikey.bearer()
        assert failed.value.retry_after == 7


async def test_the_proxy_gives_scaikeys_object_as_it_is(scaikey: ScaiKey) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "rft_1", "client_secret": "guess", "audience": "other"}
    given = scaikey.tokens(x="y")
    scaikey.token = says(200, json=given)
    assert await scaikey.login.proxy(form) == (200, given)
    assert scaikey.forms == [{"grant_type": "refresh_token", "refresh_token": "rft_1"}]
    scaikey.token = says(401, json={"error": "invalid_client"})
    assert await scaikey.login.proxy(form) == (401, {"error": "invalid_client"})
    scaikey.token = says(200, json=REFUSAL)
    assert await scaikey.login.proxy(form) == (400, REFUSAL)


async def test_endpoints_are_addresses(scaikey: ScaiKey) -> None:
    scaikey.metadata |= {"authorization_endpoint": "javascript:alert(1)", "token_endpoint": ["https://key.example"]}
    for asking in (scaikey.login.start(BACK), scaikey.finish()):
        with pytest.raises(Unavailable, match="names no"):
            await asking


PROMISED = {"authorization_response_iss_parameter_supported": True}


@pytest.mark.parametrize(
    ("metadata", "named", "holds"),
    [
        (PROMISED, ISSUER, True),
        (PROMISED, None, False),
        (PROMISED, "", False),
        (PROMISED, ISSUER + "/other", False),
        (PROMISED, "https://evil.example", False),
        ({**PROMISED, "issuer": f"{ISSUER}/platform"}, f"{ISSUER}/platform", True),
        ({}, None, True),
        ({}, ISSUER, True),
        ({}, "https://evil.example", False),
        ({"authorization_response_iss_parameter_supported": "true"}, None, True),  # a string is not a boolean
    ],
)
async def test_an_answer_names_its_issuer_where_that_was_promised(
    scaikey: ScaiKey, metadata: dict[str, Any], named: str | None, holds: bool
) -> None:
    scaikey.metadata |= metadata
    if holds:
        await scaikey.login.check_issuer(named)
        return
    with pytest.raises(Unauthenticated, match="somebody else"):
        await scaikey.login.check_issuer(named)
