"""
No way past the plan: whatever an agent asks of any route or tool, nothing changes but the plan that is kept.

The questions follow from the API's description and from the tools' own registry, so that a new way in is asked too.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from starlette.requests import Request

from scaicontrol.api import door, health
from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.db import Model
from scaicontrol.mcp.server import TOOLS
from tests.factories import ada, alice, nobody, petra
from tests.factories.api import rest_api
from tests.isolation.test_routes import Route, example, ids_for, ids_hidden_from, people_the_worlds, routes_of

from .database import beside_plans, differences

AGENTS = {
    person.id: replace(person, id=f"agt_of_{person.name.lower()}", kind=ActorKind.agent, on_behalf_of=person.id)
    for person in (ada, petra, alice)
}
PLANS = ("change_plan", "billing_run")
READS = ("get", "head")


@pytest.fixture
def dialect() -> str:
    """The judgement stands before the commit; which database commits does not matter to it."""
    return "sqlite"


@pytest_asyncio.fixture
async def world(backend: Backend, clock: Any) -> AsyncIterator[dict[str, list[str]]]:
    """Rows of every kind, by table."""
    await people_the_worlds(backend, clock)
    yield await ids_hidden_from(backend, nobody)


async def facts_beside_plans(backend: Backend) -> int:
    outbox = Model.metadata.tables["event_outbox"]
    query = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.resource_type.not_in(PLANS))
    async with backend.database.structure() as connection:
        return (await connection.execute(query)).scalar() or 0


@pytest.fixture
def client(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    async def by_name(request: Request, _: Backend) -> Actor:
        return AGENTS.get(request.headers.get("authorization", "").removeprefix("Bearer "), nobody)

    monkeypatch.setattr(door, "authenticate", by_name)
    monkeypatch.setattr(health, "authenticate", by_name)
    app = rest_api()
    app.state.backend = backend
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="https://scaicontrol.test")


def asked(route: Route, ids: dict[str, list[str]]) -> Iterator[str]:
    choices = [ids_for(parameter, ids)[:2] or ["pro"] for parameter in route.parameters]
    for number in range(max(map(len, choices), default=1)):
        path = route.path
        for parameter, found in zip(route.parameters, choices, strict=True):
            path = path.replace(f"{{{parameter}}}", found[number % len(found)])
        yield path


def filled(body: Any, ids: dict[str, list[str]]) -> Any:
    """Name what exists wherever a body names something, and agree to everything it asks."""
    if isinstance(body, list):
        return [filled(item, ids) for item in body]
    if not isinstance(body, dict):
        return body
    said = {}
    for name, value in body.items():
        known = ids_for(name.removesuffix("s"), ids) if name.removesuffix("s").endswith("_id") else []
        said[name] = filled(value, ids) if not known else known[:1] if isinstance(value, list) else known[0]
    return said


@pytest.mark.parametrize("person", AGENTS)
async def test_no_route_changes_anything_for_an_agent(backend, client, world, person, record_property):
    before, told = await beside_plans(backend), await facts_beside_plans(backend)
    stopped, wrong, cases = 0, [], 0
    schema = rest_api().openapi()
    for route in routes_of(schema):
        if route.method in READS:
            continue
        for path in asked(route, world):
            cases += 1
            headers = {"Authorization": f"Bearer {person}", "Idempotency-Key": f"k{cases}"}
            answer = await client.request(route.method, path, json=filled(route.body, world), headers=headers)
            if answer.status_code >= 500:
                wrong.append(f"{route.method} {path} → {answer.status_code} {answer.text[:200]}")
            elif answer.status_code == 403 and answer.json()["error"]["code"] == "APPROVAL_REQUIRED":
                stopped += 1
    after = await beside_plans(backend)
    wrong += [f"changed {each.table} {each.key}" for each in differences(before, after)]
    assert not wrong, "\n".join(wrong)
    assert await facts_beside_plans(backend) == told
    assert stopped >= 5, "Hardly anything would have been done: the questions are no good."
    record_property("counted", f"agent of {person}: {cases} changes asked of routes, {stopped} stopped for a plan")


@pytest.mark.parametrize("person", AGENTS)
async def test_no_tool_changes_anything_for_an_agent_that_does_not_plan(backend, world, person, record_property):
    before, told = await beside_plans(backend), await facts_beside_plans(backend)
    stopped, cases = 0, 0
    for tool in TOOLS.values():
        for action in tool.actions.values():
            if not (action.changes and action.is_planned):
                continue
            cases += 1
            schema = action.arguments.model_json_schema()
            body = example({"components": {"schemas": schema.get("$defs", {})}}, {**schema, "examples": None})
            given = {**filled(body, world), "action": action.name, "dry_run": False}
            try:
                await tool.call(backend, AGENTS[person], given)
            except ApprovalRequired:
                stopped += 1
            except ControlError:
                pass
            else:
                pytest.fail(f"{tool.name} {action.name} did something for {person}'s agent")
    assert await beside_plans(backend) == before
    assert await facts_beside_plans(backend) == told
    record_property("counted", f"agent of {person}: {cases} changes asked of tools, {stopped} stopped for a plan")
