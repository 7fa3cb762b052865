"""
For subscribers: check that a delivery really came from ScaiControl and is fresh.

    from scaicontrol.webhooks import verify
    event = verify(request.headers, await request.body(), [secret])

Standard library only, so that it can be copied out of the package.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

TOLERANCE_SECONDS = 300


class VerificationError(ValueError):
    """The delivery is forged, altered or stale; answer 400 and forget it."""


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """
    Give the event of an authentic delivery, or raise VerificationError.

    `body` is the raw request body, `secrets` the whole `whsec_…` strings: two during a rotation. The Standard Webhooks
    headers are preferred; without them the `X-ScaiControl-*` headers are checked, which do not sign the timestamp.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get("webhook-timestamp") or given.get("x-scaicontrol-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now() - int(timestamp)) > TOLERANCE_SECONDS:
        raise VerificationError("The timestamp is missing or more than five minutes away.")
    if "webhook-signature" in given:
        signed = f"{given.get('webhook-id', '')}.{timestamp}.".encode() + body
        expected = ["v1," + _standard(secret, signed) for secret in secrets]
        offered = given["webhook-signature"].split()
    else:
        expected = ["sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
        offered = [given.get(name, "") for name in ("x-scaicontrol-signature", "x-scaicontrol-signature-next")]
    if not any(hmac.compare_digest(a.encode(), b.encode()) for a in expected for b in offered):
        raise VerificationError("No signature matches; check which endpoint's secret this is.")
    event: dict[str, Any] = json.loads(body)
    return event


def _standard(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
