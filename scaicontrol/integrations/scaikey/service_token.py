"""Our own bearer: a ScaiKey client-credentials token, shared until shortly before it expires."""

import asyncio
import time
from contextvars import ContextVar
from typing import Final

import httpx2

from scaicontrol.core.errors import Unavailable
from scaicontrol.integrations.client import Now

from .endpoints import Endpoints
from .oauth import ClientIdentity, GrantRefused, OAuth, lifetime

_EARLY_SECONDS: Final = 60.0
_HOUR: Final = 3600.0

# Tells a token that is asked for while it is being fetched, which would wait for itself, from two who ask at once.
_is_fetching: ContextVar[bool] = ContextVar("is_fetching", default=False)


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
        self._oauth, self._client_id = OAuth(endpoints, http, client), client.client_id
        self._fields, self._now = {"scope": scope} if scope else {}, now
        self._token, self._until = "", float("-inf")
        self._lock = asyncio.Lock()

    async def __call__(self) -> str:
        if _is_fetching.get():
            raise Unavailable(
                f"The secret of client {self._client_id} lies in ScaiVault, which asks for the very token it is "
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
        try:
            body = await self._oauth.grant("client_credentials", **self._fields)
        except GrantRefused as refusal:
            raise Unavailable(
                f"ScaiKey gives client {self._client_id} no token: {refusal}.", retry_after=refusal.retry_after
            ) from refusal
        self._token = body["access_token"]
        self._until = self._now() + max(lifetime(body, _HOUR) - _EARLY_SECONDS, 1.0)
