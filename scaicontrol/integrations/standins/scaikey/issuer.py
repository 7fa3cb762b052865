"""The keys of the stand-in and what it signs with them; kept in a file so that a restart ends nobody's session."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jwt import JWTClaimsRegistry

from scaicontrol.integrations.standins.context import Context
from scaicontrol.integrations.standins.fault_injection import InjectedFault

ACCESS_SECONDS: Final = 3600


class Issuer:
    """Signs and reads tokens; the newest key signs, older ones stay published until they are withdrawn."""

    def __init__(self, context: Context) -> None:
        self.base = f"{context.url}/scaikey"
        self.now = context.now
        self.fault = InjectedFault(("ok", "down"))
        self.access_seconds = ACCESS_SECONDS
        self._memory = context.memory("scaikey-keys", {"keys": []})
        if not self._memory.data["keys"]:
            self.rotate()
        self._load()

    def rotate(self, *, withdraw: bool = False) -> str:
        """Sign with a new key from now on; `withdraw` makes tokens of the older ones worthless. Give its id."""
        key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(6), "use": "sig", "alg": "RS256"})
        kept = [] if withdraw else self._memory.data["keys"][:2]
        self._memory.data["keys"] = [key.as_dict(private=True), *kept]
        self._memory.save()
        self._load()
        return str(key.kid)

    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def sign(self, claims: Mapping[str, Any], seconds: float | None = None) -> str:
        now = int(self.now())
        times = {"iat": now, "exp": now + int(seconds or self.access_seconds), "jti": secrets.token_hex(12)}
        key = self._keys[0]
        return jwt.encode({"alg": "RS256", "kid": str(key.kid), "typ": "JWT"}, {**times, **claims}, key)

    def read(self, token: str) -> dict[str, Any] | None:
        """Give the claims of a token of ours that still lives, or None."""
        for key in self._keys:
            try:
                claims = dict(jwt.decode(token, key, algorithms=["RS256"]).claims)
                JWTClaimsRegistry(now=lambda: int(self.now()), exp={"essential": True}).validate(claims)
            except (JoseError, ValueError):
                continue
            return claims
        return None

    def bearer(self, authorization: str | None) -> dict[str, Any] | None:
        """Give the claims behind an Authorization header, or None."""
        scheme, _, token = (authorization or "").partition(" ")
        return self.read(token) if scheme.lower() == "bearer" else None

    def issuer_of(self, tenant_id: str) -> str:
        return f"{self.base}/tenants/{tenant_id}"

    def _load(self) -> None:
        self._keys = [RSAKey.import_key(raw) for raw in self._memory.data["keys"]]
