"""Calls to subscribed services: provisioning, polls and health probes (contract §12.4, §8.2)."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from scaicontrol.core.errors import Unavailable
from scaicontrol.core.ports import ServiceReply

from .client import USER_AGENT, Bearer
from .outbound import Outbound, OutboundReply

_BODY_BYTES: Final = 64 * 1024  # an answer may carry credentials and metadata


class OutboundServiceCaller:
    """
    Calls services with our service token and the address rules of webhooks; every failure is a reply with status 0.

    Give it a token of a narrow scope: services see it.
    """

    def __init__(self, outbound: Outbound, bearer: Bearer) -> None:
        self._outbound, self._bearer = outbound, bearer

    async def post(
        self,
        url: str,
        body: Mapping[str, Any],
        idempotency_key: str,
        timeout: float,
    ) -> ServiceReply:
        try:
            authorization = f"Bearer {await self._bearer()}"
        except Unavailable as error:
            return ServiceReply(0, error=error.message)
        headers = {
            **_headers(),
            "Authorization": authorization,
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
        }
        raw = json.dumps(dict(body), separators=(",", ":")).encode()
        reply = await self._outbound.request(
            "POST", url, headers=headers, body=raw, timeout=timeout, max_bytes=_BODY_BYTES
        )
        return _reply(url, reply)

    async def get(self, url: str, timeout: float) -> ServiceReply:
        headers = _headers()
        with suppress(Unavailable):  # a service lives also while ScaiKey does not; a probe needs no proof
            headers["Authorization"] = f"Bearer {await self._bearer()}"
        return _reply(
            url, await self._outbound.request("GET", url, headers=headers, timeout=timeout, max_bytes=_BODY_BYTES)
        )


def _headers() -> dict[str, str]:
    return {"User-Agent": USER_AGENT, "Accept": "application/json"}


def _reply(url: str, reply: OutboundReply) -> ServiceReply:
    location = next((value for name, value in reply.headers.items() if name.lower() == "location"), None)
    if location is not None:
        location = urljoin(url, location)
        # Our token follows the poll: it must not be led to somebody else's host.
        if urlsplit(location).netloc != urlsplit(url).netloc:
            return ServiceReply(0, error=f"The service answered with a Location on another host: {location}")
    return ServiceReply(reply.status, _object(reply.body), location, reply.error)


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
