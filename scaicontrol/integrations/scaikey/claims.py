"""What a token must say about who made it and for whom, without asking anybody."""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from scaicontrol.core.errors import Unauthenticated

_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~\-]+")
_MAX_TOKEN: Final = 16_384
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_TIMES: Final = ("exp", "nbf", "iat")
_DEEPEST: Final = 20


class Issuers:
    """
    The issuers we accept: each exact, or with `*` standing for one path segment.

    Scheme, host and port always match exactly; a `*` there is refused at start.
    """

    def __init__(self, accepted: Sequence[str]) -> None:
        self._accepted = [_split(issuer) for issuer in accepted if issuer]
        for issuer, (_, host, _) in zip([a for a in accepted if a], self._accepted, strict=True):
            if "*" in host:
                raise ValueError(f"The accepted issuer {issuer} has a * in its host; only path segments may vary.")

    def accept(self, issuer: object) -> bool:
        if not isinstance(issuer, str) or any(character in issuer for character in "?#@\\% \t\r\n"):
            return False
        try:
            scheme, host, path = _split(issuer)
        except ValueError:
            return False
        return any(
            (scheme, host) == (their_scheme, their_host) and _fits(path, their_path)
            for their_scheme, their_host, their_path in self._accepted
        )


def _fits(path: list[str], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(
        bool(_SEGMENT.fullmatch(mine)) if theirs == "*" else mine == theirs
        for mine, theirs in zip(path, pattern, strict=True)
    )


def _split(issuer: str) -> tuple[str, str, list[str]]:
    parts = urlsplit(issuer)
    return parts.scheme, parts.netloc, parts.path.rstrip("/").split("/")


def is_service(claims: Mapping[str, Any]) -> bool:
    """Tell a client-credentials token from a person's (contract §7.2)."""
    return claims.get("token_type") == "client_credentials" or (
        claims.get("client_id") is not None and claims.get("sub") == claims.get("client_id")
    )


def audiences(claims: Mapping[str, Any]) -> set[str]:
    value = claims.get("aud")
    values = value if isinstance(value, list) else [value]
    return {one for one in values if isinstance(one, str)}


def check_claims(claims: Mapping[str, Any]) -> None:
    """Refuse what is validly signed and yet nothing to work with: moments outside of time, text that is none."""
    for name in _TIMES:
        if claims.get(name) is not None and not _is_moment(claims[name]):
            raise Unauthenticated(f"The bearer token's {name} is not a moment in seconds.")
    for name, value in claims.items():
        if not all(_is_text(text) for text in (name, *_texts(value))):
            raise Unauthenticated(f"The bearer token's claim {name!a} holds characters that are not text.")


def _is_moment(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _LAST_SECOND  # false of NaN, too


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        raise Unauthenticated("The bearer token's claims lie too deep in each other.")
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item, depth + 1)


def header_of(token: str) -> Mapping[str, Any]:
    """Read the header of a compact JWS, refusing what is not one; nothing here is proven yet."""
    if len(token) > _MAX_TOKEN:
        raise Unauthenticated(f"The bearer token is longer than {_MAX_TOKEN} characters.")
    parts = token.split(".")
    if len(parts) != 3:
        raise Unauthenticated("The bearer token is not a signed JWT.")
    header, _ = _object(parts[0], "header"), _object(parts[1], "payload")
    if "crit" in header:
        raise Unauthenticated("The bearer token demands header extensions that ScaiControl does not know.")
    if str(header.get("typ", "JWT")).lower() not in {"jwt", "at+jwt", "application/at+jwt"}:
        raise Unauthenticated(f"A token of type {header['typ']!r} is not an access token.")
    return header


def _object(part: str, name: str) -> Mapping[str, Any]:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        value = json.loads(raw.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Unauthenticated(f"The bearer token's {name} cannot be read.") from error
    if not isinstance(value, dict):
        raise Unauthenticated(f"The bearer token's {name} is not an object.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers may take different ones of two equal names; we take neither.
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name appears twice")
    return dict(pairs)
