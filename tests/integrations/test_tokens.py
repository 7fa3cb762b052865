"""A token is proof only when everything about it is right."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey
from structlog.testing import capture_logs

from scaicontrol.core.errors import Unauthenticated, Unavailable
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.scaikey import Endpoints, KeyRing, ScaiKeyTokens
from scaicontrol.integrations.scaikey.claims import Issuers

ISSUER = "https://key.example/tenants/tnt_acme"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig", "alg": "RS256"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig", "alg": "ES256"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})


class ScaiKey:
    """A key server in memory that counts its visitors and can fall silent."""

    def __init__(self) -> None:
        self.keys: list[RSAKey | ECKey] = [RSA, EC]
        self.more: list[Any] = []
        self.fetches = 0
        self.is_down = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_down:
            raise httpx2.ConnectError("down", request=request)
        self.fetches += 1
        return httpx2.Response(200, json={"keys": [*self.more, *(key.as_dict(private=False) for key in self.keys)]})


class Bench:
    def __init__(self, **settings: Any) -> None:
        self.scaikey, self.now = ScaiKey(), time.time()
        values = {
            "scaikey_issuer": "https://key.example",
            "scaikey_accepted_issuers": "https://key.example/tenants/*",
            "scaikey_jwks_url": "https://key.example/jwks",
            **settings,
        }
        made = Settings(_env_file=None, **values)
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self.scaikey))
        ring = KeyRing(Endpoints(made, http, self._time), http, made.scaikey_jwks_cache_ttl, self._time)
        self.tokens = ScaiKeyTokens(made, ring, self._time)

    def _time(self) -> float:
        return self.now

    def claims(self, **changes: Any) -> dict[str, Any]:
        given = {
            "iss": ISSUER,
            "aud": "scaicontrol",
            "sub": "usr_anna",
            "exp": int(self.now) + 300,
            "iat": int(self.now),
        }
        return {name: value for name, value in {**given, **changes}.items() if value is not None}

    def token(self, key: Any = RSA, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        head = {"alg": "ES256" if isinstance(key, ECKey) else "RS256", "kid": key.kid, "typ": "JWT", **(header or {})}
        return jwt.encode(
            {name: value for name, value in head.items() if value is not None}, self.claims(**changes), key
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def raw(header: Any, payload: Any, signature: str = "") -> str:
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
    return ".".join([*(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts), signature])


async def refusal(bench: Bench, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await bench.tokens.verify(token)
    assert refused.value.message.endswith(".")
    return refused.value.message


@pytest.mark.parametrize("key", [RSA, EC])
async def test_a_good_token_gives_its_claims(bench: Bench, key: Any) -> None:
    assert (await bench.tokens.verify(bench.token(key)))["sub"] == "usr_anna"


WRONG_CLAIMS = [
    {"exp": 1},
    {"exp": "tomorrow"},
    {"exp": None},
    {"exp": True},
    {"exp": [99999999999]},
    {"nbf": 99999999999},
    {"iat": 99999999999},
    {"sub": None},
    {"sub": 7},
    {"iss": None},
    {"iss": "https://evil.example/tenants/tnt_acme"},
    {"iss": "https://key.example.evil.example/tenants/tnt_acme"},
    {"iss": "https://key.example@evil.example/tenants/tnt_acme"},
    {"iss": "http://key.example/tenants/tnt_acme"},
    {"iss": "https://key.example:8443/tenants/tnt_acme"},
    {"iss": "https://key.example/tenants/tnt_acme/more"},
    {"iss": "https://key.example/tenants/"},
    {"iss": "https://key.example/tenants/.."},
    {"iss": "https://key.example/tenants/a%2Fb"},
    {"iss": "https://key.example/tenants/a?b"},
    {"iss": "https://key.example/tenants/a#b"},
    {"iss": "https://key.example/tenants/a\\b"},
    {"iss": "https://key.example/tenants/*"},
    {"iss": "https://KEY.example/tenants/tnt_acme"},
    {"iss": ["https://key.example"]},
    {"iss": "https://[::1"},
    {"aud": None},
    {"aud": "other"},
    {"aud": ["other", "another"]},
    {"aud": []},
    {"aud": {"scaicontrol": True}},
    {"aud": "scaicontrol.evil"},
    {"at_hash": "x"},
    {"token_use": "id"},
]


@pytest.mark.parametrize("changes", WRONG_CLAIMS, ids=str)
async def test_a_token_with_one_wrong_claim_is_refused(bench: Bench, changes: dict[str, Any]) -> None:
    await refusal(bench, bench.token(**changes))


def unsigned_shapes(bench: Bench) -> list[str]:
    claims, good = bench.claims(), bench.token()
    header, payload, signature = good.split(".")
    rs256 = {"alg": "RS256", "kid": "rsa"}
    forged_payload = raw({}, {**claims, "sub": "usr_ada"}).split(".")[1]
    return [
        *("", ".", "..", "a.b.c", "not a token", "é.é.é", "\ud800.a.b", "x" * 20_000),
        *(good + ".", good[:-4], f"{header}.{payload}", f"{payload}.{payload}.{signature}"),
        f"{header}.{forged_payload}.{signature}",
        *(raw({"alg": alg}, claims) for alg in ("none", "None", "nOnE", "")),
        *(raw({"alg": alg, "kid": "rsa"}, claims, signature) for alg in ("none", "RS512", "PS256", "ES256", ["RS256"])),
        *(raw({"alg": "RS256", "kid": kid}, claims, signature) for kid in (7, "../../etc/passwd", "' OR 1=1", "")),
        *(raw({**rs256, **more}, claims, signature) for more in ({"crit": ["x"]}, {"typ": "secevent+jwt"})),
        *(raw(rs256, body, signature) for body in ('{"sub": "a", "sub": "b"}', "[" * 5000, "[]", "null")),
        *(raw(head, claims, signature) for head in ('{"kid": "rsa"}', "[]", "{", '{"alg": "RS256", "alg": "none"}')),
    ]


async def test_a_token_in_a_wrong_shape_is_refused(bench: Bench) -> None:
    shapes = unsigned_shapes(bench)
    assert len(shapes) > 35
    for shape in shapes:
        await refusal(bench, shape)


async def test_a_public_key_is_not_taken_as_a_shared_secret(bench: Bench) -> None:
    signed = raw({"alg": "HS256", "kid": "rsa"}, bench.claims()).removesuffix(".")
    digest = hmac.new(RSA.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    forged = f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    assert "HS256" in await refusal(bench, forged)


async def test_a_strangers_key_under_a_known_id_is_refused(bench: Bench) -> None:
    assert "signature" in await refusal(bench, bench.token(STRANGER))


async def test_a_key_that_travels_in_the_token_is_not_used(bench: Bench) -> None:
    header = {"jwk": STRANGER.as_dict(private=False), "jku": "https://evil.example/jwks"}
    await refusal(bench, bench.token(STRANGER, header))


async def test_an_elliptic_key_does_not_verify_rs256(bench: Bench) -> None:
    assert "does not publish" in await refusal(bench, bench.token(RSA, {"kid": "ec"}))


async def test_clocks_may_differ_by_a_minute(bench: Bench) -> None:
    await bench.tokens.verify(bench.token(exp=int(bench.now) - 55, nbf=int(bench.now) + 55))
    assert "expired" in await refusal(bench, bench.token(exp=int(bench.now) - 65))


async def test_a_verified_token_is_not_remembered_beyond_its_end(bench: Bench) -> None:
    token = bench.token(exp=int(bench.now) + 10)
    await bench.tokens.verify(token)
    bench.now += 80
    assert "expired" in await refusal(bench, token)


async def test_a_service_needs_our_audience_unless_that_is_lifted() -> None:
    app = {"aud": "app_grid", "sub": "app_grid", "client_id": "app_grid"}
    service: dict[str, Any] = {**app, "token_type": "client_credentials"}
    strict, lenient = Bench(), Bench(scaikey_require_audience_service=False)
    assert "not meant for" in await refusal(strict, strict.token(**service))
    assert (await lenient.tokens.verify(lenient.token(**service)))["sub"] == "app_grid"
    await refusal(lenient, lenient.token(aud="app_grid"))  # a person's token never


async def test_an_unknown_key_is_looked_for_once_a_minute(bench: Bench) -> None:
    await bench.tokens.verify(bench.token())
    unknown = bench.token(STRANGER, {"kid": "unknown"})
    for _ in range(3):
        await refusal(bench, unknown)
    assert bench.scaikey.fetches == 2
    bench.now += 61
    await refusal(bench, bench.token(STRANGER, {"kid": "unknown"}))
    assert bench.scaikey.fetches == 3


async def test_made_up_key_ids_do_not_flood_scaikey(bench: Bench) -> None:
    for number in range(50):
        await refusal(bench, bench.token(STRANGER, {"kid": f"made-up-{number}"}))
    assert bench.scaikey.fetches <= 11


async def test_a_rotated_key_is_found_at_once(bench: Bench) -> None:
    await bench.tokens.verify(bench.token())
    fresh = RSAKey.generate_key(2048, {"kid": "fresh", "use": "sig"})
    bench.scaikey.keys = [fresh]
    assert (await bench.tokens.verify(bench.token(fresh)))["sub"] == "usr_anna"


async def test_a_withdrawn_key_stops_working_within_the_cache_time(bench: Bench) -> None:
    token = bench.token(exp=int(bench.now) + 90_000)
    await bench.tokens.verify(token)
    bench.scaikey.keys = [EC]
    bench.now += 3601
    await refusal(bench, token)


async def test_keys_are_served_stale_for_a_day_while_scaikey_is_down(bench: Bench) -> None:
    await bench.tokens.verify(bench.token())
    bench.scaikey.is_down = True
    bench.now += 23 * 3600
    await bench.tokens.verify(bench.token())
    bench.now += 2 * 3600
    with pytest.raises(Unavailable, match="ScaiKey does not answer"):
        await bench.tokens.verify(bench.token())


async def test_without_any_key_nobody_is_called_a_liar() -> None:
    bench = Bench()
    bench.scaikey.is_down = True
    with pytest.raises(Unavailable):
        await bench.tokens.verify(bench.token())


def test_a_pattern_may_not_vary_the_host() -> None:
    with pytest.raises(ValueError, match="host"):
        Issuers(["https://*.example/tenants/x"])


HUGE = 10**400
STRANGE_TIMES: list[Any] = [
    HUGE,
    -HUGE,
    -1,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
    253_402_300_800,
    True,
    False,
]
STRANGE_TIMES += ["1999999999", "", [], {}, [1999999999], {"seconds": 1}]


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", STRANGE_TIMES, ids=lambda value: repr(value)[:20])
async def test_a_moment_outside_of_time_is_refused_in_a_sentence(bench: Bench, claim: str, value: Any) -> None:
    assert claim in await refusal(bench, bench.token(**{claim: value}))


async def test_a_moment_may_have_a_fraction(bench: Bench) -> None:
    await bench.tokens.verify(bench.token(exp=bench.now + 300.5, iat=bench.now - 0.5, nbf=bench.now - 0.5))


def signed_by_hand(payload: str) -> str:
    """Sign a payload as it is written: a JSON library would not write some of them."""
    return jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, payload, RSA)


@pytest.mark.parametrize("claim", ["sub", "tenant_id", "name", "scope", "jti", "client_id"])
@pytest.mark.parametrize("text", [r"\ud800", r"a\udfff", r"\u0000", r"usr_anna\u0000"])
async def test_text_that_is_none_is_refused_wherever_it_stands(bench: Bench, claim: str, text: str) -> None:
    shapes = [f'{{"{claim}": "{text}"}}', f'{{"x": ["{text}"]}}', f'{{"act": {{"sub": "{text}"}}}}', f'{{"{text}": 1}}']
    for shape in shapes:
        more = shape.removeprefix("{").removesuffix("}")
        claims = json.dumps({name: value for name, value in bench.claims().items() if f'"{name}"' not in more})
        await refusal(bench, signed_by_hand(claims.removesuffix("}") + f", {more}}}"))


async def test_claims_that_lie_too_deep_are_refused(bench: Bench) -> None:
    for depth in (30, 300, 900):
        deep: Any = "x"
        for _ in range(depth):
            deep = [deep]
        await refusal(bench, bench.token(roles=deep))


@pytest.mark.parametrize(
    "header",
    [
        {"ver": 1},
        {"x-scaikey": {"node": ["a", None]}},
        {"x5c": ["MIIC" * 500]},
        {"jku": "https://evil.example/jwks", "x5t": "abc"},
        {"typ": "at+jwt", "nonce": "n"},
    ],
    ids=str,
)
async def test_header_fields_we_do_not_know_are_ignored(bench: Bench, header: dict[str, Any]) -> None:
    lenient = jws.JWSRegistry(strict_check_header=False)
    lenient.max_header_length = 10_000
    token = jwt.encode({"alg": "RS256", "kid": "rsa", **header}, bench.claims(), RSA, registry=lenient)
    assert (await bench.tokens.verify(token))["sub"] == "usr_anna"


@pytest.mark.parametrize("crit", [["ver"], ["exp"], ["b64"], [], "ver", None, ["alg"]], ids=str)
async def test_a_header_that_demands_to_be_understood_is_refused(bench: Bench, crit: Any) -> None:
    head = json.dumps({"alg": "RS256", "kid": "rsa", "ver": 1, "b64": True, "crit": crit})
    parts = [
        base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode() for text in (head, json.dumps(bench.claims()))
    ]
    good = jws.JWSRegistry.algorithms["RS256"].sign(".".join(parts).encode(), RSA)
    assert "extensions" in await refusal(
        bench, ".".join([*parts, base64.urlsafe_b64encode(good).rstrip(b"=").decode()])
    )


ODD_KINDS: list[Any] = ["PQ", "RSA", "EC", "OKP", [], {}, None, 7]
STRANGE_KEYS: list[Any] = [
    *({"kty": "EC", "kid": "rsa", "crv": crv, "x": "AA", "y": "AA"} for crv in ("P-999", "P-256", ["P-256"], None)),
    *({"kty": kty, "kid": "rsa"} for kty in ODD_KINDS),
    {"kty": "OKP", "kid": "rsa", "crv": "X9999", "x": "AA"},
    {"kty": "RSA", "kid": "rsa", "n": "!!!", "e": "AQAB"},
    {"kty": "RSA", "kid": "rsa", "n": "", "e": ""},
    {"kty": "RSA", "kid": "rsa", "n": 5, "e": "AQAB"},
    {"kid": "rsa"},
    *("not a key", None, 7, [], {}),
    *(RSA.as_dict(private=False, **{name: ["odd"]}) for name in ("kid", "alg", "use")),
    RSA.as_dict(private=False, use="enc"),
    {**RSA.as_dict(private=False), "n": base64.urlsafe_b64encode(b"\xff" * 128).decode().rstrip("=")},
]


async def test_keys_we_cannot_read_hide_none_that_we_can(bench: Bench) -> None:
    bench.scaikey.more = STRANGE_KEYS
    with capture_logs() as logged:
        for key in (RSA, EC):
            assert (await bench.tokens.verify(bench.token(key)))["sub"] == "usr_anna"
    skipped = [entry for entry in logged if entry["event"] == "signing_key_skipped"]
    assert len(skipped) > 10
    assert all(entry["reason"] for entry in skipped)


async def test_a_curve_that_es256_does_not_use_verifies_nothing(bench: Bench) -> None:
    other = ECKey.generate_key("P-384", {"kid": "other", "use": "sig"})
    bench.scaikey.keys.append(other)
    assert "does not publish" in await refusal(bench, bench.token(EC, {"kid": "other"}))
