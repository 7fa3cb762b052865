"""The index finds what the routes one after the other would have found, and leaves the rest to them."""

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match

from scaicontrol.api.app import build_api
from scaicontrol.api.route_index import RouteIndex


@pytest.fixture(scope="module")
def api() -> FastAPI:
    return build_api()


def scope_for(route: APIRoute) -> dict[str, object]:
    path = "/".join("some_id" if "{" in part else part for part in route.path.split("/"))
    return {"type": "http", "method": min(route.methods or ()), "path": path, "root_path": ""}


def test_every_endpoint_is_found_as_before(api):
    index, *routes = api.router.routes
    assert isinstance(index, RouteIndex)
    endpoints = [route for route in routes if isinstance(route, APIRoute) and ":path}" not in route.path]
    assert len(endpoints) > 100  # without those whose paths have no shape: they are left to the routes behind
    for route in endpoints:
        scope = scope_for(route)
        match, found = index.matches(scope)
        in_turn = next(other for other in endpoints if other.matches(scope)[0] is Match.FULL)
        assert (match, found["route"].path) == (Match.FULL, in_turn.path)


async def test_a_wrong_method_and_a_missing_path_are_told_apart():
    app = FastAPI()

    @app.get("/things/{thing_id}")
    async def show(thing_id: str) -> str:
        return thing_id

    @app.get("/things/special")
    async def special() -> str:
        return "never asked by a request in turn, always by its fixed words"

    app.router.routes.insert(0, RouteIndex(app.router.routes))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        assert (await http.get("/things/one")).json() == "one"
        wrong = await http.delete("/things/one")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
        assert (await http.get("/nothing/one")).status_code == 404
        assert (await http.get("/things/special")).json().startswith("never")
