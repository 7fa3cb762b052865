"""Whatever stands in an argument, the answer of a tool is a sentence in our envelope, and never a crash."""

import json
from dataclasses import replace
from itertools import cycle, islice
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from mcp import types

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.backend import Backend
from scaicontrol.mcp.action import ToolAction
from scaicontrol.mcp.server import TOOLS, _call_tool
from tests.factories import alice, petra
from tests.factories.invoices import a_draft
from tests.factories.subscriptions import market, subscribed

from .test_mcp import ACCEPT, URL, web

__all__ = ["web"]

# What a value may be is the same on both databases; what a database does with it is each feature's matter.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])

ACTORS = (petra, replace(petra, id="agt_robin", kind=ActorKind.agent, on_behalf_of=petra.id), alice)
LONG = 100_000


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


# No argument of anything may be these.
NEVER: list[Any] = [
    *("a\0b", "\ud800", {"\ud800": 1}, {"a": {"b": ["\0"]}}),
    *(2**63, -(10**20), 10**400, float("nan"), -float("inf"), [10**30]),
    *(nested(25), nested(500), [0] * 20_001),
]
ODD: list[Any] = [
    *("", "true", "0", "x" * LONG, '{"a":1}', "0001-01-01", "9999-12-31"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *(True, False, 0, 1, -1, 2**63 - 1, -(2**63), 0.5, [], {}, [None], {"a": 1}),
]
JSON_TYPE = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def kinds(schema: dict[str, Any], definitions: dict[str, Any]) -> set[str]:
    """Give the JSON types a schema allows."""
    if reference := schema.get("$ref"):
        return kinds(definitions[reference.rpartition("/")[2]], definitions)
    inner = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, [])]
    found = {kind for each in inner for kind in kinds(each, definitions)}
    values = [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]
    return found | {JSON_TYPE[type(value)] for value in values} | ({schema["type"]} if "type" in schema else set())


def longest(schema: Any) -> int:
    """Give the most characters a schema speaks of; a text that says nothing has a bound all the same."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    said = schema.get("maxLength", 0) if isinstance(schema, dict) else 0
    return max([said, *map(longest, inner)])


def must_be_refused(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    if any(value is each for each in NEVER):
        return True
    allowed, kind = kinds(schema, definitions), JSON_TYPE[type(value)]
    fits = kind in allowed or (kind == "integer" and "number" in allowed)
    return not fits or (value == "x" * LONG and longest(schema) < LONG)


def plausible(action: ToolAction, ids: dict[str, str]) -> dict[str, Any]:
    """Give arguments that would do, from the models' own examples and what is in the database."""
    schema = action.arguments.model_json_schema()
    given: dict[str, Any] = {}
    for part in action.parts.values():
        if hasattr(part, "model_json_schema"):
            given |= next(iter(part.model_json_schema().get("examples", [])), {})
    missing = {name for name in schema["required"] if name not in given and name != "action"}
    made = {"string": "2026-01-01", "integer": 2026, "array": [], "object": {}, "boolean": False, "number": 1}
    for name in missing:
        about, defs = schema["properties"][name], schema.get("$defs", {})
        whole = defs.get(about.get("$ref", "").rpartition("/")[2], {})
        kind = next(iter(kinds(about, defs)), "string")
        given[name] = ids.get(name) or next(iter(whole.get("examples", [])), made[kind])
    return given | ({"dry_run": True} if action.changes else {})


@pytest_asyncio.fixture
async def ids(backend: Backend) -> dict[str, str]:
    await market(backend)
    return {
        "invoice_id": (await a_draft(backend)).id,
        "subscription_id": (await subscribed(backend)).id,
        "reason": "Because.",
    }


async def ask(backend: Backend, actor: Actor, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call as the server does once the transport has read a request, and hold the shape of the answer."""
    scope = {"backend": backend, "actor": actor.on("mcp", "req_1"), "request_id": "req_1"}
    context: Any = SimpleNamespace(request=SimpleNamespace(scope=scope))
    result = await _call_tool(context, types.CallToolRequestParams(name=tool, arguments=arguments))
    body: dict[str, Any] = result.structured_content or {}
    assert json.loads(result.content[0].text.encode()) == body  # type: ignore[union-attr]  # it is text
    assert bool(result.is_error) == ("error" in body)
    if "error" in body:
        assert body["error"]["code"] != "internal_error", body
        assert body["error"]["message"].strip()
        assert body["error"]["request_id"] == "req_1"
        assert len(result.content[0].text) < 20_000  # type: ignore[union-attr]  # it is text
    return body


@pytest.mark.parametrize("some", [pytest.param(4, id="in-turns"), pytest.param(None, marks=pytest.mark.long, id="all")])
@pytest.mark.parametrize("name", TOOLS)
async def test_no_argument_of_any_action_is_too_odd_for_a_sentence(backend, ids, name, some):
    turns, values = cycle(ACTORS), cycle((*NEVER, *ODD))
    for action in TOOLS[name].actions.values():
        schema, given = action.arguments.model_json_schema(), {"action": action.name, **plausible(action, ids)}
        for argument, about in schema["properties"].items():
            for value in islice(values, some or len(NEVER) + len(ODD)):
                refused = must_be_refused(value, about, schema.get("$defs", {}))
                for actor in ACTORS if refused else (next(turns),):
                    body = await ask(backend, actor, name, given | {argument: value})
                    assert "error" in body or not refused, f"{action.name} took {argument} = {value!r:.80}"


@pytest.mark.parametrize("argument", ["reson", "", "x" * LONG, "a\0", "\ud800", "dry_run ", "DRY_RUN", "uow"])
async def test_an_argument_nobody_knows_is_refused(backend, ids, argument):
    for name, tool in TOOLS.items():
        for action in tool.actions.values():
            given = {"action": action.name, **plausible(action, ids), argument: "x"}
            for actor in ACTORS:
                assert "error" in await ask(backend, actor, name, given)


async def test_many_arguments_nobody_knows_are_refused_in_few_words(backend):
    many = {f"x{number}": 1 for number in range(10_000)}
    assert "error" in await ask(backend, petra, "manage_invoices", {"action": "list", **many})


@pytest.mark.parametrize("name", ["\ud800", "x" * LONG, "", "\0", None, 7, ["list"], {"a": 1}])
async def test_an_action_nobody_knows_is_refused(backend, name):
    for tool in TOOLS:
        assert (await ask(backend, petra, tool, {"action": name}))["error"]["code"] == "validation_error"
    if isinstance(name, str):
        assert (await ask(backend, petra, name, {}))["error"]["code"] == "TOOL_NOT_FOUND"


WIRE = [
    (b'"\\ud800"', "q"), (b'"\\u0000"', "q"), (b'"' + b"x" * 1_000_000 + b'"', "q"), (b"1" * 20, "page"),
    (b"1" * 5000, "page"), (b"1e999", "page"), (b"NaN", "page"), (b"Infinity", "page"), (b'"true"', "overdue"),
    (b"1", "overdue"), (b"[" * 500 + b"]" * 500, "q"), (b'"\xff\xfe"', "q"), (b'"2"', "page"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "name"), WIRE, ids=lambda value: str(value)[:20])
async def test_the_transport_answers_too(web, value, name):
    arguments = b'{"action": "list", "%s": %s}' % (name.encode(), value)
    params = b'{"name": "manage_invoices", "arguments": %s}' % arguments
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": %s}' % params
    headers = ACCEPT | {"authorization": "Bearer petra", "content-type": "application/json"}
    async with httpx2.AsyncClient(transport=web) as http:
        answer = await http.post(URL, content=body, headers=headers)
    assert answer.status_code < 500
    said = answer.json()
    refused = said["result"]["isError"] if "result" in said else "error" in said
    assert refused, said
    if "result" in said:
        assert said["result"]["structuredContent"]["error"]["code"] == "validation_error"
