"""ScaiKey's signing keys: cached for an hour, refetched for an unknown `kid`, served stale while ScaiKey is down."""

import time
import warnings
from collections.abc import Mapping
from typing import Any, Final

import httpx2
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.logging import get_logger
from scaicontrol.integrations.client import Cached, Now, body_of, call

from .endpoints import Endpoints

log = get_logger(__name__)

SigningKey = RSAKey | ECKey

ALGORITHMS: Final[Mapping[str, type[SigningKey]]] = {"RS256": RSAKey, "ES256": ECKey}
_CURVE: Final = "P-256"  # the only one of ES256
# What joserfc raises for keys it cannot read: its own errors, and those of dictionaries, numbers and base64 beneath.
_UNREADABLE: Final = (JoseError, SecurityWarning, LookupError, ValueError, TypeError, AttributeError)
_STALE_SECONDS: Final = 24 * 3600
_FORCED_WINDOW: Final = 60.0
_FORCED_MAX: Final = 10  # of all unknown kids together: made-up ones must not turn us into a flood on ScaiKey


class KeyRing:
    """The keys a token may be signed with."""

    def __init__(self, endpoints: Endpoints, http: httpx2.AsyncClient, ttl: float, now: Now = time.time) -> None:
        self._endpoints, self._http, self._now = endpoints, http, now
        self._document = Cached(self._fetch, ttl=ttl, stale=_STALE_SECONDS, now=now)
        self._forced: dict[str, float] = {}

    async def find(self, kid: str | None, algorithm: str) -> SigningKey | None:
        """Give the key for a token header, or None; an unknown `kid` refetches once per kid and minute."""
        key = _pick(await self._document.get(), kid, algorithm)
        if key is None and kid is not None and self._may_force(kid):
            key = _pick(await self._document.refresh(), kid, algorithm)
        return key

    async def check(self) -> None:
        """Raise Unavailable when there are no keys, fresh or stale."""
        await self._document.get()

    def _may_force(self, kid: str) -> bool:
        now = self._now()
        self._forced = {known: at for known, at in self._forced.items() if now - at < _FORCED_WINDOW}
        if kid in self._forced or len(self._forced) >= _FORCED_MAX:
            return False
        self._forced[kid] = now
        return True

    async def _fetch(self) -> Mapping[str, Any]:
        url = await self._endpoints.jwks()
        response = await call(self._http, "ScaiKey", "GET", url)
        keys = body_of(response).get("keys")
        if response.status_code != httpx2.codes.OK or not isinstance(keys, list):
            raise Unavailable(f"ScaiKey gave no keys at {url} (HTTP {response.status_code}).")
        return {"keys": [key for raw in keys if (key := _import(raw)) is not None]}


def _import(raw: object) -> SigningKey | None:
    """Read one published key; one that cannot be read, or is too weak, is logged and must not hide the others."""
    if not isinstance(raw, dict) or raw.get("use", "sig") != "sig":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)
            key = JWKRegistry.import_key(raw)
    except _UNREADABLE as error:
        log.warning(
            "signing_key_skipped", kid=str(raw.get("kid"))[:100], reason=f"{type(error).__name__}: {error}"[:200]
        )
        return None
    if isinstance(key, RSAKey) or (isinstance(key, ECKey) and key.curve_name == _CURVE):
        return key
    return None


def _pick(document: Mapping[str, Any], kid: str | None, algorithm: str) -> SigningKey | None:
    fitting = [
        key
        for key in document["keys"]
        if isinstance(key, ALGORITHMS[algorithm]) and key.get("alg") in {None, algorithm} and kid in {None, key.kid}
    ]
    # Without a kid only an only key can be meant.
    return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None
