"""A token may be made for the MCP server alone (RFC 8707): it opens that address and no other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from scaicontrol.api.actor_resolution import authenticate
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Unauthenticated
from scaicontrol.core.settings import Settings
from scaicontrol.mcp.server import build_mcp
from tests.factories import petra
from tests.factories.tenants import store_cast
from tests.integrations.test_tokens import Bench

from .test_mcp import URL, post

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


@asynccontextmanager
async def served(backend: Backend, settings: Settings, bench: Bench) -> AsyncIterator[httpx2.ASGITransport]:
    """The server as it hangs in the product, with real tokens."""
    await store_cast(backend)
    backend.ports = replace(backend.ports, tokens=bench.tokens)
    surface = build_mcp(settings.model_copy(update={"scaikey_issuer": "https://key.example"}))
    surface.bind(backend)
    async with surface.session_manager.run():
        yield httpx2.ASGITransport(Starlette(routes=surface.routes))


async def at_rest(backend: Backend, token: str) -> Actor:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    path = {"type": "http", "method": "GET", "path": "/api/v1/invoices"}
    return await authenticate(Request({**path, "headers": headers, "app": Starlette()}), backend)


def signed(bench: Bench, **claims: Any) -> str:
    return bench.token(**{"sub": petra.id, "partner_id": petra.partner_id, "roles": ["partner_admin"], **claims})


async def test_a_token_for_the_advertised_resource_opens_it_and_nothing_else(backend, settings):
    bench = Bench()
    async with served(backend, settings, bench) as web:
        async with httpx2.AsyncClient(transport=web) as http:
            metadata = "http://localhost:8000/.well-known/oauth-protected-resource/mcp"
            resource = (await http.get(metadata)).json()["resource"]
        assert resource == URL
        for audience in (resource, [resource], ["other", resource]):
            token = signed(bench, aud=audience)
            for _ in range(2):  # remembered or not, and whoever was asked first
                assert (await post(web, authorization=f"Bearer {token}")).status_code == 200
                with pytest.raises(Unauthenticated, match="not meant for scaicontrol"):
                    await at_rest(backend, token)


@pytest.mark.parametrize(
    "audience", ["http://localhost:8000", URL + "/", URL + "2", "https://evil.example/mcp", "", []]
)
async def test_a_token_for_another_address_does_not_open_it(backend, settings, audience):
    bench = Bench()
    async with served(backend, settings, bench) as web:
        assert (await post(web, authorization=f"Bearer {signed(bench, aud=audience)}")).status_code == 401


async def test_a_token_for_us_opens_both(backend, settings):
    bench = Bench()
    async with served(backend, settings, bench) as web:
        token = signed(bench)
        assert (await at_rest(backend, token)).id == petra.id
        assert (await post(web, authorization=f"Bearer {token}")).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": 'https://evil.example/"\r\nx: y'},
        {"sub": "\x00"},
        {"sub": "s" * 200},
        {"tenant_id": ["a"]},
        {"exp": 1e300},
    ],
    ids=ascii,
)
async def test_what_is_wrong_with_a_token_is_said_in_a_header_that_can_be_sent(backend, settings, claims):
    bench = Bench()
    async with served(backend, settings, bench) as web:
        answer = await post(web, authorization=f"Bearer {signed(bench, **claims)}")
    challenge = answer.headers["www-authenticate"]
    assert (answer.status_code, challenge.isprintable(), len(challenge) < 500) == (401, True, True)
    assert answer.json()["error"]["message"].endswith(".")
