"""Calls to addresses that somebody else chose: checked, pinned to the checked address, bounded in time and size."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from scaicontrol.core.errors import Invalid

from .addresses import AddressRules

PER_HOST_MAX: Final = 8
_CONNECTIONS_MAX: Final = 256
_CONNECT_SECONDS: Final = 5.0
BODY_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class OutboundReply:
    """
    What came back; `status` 0 means that nothing did, and `error` says why. `refused` means it was never called.

    Header names are found in any case.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None
    refused: bool = False


class PinnedResolver(AbstractResolver):
    """Resolves a name for one connection and gives only checked addresses: the check and the use cannot differ."""

    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        # One bad address among good ones is an attempt, not a choice.
        for info in infos:
            self._rules.check_address(ipaddress.ip_address(info[4][0]))
        return [
            ResolveResult(
                hostname=host, host=str(info[4][0]), port=port, family=info[0], proto=info[2],
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for info in infos
        ]  # fmt: skip

    async def close(self) -> None:
        return None


class Outbound:
    """
    One shared set of connections for webhooks, provisioning and probes; close it at shutdown.

    No redirects, no proxies, no cookies, TLS verified, at most eight requests at once per host.
    """

    def __init__(self, rules: AddressRules) -> None:
        self.rules = rules
        self._session: aiohttp.ClientSession | None = None

    def check(self, url: str) -> None:
        """Raise Invalid with the reason when `url` may not be called."""
        self.rules.check_url(url)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: float,
        max_bytes: int = BODY_BYTES,
    ) -> OutboundReply:
        """Send one request; every failure is a reply with status 0, none is raised."""
        try:
            target = self.rules.check_url(url)
            async with self._opened().request(
                method,
                target.url,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout, connect=min(timeout, _CONNECT_SECONDS)),
            ) as response:
                return OutboundReply(response.status, response.headers, await _read(response, max_bytes))
        except Invalid as error:
            return OutboundReply(0, error=error.message, refused=True)
        except TimeoutError:
            return OutboundReply(0, error=f"No answer within {timeout:g} s.")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return OutboundReply(0, error=f"{type(error).__name__}: {error}"[:500])

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        # Made on first use, because a session belongs to the loop it is made in.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=PinnedResolver(self.rules),
                    use_dns_cache=False,
                    limit=_CONNECTIONS_MAX,
                    limit_per_host=PER_HOST_MAX,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,  # a small body must not unfold into a large one
            )
        return self._session


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    body = b""
    while len(body) < limit and (chunk := await response.content.read(limit - len(body))):
        body += chunk
    return body
