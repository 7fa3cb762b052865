"""How the neighbours sign what they send to ScaiControl."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx2

from .context import Context


def timed_signature(secret: str, timestamp: int, body: bytes) -> str:
    """Give `t=…,v1=…`: HMAC-SHA256 over timestamp, a dot and the raw body (contract §36.4)."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


async def send(context: Context, neighbour: str, secret: str, event: Mapping[str, Any]) -> int:
    """Post a signed event to ScaiControl's inbound route of a neighbour; give the status, 0 when nobody listens."""
    body = json.dumps(event).encode()
    prefix = {"scaikey": "X-ScaiKey", "scaivault": "X-ScaiVault", "scaisend": "X-ScaiSend"}[neighbour]
    timestamp = int(context.now())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"{prefix.removeprefix('X-')}-Webhook/1.0",
        f"{prefix}-Webhook-ID": f"del_{event['event_id']}",
        f"{prefix}-Event-ID": event["event_id"],
        f"{prefix}-Event-Type": event["event_type"],
        f"{prefix}-Timestamp": str(timestamp),
        f"{prefix}-Signature": timed_signature(secret, timestamp, body),
    }
    try:
        response = await context.http.post(
            f"{context.control_url}/api/v1/webhooks/{neighbour}", content=body, headers=headers
        )
    except httpx2.HTTPError:
        return 0
    return response.status_code
