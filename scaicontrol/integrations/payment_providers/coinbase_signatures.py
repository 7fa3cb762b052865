"""Coinbase's signatures: the bearer we sign each call with, and both kinds that its webhooks carry."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from scaicontrol.core.errors import Unavailable

_LIFETIME_SECONDS: Final = 120
_TOLERANCE_SECONDS: Final = 300
_SEED: Final = 32  # bytes of an Ed25519 key, before its public half
# `nonce` is Coinbase's own header, which a strict registry does not write.
_REGISTRY: Final = {name: JWSRegistry(algorithms=[name], strict_check_header=False) for name in ("ES256", "EdDSA")}


def bearer(name: str, secret: str, method: str, host: str, path: str) -> str:
    """
    Sign one call, for two minutes of wall time.

    Raises Unavailable where the secret is no key: a PEM of P-256, or the base64 of an Ed25519 key.
    """
    now = int(time.time())
    uri = f"{method} {host}{path}"
    claims = {"iss": "cdp", "sub": name, "nbf": now, "exp": now + _LIFETIME_SECONDS, "uri": uri, "uris": [uri]}
    try:
        algorithm, key = _key(secret)
        header = {"alg": algorithm, "typ": "JWT", "kid": name, "nonce": secrets.token_hex(16)}
        return jwt.encode(header, claims, key, registry=_REGISTRY[algorithm])
    except ValueError as error:
        raise Unavailable("What lies at COINBASE_API_KEY_VAULT_PATH is no key that Coinbase gives out.") from error


def _key(secret: str) -> tuple[str, ECKey | OKPKey]:
    text = secret.strip().replace("\\n", "\n")  # as it is often kept on one line
    if text.startswith("-----BEGIN"):
        return "ES256", ECKey.import_key(text)
    raw = base64.b64decode(text, validate=True)
    if len(raw) != 2 * _SEED:
        raise ValueError("an Ed25519 key has 64 bytes")
    private, public = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (raw[:_SEED], raw[_SEED:]))
    return "EdDSA", OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": private, "x": public})


def is_signed(headers: Mapping[str, str], raw_body: bytes, secret: str) -> bool:
    """
    Tell whether a webhook is Coinbase's and at most five minutes old, by wall time; `headers` in lower case.

    Signed are the moment, the names of headers, their values and the body, joined by points.
    """
    parts = dict(part.strip().partition("=")[::2] for part in headers.get("x-hook0-signature", "").split(","))
    at, names, given = parts.get("t", ""), parts.get("h", ""), parts.get("v1", "")
    if not (at.isascii() and at.isdigit() and len(at) < 15 and abs(time.time() - int(at)) <= _TOLERANCE_SECONDS):
        return False
    values = ".".join(headers.get(name.lower(), "") for name in names.split(" ") if name)
    signed = f"{at}.{names}.{values}.".encode() + raw_body
    return _is_mac(signed, secret, given)


def is_signed_legacy(given: str, raw_body: bytes, secret: str) -> bool:
    """Tell whether a webhook of Commerce is genuine; it says no moment: a repetition is known by its id only."""
    return _is_mac(raw_body, secret, given)


def _is_mac(signed: bytes, secret: str, given: str) -> bool:
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), given.encode())
