"""The development world on a loopback port, fresh for each test that asks."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import uvicorn
from joserfc.jwk import RSAKey
from starlette.applications import Starlette

from scaicontrol.core.clock import SystemClock
from scaicontrol.core.settings import Settings
from scaicontrol.integrations.client import client
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.integrations.scaikey import (
    ClientIdentity,
    Endpoints,
    KeyRing,
    ScaiKeyLogin,
    ScaiKeyTokens,
    ServiceToken,
)
from scaicontrol.integrations.standins import Context, Standins, development_environment, world


@dataclass
class World:
    """The stand-ins as a running server, and our own side of each conversation."""

    url: str
    context: Context
    standins: Standins
    settings: Settings
    http: httpx2.AsyncClient

    def __post_init__(self) -> None:
        self.endpoints = Endpoints(self.settings, self.http)
        self.keys = KeyRing(self.endpoints, self.http, self.settings.scaikey_jwks_cache_ttl)
        self.tokens = ScaiKeyTokens(self.settings, self.keys)
        self.client = ClientIdentity(world.CLIENT_ID, self._secret)
        self.bearer = ServiceToken(self.endpoints, self.http, self.client)
        self.login = ScaiKeyLogin(self.endpoints, self.tokens, self.http, self.client)

    @property
    def dev(self) -> str:
        return self.context.url

    async def fault(self, neighbour: str, name: str, times: int = 1) -> None:
        await self.http.post(f"{self.dev}/{neighbour}/_control/fault", data={"name": name, "times": str(times)})

    @staticmethod
    async def _secret() -> str:
        return world.CLIENT_SECRET


def development_settings(url: str, **more: object) -> Settings:
    values = {name.lower(): value for name, value in development_environment(url).items()}
    return Settings(_env_file=None, **{"scaicontrol_env": "development", "public_base_url": url, **values, **more})  # type: ignore[arg-type]  # values are validated by pydantic


@asynccontextmanager
async def served(app: Starlette, sock: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    # The socket listens already: who connects before the server is up waits in its queue.
    task = asyncio.create_task(server.serve(sockets=[sock]))
    yield
    server.should_exit = True
    await task


@pytest.fixture(scope="session")
def signing_key() -> dict[str, Any]:
    """One key for all worlds: making them is what takes time."""
    return dict(RSAKey.generate_key(2048, {"kid": "of-the-tests", "use": "sig", "alg": "RS256"}).as_dict(private=True))


@pytest_asyncio.fixture
async def dev_world(tmp_path: Path, signing_key: dict[str, Any]) -> AsyncIterator[World]:
    sock = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    context = Context(url, tmp_path / "dev", Sandbox(SystemClock(), pages_url=f"{url}/_dev/sandbox"))
    context.memory("scaikey-keys", {"keys": [signing_key]})
    standins = Standins(context)
    async with served(Starlette(routes=standins.routes()), sock), client(timeout=30) as http:
        yield World(url, context, standins, development_settings(url), http)
        await context.aclose()
