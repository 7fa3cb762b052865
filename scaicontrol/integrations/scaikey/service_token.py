"""Our own bearer: a ScaiKey client-credentials token, shared until shortly before it expires."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import httpx2

from scaicontrol.core.errors import Unavailable
from scaicontrol.integrations.client import Now, body_of, call, retry_after

from .endpoints import Endpoints

_EARLY_SECONDS: Final = 60.0

# Tells a token that is asked for while it is being fetched, which would wait for itself, from two who ask at once.
_is_fetching: ContextVar[bool] = ContextVar("is_fetching", default=False)


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """Who we are to ScaiKey; `secret` is a coroutine function, because the secret may itself lie in the vault."""

    client_id: str
    secret: Callable[[], Awaitable[str]]


class ServiceToken:
    """Gives a bearer by being called; without `scope` ScaiKey grants the application's own set."""

    def __init__(
        self,
        endpoints: Endpoints,
        http: httpx2.AsyncClient,
        client: ClientIdentity,
        *,
        scope: str = "",
        now: Now = time.time,
    ) -> None:
        self._endpoints, self._http, self._client = endpoints, http, client
        self._scope, self._now = scope, now
        self._token, self._until = "", float("-inf")
        self._lock = asyncio.Lock()

    async def __call__(self) -> str:
        if _is_fetching.get():
            raise Unavailable(
                f"The secret of client {self._client.client_id} lies in ScaiVault, which asks for the very token it is "
                "needed for: set SCAIKEY_CLIENT_SECRET."
            )
        async with self._lock:
            if self._now() >= self._until:
                within = _is_fetching.set(True)
                try:
                    await self._fetch()
                finally:
                    _is_fetching.reset(within)
            return self._token

    def forget(self) -> None:
        """Fetch a new one next time: a neighbour answered that this one is not valid."""
        self._until = float("-inf")

    async def _fetch(self) -> None:
        form = {"grant_type": "client_credentials", **({"scope": self._scope} if self._scope else {})}
        response = await call(
            self._http,
            "ScaiKey",
            "POST",
            await self._endpoints.token(),
            data=form,
            auth=(self._client.client_id, await self._client.secret()),
        )
        body = body_of(response)
        if response.status_code != httpx2.codes.OK or not isinstance(body.get("access_token"), str):
            reason = body.get("error", f"HTTP {response.status_code}")
            raise Unavailable(
                f"ScaiKey gives client {self._client.client_id} no token: {reason}.", retry_after=retry_after(response)
            )
        self._token = body["access_token"]
        self._until = self._now() + max(float(body.get("expires_in", 3600)) - _EARLY_SECONDS, 1.0)
