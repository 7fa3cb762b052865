"""Signatures of a delivery: the documented header over the body, and Standard Webhooks over id, time and body."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

AGENT: Final = "ScaiControl-Webhook/1.0"


def new_secret() -> str:
    """Give a secret of 32 random bytes in the `whsec_` form."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(
    body: bytes, *, event_id: str, topic: str, timestamp: int, keys: Sequence[str], is_replay: bool = False
) -> dict[str, str]:
    """
    Write the headers of one attempt.

    `keys` holds the secret; during a rotation the previous one stands first: `X-ScaiControl-Signature` keeps it until
    the window ends, and the new one signs in a second header (contract §23.2).
    """
    signed = f"{event_id}.{timestamp}.".encode() + body
    written = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-ScaiControl-Signature": documented(keys[0], body),
        "X-ScaiControl-Timestamp": str(timestamp),
        "X-ScaiControl-Event-Id": event_id,
        "X-ScaiControl-Event-Type": topic,
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(standard(key, signed) for key in keys),
    }
    if len(keys) > 1:
        written["X-ScaiControl-Signature-Next"] = documented(keys[1], body)
    if is_replay:
        written["X-ScaiControl-Replay"] = "true"
    return written


def documented(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
