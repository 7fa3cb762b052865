"""What a browser may do while its operator looks at a tenant's portal: read that tenant, and nothing else."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from scaicontrol.api.actor_resolution import CONSOLE_COOKIE, PORTAL_COOKIE, VIEW_COOKIE, Actors
from scaicontrol.api.app import build_api
from scaicontrol.api.browser_login import root_routes
from scaicontrol.core.actor import LOOKING_ONLY, Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import identity
from scaicontrol.services.identity import SessionKind
from scaicontrol.services.identity.schemas import PortalViewIn
from tests.factories import ACME, petra, sam
from tests.factories.tenants import store_cast
from tests.surfaces.console_browser import CLAIMS, OURS, URL, console_cookie

# The doors add nothing that depends on the database.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])

ME = "/api/v1/auth/me"
PORTAL = OURS | {"X-ScaiControl-Portal": "1"}
WHY = PortalViewIn(reason="An invoice is said to be missing.", ticket="SUP-1234")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = build_api()
    app.router.routes += root_routes
    return app


@pytest_asyncio.fixture
async def looking(app: FastAPI, backend: Backend) -> AsyncIterator[httpx2.AsyncClient]:
    """Petra's browser: signed in at the console and at the portal, and looking at Acme's."""
    await store_cast(backend)
    app.state.backend, app.state.login, app.state.actors = backend, None, Actors()
    view = await backend.perform(petra, identity.begin_portal_view, ACME, WHY)
    own = await backend.perform(
        Actor.system("sign-in"), identity.open_session, SessionKind.portal, CLAIMS["petra"], datetime.now(UTC)
    )
    cookies = {
        CONSOLE_COOKIE: await console_cookie(backend, "petra"), PORTAL_COOKIE: own, VIEW_COOKIE: view.id,
    }  # fmt: skip
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=URL, cookies=cookies) as client:
        yield client


def forgets_the_view(answer: httpx2.Response) -> bool:
    lines = [line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{VIEW_COOKIE}=")]
    return bool(lines) and all("Max-Age=0" in line for line in lines)


async def test_the_portal_shows_the_tenant_and_says_who_looks(looking):
    me = (await looking.get(ME)).json()["data"]
    assert (me["user_id"], me["tenant_id"], me["roles"]) == (petra.id, ACME, ["tenant_admin"])
    assert (me["portal_view"]["reason"], me["portal_view"]["ticket"]) == (WHY.reason, WHY.ticket)
    listed = (await looking.get("/api/v1/organization/portal-views")).json()["data"]
    assert [view["operator_name"] for view in listed] == [me["portal_view"]["operator_name"]]
    assert (await looking.get("/api/v1/admin/tenants")).status_code == 403


async def test_every_changing_operation_is_refused_before_it_is_read(looking, app):
    asked = 0
    for path, operations in app.openapi()["paths"].items():
        for method in operations.keys() & {"post", "put", "patch", "delete"}:
            answer = await looking.request(method, re.sub(r"{[^}]+}", "x", path), headers=PORTAL)
            assert (answer.status_code, answer.json()["error"]["message"]) == (403, LOOKING_ONLY), (method, path)
            asked += 1
    assert asked > 60


async def test_a_view_that_is_over_is_401_and_never_the_operators_own_rights(looking, backend):
    backend.clock.advance(timedelta(minutes=30))
    answer = await looking.get(ME)
    assert (answer.status_code, "is over" in answer.json()["error"]["message"]) == (401, True)
    looking.cookies.delete(VIEW_COOKIE)
    assert (await looking.get(ME)).json()["data"]["tenant_id"] is None


async def test_the_cookie_of_a_view_proves_nothing_alone(looking, backend):
    view_id = looking.cookies[VIEW_COOKIE]
    for other in ("", "forged", await console_cookie(backend, "sam"), await console_cookie(backend, "pim")):
        looking.cookies.clear()
        looking.cookies.update({VIEW_COOKIE: view_id, CONSOLE_COOKIE: other})
        assert (await looking.get(ME)).status_code == 401, other


async def test_the_view_ends_with_the_console_session(looking):
    answer = await looking.post("/auth/logout", headers=PORTAL)
    assert (answer.status_code, forgets_the_view(answer)) == (200, True)
    # This client keeps the cookies it was given, as a thief would.
    assert (await looking.get(ME)).status_code == 401


async def test_ending_leads_back_to_the_tenants_page(looking, backend):
    foreign = await looking.post("/auth/end-view", headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert (await looking.get(ME)).status_code == 200
    answer = await looking.post("/auth/end-view", headers=PORTAL)
    assert answer.json()["data"]["redirect_url"] == f"/admin/tenant/details/{ACME}"
    assert forgets_the_view(answer)
    assert (await looking.get(ME)).status_code == 401
    again = await looking.post("/auth/end-view", headers=PORTAL)  # a second tab
    assert again.status_code == 200


async def test_a_view_of_somebody_else_is_forgotten_and_goes_on_for_them(looking, backend):
    view_id = looking.cookies[VIEW_COOKIE]
    looking.cookies.clear()
    looking.cookies.update({CONSOLE_COOKIE: await console_cookie(backend, "sam"), VIEW_COOKIE: view_id})
    answer = await looking.post("/auth/end-view", headers=PORTAL)
    assert (answer.status_code, answer.json()["data"]["redirect_url"]) == (200, "/admin/")
    assert forgets_the_view(answer)
    assert await backend.ask(petra, identity.portal_viewer, view_id) is not None
    assert await backend.ask(sam, identity.portal_viewer, view_id) is None
