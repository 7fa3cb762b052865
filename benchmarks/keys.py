"""A ScaiKey of the benchmarks: one key pair, real tokens, verified for real."""

import time
from collections.abc import Mapping

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from scaicontrol.core.settings import Settings
from scaicontrol.integrations.scaikey import Endpoints, KeyRing, ScaiKeyTokens

ISSUER = "https://key.example"


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "bench", "use": "sig", "alg": "RS256"})


def token(key: RSAKey, subject: str, **claims: object) -> str:
    now = int(time.time())
    header = {"alg": "RS256", "kid": "bench", "typ": "JWT"}
    given = {"iss": ISSUER, "aud": "scaicontrol", "sub": subject, "exp": now + 3600, "iat": now, **claims}
    return jwt.encode(header, given, key)


def verifier(public_key: Mapping[str, object]) -> ScaiKeyTokens:
    """Make the product's verifier, whose keys come from memory instead of ScaiKey."""
    settings = Settings(_env_file=None, scaikey_issuer=ISSUER, scaikey_jwks_url=f"{ISSUER}/jwks")
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, json={"keys": [dict(public_key)]}))
    http = httpx2.AsyncClient(transport=answer)
    return ScaiKeyTokens(settings, KeyRing(Endpoints(settings, http), http, settings.scaikey_jwks_cache_ttl))
