"""How we call a neighbour over HTTP: bounded time, no redirects, no proxies, and a sentence when it is silent."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from scaicontrol.core.errors import Unavailable

USER_AGENT: Final = "ScaiControl/1.0"
_PAUSE_SECONDS: Final = 30.0  # after a failure a stale answer is served this long before the next try

Bearer = Callable[[], Awaitable[str]]
Now = Callable[[], float]


def client(timeout: float = 5.0, transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """Open a client; `transport` reaches an application in this process instead of the network."""
    return httpx2.AsyncClient(
        timeout=timeout,
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
    )


async def call(http: httpx2.AsyncClient, who: str, method: str, url: str, **arguments: Any) -> httpx2.Response:
    """Send one request, or raise Unavailable with the neighbour's name; any status is an answer."""
    try:
        return await http.request(method, url, **arguments)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unavailable(f"{who} does not answer at {urlsplit(url).netloc}: {type(error).__name__}.") from error


def body_of(response: httpx2.Response) -> Mapping[str, Any]:
    """Give the JSON object of an answer, or an empty one."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def retry_after(response: httpx2.Response) -> int | None:
    """Read `Retry-After` in seconds; a date is not worth parsing between our own services."""
    value = response.headers.get("retry-after", "")
    return int(value) if value.isascii() and value.isdigit() else None


class Cached:
    """
    A document of a neighbour: refetched after `ttl` seconds, served stale up to `stale` seconds while it cannot be.

    Many callers at once cause one fetch.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[Mapping[str, Any]]], *, ttl: float, stale: float, now: Now = time.time
    ) -> None:
        self._fetch, self._ttl, self._stale, self._now = fetch, ttl, stale, now
        self._value: Mapping[str, Any] | None = None
        self._fetched_at = self._paused_until = float("-inf")
        self._lock = asyncio.Lock()

    async def get(self) -> Mapping[str, Any]:
        if (fresh := self._fresh()) is not None:
            return fresh
        async with self._lock:
            return fresh if (fresh := self._fresh()) is not None else await self._renew()

    async def refresh(self) -> Mapping[str, Any]:
        """Fetch now, whatever its age; a failure still gives the stale document."""
        async with self._lock:
            return await self._renew()

    def _fresh(self) -> Mapping[str, Any] | None:
        now = self._now()
        if self._value is None or now >= self._fetched_at + self._stale:
            return None
        return self._value if now < max(self._fetched_at + self._ttl, self._paused_until) else None

    async def _renew(self) -> Mapping[str, Any]:
        try:
            self._value = await self._fetch()
        except Unavailable:
            if self._value is None or self._now() >= self._fetched_at + self._stale:
                raise
            self._paused_until = self._now() + _PAUSE_SECONDS
            return self._value
        self._fetched_at = self._now()
        return self._value
