"""
Every MCP tool and every command that names a row, asked for what belongs to somebody else.

The cases follow from the tool list and the command tree, as those of the routes follow from the OpenAPI description.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import typer
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Tool
from starlette.applications import Starlette
from typer.testing import CliRunner

from scaicontrol import cli
from scaicontrol.cli import door
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.settings import Settings
from scaicontrol.mcp.server import TOOLS, build_mcp
from tests.factories import gina, ian, petra, sam, tom
from tests.isolation.test_routes import ids_for, ids_hidden_from, people_the_worlds, snapshot

URL = "http://localhost:8000/mcp"
ACTORS = {actor.id: actor for actor in (gina, ian, petra, sam, tom)}


@pytest.fixture
def dialect() -> str:
    """Statements are tested on both databases; surfaces add nothing that depends on one."""
    return "sqlite"


@pytest_asyncio.fixture
async def tools(backend: Backend, clock: Any, settings: Settings) -> AsyncIterator[httpx2.ASGITransport]:
    async def by_name(_: Backend, token: str) -> Actor:
        return ACTORS[token]

    await people_the_worlds(backend, clock)
    surface = build_mcp(settings.model_copy(update={"scaikey_issuer": "https://key.example.com"}), by_name)
    surface.bind(backend)
    running, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # in one task: a fixture is entered and left in two
        async with surface.session_manager.run():
            running.set()
            await over.wait()

    living = asyncio.create_task(live())
    await running.wait()
    yield httpx2.ASGITransport(Starlette(routes=surface.routes))
    over.set()
    await living


def shapes_of(tool: Tool) -> Iterator[dict[str, Any]]:
    """Give what each action takes that the caller is shown."""
    for name in tool.input_schema["properties"]["action"]["enum"]:
        yield TOOLS[tool.name].actions[name].arguments.model_json_schema()


def arguments(schema: dict[str, Any], hidden: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    """Fill a shape with foreign ids wherever it names something, first really, then as a rehearsal."""
    wanted = filled(schema, schema, hidden)
    yield {**wanted, "dry_run": False} if "dry_run" in schema["properties"] else wanted
    if "dry_run" in schema["properties"]:
        yield {**wanted, "dry_run": True}


def filled(schema: dict[str, Any], shape: dict[str, Any], hidden: dict[str, list[str]]) -> dict[str, Any]:
    found = {name: value_of(schema, name, part, hidden) for name, part in shape["properties"].items()}
    return {name: value for name, value in found.items() if value is not None or name in shape.get("required", ())}


def value_of(schema: dict[str, Any], name: str, part: dict[str, Any], hidden: dict[str, list[str]]) -> Any:
    if "const" in part:
        return part["const"]
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rsplit("/", 1)[-1]]
    if part.get("properties"):
        return filled(schema, part, hidden)
    if name in ("id", "ids") or name.endswith(("_id", "_ids")):
        found = ids_for("invoice_id" if name in ("id", "ids") else name.removesuffix("s"), hidden)
        return (found[:2] if name.endswith("ids") else found[0]) if found else None
    if "enum" in part:
        return part["enum"][0]
    if part.get("examples"):
        return part["examples"][0]
    return {"string": "x", "integer": 1, "boolean": True, "array": [], "object": {}}.get(str(part.get("type")))


@pytest.mark.parametrize("name", ACTORS)
async def test_no_tool_shows_or_changes_what_is_foreign(
    tools: httpx2.ASGITransport, backend: Backend, name: str, record_property
):
    hidden = await ids_hidden_from(backend, ACTORS[name])
    before = await snapshot(backend, hidden)
    wrong: list[str] = []
    cases = 0
    async with (
        httpx2.AsyncClient(transport=tools, headers={"authorization": f"Bearer {name}"}) as http,
        Client(streamable_http_client(URL, http_client=http)) as client,
    ):
        for tool in (await client.list_tools()).tools:
            for shape in shapes_of(tool):
                for given in arguments(shape, hidden):
                    cases += 1
                    result = await client.call_tool(tool.name, given)
                    said = json.dumps(result.structured_content) + "".join(str(part) for part in result.content)
                    asked = json.dumps(given)
                    shown = [key for keys in hidden.values() for key in keys if key in said and key not in asked]
                    if shown or "internal_error" in said:
                        wrong.append(f"{tool.name} {given} shows {shown[:3]} {said[:200]}")
    after = await snapshot(backend, hidden)
    wrong += [f"changed {key}" for key, row in before.items() if after.get(key) != row]
    record_property("counted", f"isolation as {name}: {cases} tool calls")
    assert cases > 0
    assert not wrong, "\n".join(wrong)


def commands() -> Iterator[tuple[list[str], Any]]:
    """Walk the command tree: the words of each command that acts as a user, and its parameters."""
    waiting: list[tuple[list[str], Any]] = [([], typer.main.get_command(cli.build()))]
    while waiting:
        words, command = waiting.pop()
        for name, inner in getattr(command, "commands", {}).items():
            waiting.append(([*words, name], inner))
        if not hasattr(command, "commands") and any(p.name == "as_user" for p in command.params):
            yield words, command


@pytest.mark.parametrize("name", [gina.id, sam.id, tom.id])
async def test_no_command_shows_or_changes_what_is_foreign(
    backend: Backend, clock: Any, name: str, monkeypatch: pytest.MonkeyPatch, record_property
):
    await people_the_worlds(backend, clock)
    hidden = await ids_hidden_from(backend, ACTORS[name])
    before = await snapshot(backend, hidden)

    @contextlib.asynccontextmanager
    async def connected() -> AsyncIterator[Backend]:
        yield backend

    async def by_name(_: Backend, user_id: str | None) -> Actor:
        return ACTORS[str(user_id)].on("cli")

    monkeypatch.setattr(door, "connect", connected)
    monkeypatch.setattr(door, "_actor", by_name)
    wrong: list[str] = []
    cases = answered = 0
    for words, command in commands():
        given = [*words]
        for parameter in command.params:
            if parameter.param_type_name == "argument" or parameter.required:
                ids = ids_for(str(parameter.name), hidden)
                value = ids[0] if ids else "x"
                given += [value] if parameter.param_type_name == "argument" else [parameter.opts[0], value]
        given += ["--as", name, *(["--yes"] if any(p.name == "yes" for p in command.params) else [])]
        cases += 1
        result = await asyncio.to_thread(CliRunner().invoke, cli.build(), given)
        shown = [key for keys in hidden.values() for key in keys if key in result.output and key not in given]
        crashed = result.exception is not None and not isinstance(result.exception, SystemExit)
        answered += result.exit_code == 0
        if shown or crashed:
            wrong.append(f"{' '.join(given)} shows {shown[:3]} {result.exception!r}")
    after = await snapshot(backend, hidden)
    wrong += [f"changed {key}" for key, row in before.items() if after.get(key) != row]
    record_property("counted", f"isolation as {name}: {cases} commands, {answered} answered")
    assert cases > 10
    assert answered > 0  # what one may ask of one's own still works
    assert not wrong, "\n".join(wrong)
