"""The settings of the platform over REST: read, replaced, and guarded by the policy they hold."""

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from scaicontrol.api import door, errors, platform
from tests.factories import ada, nobody, petra

CAST = {actor.id: actor for actor in (ada, petra)}
SETTINGS = "/admin/platform/settings"


@pytest.fixture
def dialect() -> str:
    """One row in one table; the verb behind it is asked on both."""
    return "sqlite"


@pytest_asyncio.fixture
async def http(backend, monkeypatch):
    async def authenticate(request, _):
        return CAST.get(request.headers.get("authorization", ""), nobody)

    monkeypatch.setattr(door, "authenticate", authenticate)
    app = FastAPI()
    errors.install(app)
    platform.router.open_on(app.router, "/api/v1")
    app.state.backend = backend
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:

        async def call(actor, body=None):
            method = "GET" if body is None else "PUT"
            return await client.request(method, SETTINGS, headers={"authorization": actor.id}, json=body)

        yield call


async def test_what_nobody_has_set_is_the_default_at_version_0(http):
    shown = (await http(ada)).json()["data"]
    assert shown["version"] == 0
    assert shown["settings"]["approval_policy"]["people"]["voids"] is True


async def test_settings_are_replaced_once_and_a_stale_version_is_refused(http):
    settings = (await http(ada)).json()["data"]["settings"]
    settings["approval_policy"]["people"]["force"] = True
    done = await http(ada, {"settings": settings, "version": 0})
    assert (done.status_code, done.json()["data"]) == (200, {"settings": settings, "version": 1})
    assert (await http(ada)).json()["data"] == {"settings": settings, "version": 1}
    stale = await http(ada, {"settings": settings, "version": 0})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "conflict")


async def test_only_operators_see_and_set_them(http):
    assert (await http(petra)).status_code == 403
    settings = (await http(ada)).json()["data"]["settings"]
    assert (await http(petra, {"settings": settings})).status_code == 403
    assert (await http(nobody)).status_code == 401


async def test_a_policy_that_is_not_whole_is_refused_with_the_field(http):
    settings = (await http(ada)).json()["data"]["settings"]
    del settings["approval_policy"]["people"]["voids"]
    refused = await http(ada, {"settings": settings})
    assert refused.status_code == 422
    assert "voids" in refused.text


async def test_to_loosen_a_strict_policy_needs_another_person(http):
    settings = (await http(ada)).json()["data"]["settings"]
    settings["approval_policy"]["people"]["terms"] = True
    assert (await http(ada, {"settings": settings})).status_code == 200
    settings["approval_policy"]["people"]["terms"] = False
    refused = await http(ada, {"settings": settings})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "APPROVAL_REQUIRED")
    assert (await http(ada)).json()["data"]["version"] == 1
