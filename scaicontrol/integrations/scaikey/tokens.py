"""Proof of who calls: signature, issuer, time and audience of a ScaiKey access token (contract §7.1, §7.2)."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from scaicontrol.core.errors import Unauthenticated
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.client import Now

from .claims import Issuers, audiences, check_claims, header_of, is_service
from .keys import ALGORITHMS, KeyRing

LEEWAY_SECONDS: Final = 60
_REMEMBERED_SECONDS: Final = 300.0  # a withdrawn key must stop working within minutes, not when the token expires
_REMEMBERED_MAX: Final = 10_000


class _Signatures(JWSRegistry):
    """Header fields we do not know are ignored (RFC 7515 §4); `crit` is refused before, and `header_of` bounds size."""

    max_header_length = 16_384


_SIGNATURES: Final = {name: _Signatures(algorithms=[name], strict_check_header=False) for name in ALGORITHMS}


class ScaiKeyTokens:
    """
    Verifies access tokens; refuses with Unauthenticated and a sentence, raises Unavailable only without any keys.

    Tokens live in wall time, not on the business clock. A verified token is remembered by its hash for at most five
    minutes and never beyond its `exp`.
    """

    def __init__(self, settings: Settings, keys: KeyRing, now: Now = time.time) -> None:
        self._keys, self._now = keys, now
        self.issuers = Issuers([settings.scaikey_issuer, *settings.scaikey_accepted_issuers])
        self._audiences = frozenset(settings.audiences)
        self._service_needs_audience = settings.scaikey_require_audience_service
        self._verified: OrderedDict[bytes, tuple[float, Mapping[str, Any]]] = OrderedDict()

    async def verify(self, token: str, *, resource: str | None = None) -> Mapping[str, Any]:
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = self._known(digest)
        if claims is None:
            claims = MappingProxyType(await self.signed_claims(token))
            self._remember(digest, claims)
        self._check_access(claims, resource)  # each time: what is meant for one resource is not for another
        return claims

    async def signed_claims(self, token: str) -> dict[str, Any]:
        """Give the claims of a token whose signature, time and issuer are right; its audience is not checked."""
        header = header_of(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise Unauthenticated(f"The bearer token is signed with {algorithm!r}; only RS256 and ES256 are accepted.")
        if kid is not None and not isinstance(kid, str):
            raise Unauthenticated("The bearer token's key id is not a string.")
        key = await self._keys.find(kid, algorithm)
        if key is None:
            raise Unauthenticated("The bearer token is signed with a key that ScaiKey does not publish.")
        try:
            claims = dict(jwt.decode(token, key, registry=_SIGNATURES[algorithm]).claims)
            check_claims(claims)
            self._times().validate(claims)
        except BadSignatureError as error:
            raise Unauthenticated("The bearer token's signature is wrong.") from error
        except ExpiredTokenError as error:
            raise Unauthenticated("The bearer token has expired; refresh it or sign in again.") from error
        except (JoseError, ValueError, TypeError) as error:
            raise Unauthenticated(f"The bearer token is not valid: {_sentence(error)}") from error
        if not self.issuers.accept(claims.get("iss")):
            raise Unauthenticated(f"The bearer token was issued by {claims.get('iss')!r}, which is not accepted here.")
        return claims

    def _times(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=LEEWAY_SECONDS,
            exp={"essential": True},
            sub={"essential": True},
        )

    def _check_access(self, claims: Mapping[str, Any], resource: str | None) -> None:
        if "at_hash" in claims or claims.get("token_use") == "id":
            raise Unauthenticated("This is an ID token; send the access token.")
        ours = self._audiences | {resource} if resource else self._audiences
        if audiences(claims) & ours:
            return
        if is_service(claims) and not self._service_needs_audience:
            return
        raise Unauthenticated(f"The bearer token is not meant for {' or '.join(sorted(ours))}.")

    def _known(self, digest: bytes) -> Mapping[str, Any] | None:
        known = self._verified.get(digest)
        return known[1] if known is not None and self._now() < known[0] else None

    def _remember(self, digest: bytes, claims: Mapping[str, Any]) -> None:
        until = min(float(claims["exp"]), self._now() + _REMEMBERED_SECONDS)
        self._verified[digest] = (until, claims)
        self._verified.move_to_end(digest)
        while len(self._verified) > _REMEMBERED_MAX:
            self._verified.popitem(last=False)


def _sentence(error: Exception) -> str:
    text = str(error).split(": ", 1)[-1] or type(error).__name__
    return text if text.endswith(".") else text + "."
