"""What agents are shown of the tools, that every action works, and that none acts for an agent without a plan."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import BaseModel

from scaicontrol.core.backend import Backend
from scaicontrol.mcp.action import ToolAction
from scaicontrol.mcp.flat import input_schema
from scaicontrol.mcp.server import TOOLS
from scaicontrol.mcp.untrusted import is_ours, untrusted
from tests.changes.plans import agent_of
from tests.factories import ada, pim
from tests.factories.payments import faulty_sandbox

from . import test_mcp
from .mcp_stage import FORGED, changes_with_a_deed, every_action, facts, reads_and_lone_changes
from .test_mcp import URL, web
from .test_parity import rita

__all__ = ["web"]

MOST_BYTES = 30_000
SCALARS = ("string", "integer", "boolean", "number", "array", "object")
AGENT = agent_of(ada, "agt_ada")


def shown_to_an_operator() -> list[dict[str, Any]]:
    seen = [tool.seen_by(ada) for tool in TOOLS.values()]
    return [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in seen if each is not None]


def takers(tool: dict[str, Any], argument: str) -> dict[str, bool]:
    """Read, as an agent does, which actions take an argument, and whether they need it."""
    said = tool["inputSchema"]["properties"][argument]["description"].split(":")[0].split("{")[0]
    headings: dict[str, list[str]] = {}
    for line in tool["description"].splitlines()[1:]:
        if line.endswith(":") and line[:-1] in ("Lists", "Reads", "Changes"):
            heading = headings.setdefault(line[:-1].lower(), [])
        else:
            heading.append(line.partition(":")[0])
    if said in headings:
        return dict.fromkeys(headings[said], False)
    return {name.rstrip("*"): name.endswith("*") for name in said.split(", ")}


def test_all_tools_of_an_operator_take_at_most_thirty_kilobytes(record_property):
    tools = shown_to_an_operator()
    size = len(json.dumps({"tools": tools}, ensure_ascii=False, separators=(",", ":")).encode())
    actions = sum(len(tool["inputSchema"]["properties"]["action"]["enum"]) for tool in tools)
    record_property("counted", f"tools/list of an operator: {len(tools)} tools, {actions} actions, {size} bytes")
    assert size <= MOST_BYTES


@pytest.mark.parametrize("tool", shown_to_an_operator(), ids=lambda tool: tool["name"])
def test_an_input_schema_is_flat_and_says_what_each_action_takes(tool: dict[str, Any]):
    schema = tool["inputSchema"]
    assert not {"oneOf", "anyOf", "allOf", "$defs", "$ref"} & set(re.findall(r'"(\$?\w+)":', json.dumps(schema)))
    assert (schema["type"], schema["required"]) == ("object", ["action"])
    told: dict[str, dict[str, bool]] = {name: {} for name in schema["properties"]["action"]["enum"]}
    for argument, about in schema["properties"].items():
        assert about["type"] in SCALARS
        if argument != "action":
            for action, needed in takers(tool, argument).items():
                told[action][argument] = needed
    for known in TOOLS[tool["name"]].actions.values():
        name, truly = known.name, known.arguments.model_json_schema()
        needed = truly["required"]
        assert told[name] == {each: each in needed for each in truly["properties"] if each != "action"}, name


def test_one_name_of_two_types_is_no_tool():
    class Counted(BaseModel):
        wanted: int

    class Named(BaseModel):
        wanted: str

    async def count(uow: Any, body: Counted) -> None: ...
    async def name(uow: Any, body: Named) -> None: ...

    out = TOOLS["manage_tenants"].actions["get"].out
    actions = [ToolAction(verb.__name__, verb, out, ()) for verb in (count, name)]
    with pytest.raises(TypeError, match="manage_moons: wanted is"):
        input_schema("manage_moons", actions)


def test_hints_tell_reading_from_destroying():
    hints = {tool["name"]: tool["annotations"] for tool in shown_to_an_operator()}
    reads = {name for name, each in hints.items() if each["readOnlyHint"]}
    assert reads == {"manage_usage", "manage_tenants"}
    for name, tool in TOOLS.items():
        assert hints[name]["readOnlyHint"] is not any(action.changes for action in tool.actions.values())
        assert hints[name]["destructiveHint"] is any(action.destructive for action in tool.actions.values())


@pytest.mark.parametrize("viewer", [rita, pim], ids=lambda viewer: viewer.id)
def test_who_only_reads_is_shown_no_change(viewer):
    for key, action in every_action():
        if action.changes and "notifications:mark_read" not in action.permissions:
            assert not action.open_to(viewer), key


def test_we_know_how_to_come_to_every_action_or_say_so():
    deeds, every = changes_with_a_deed(), dict(every_action())
    assert set(deeds) <= set(every)


DIALECTS = [pytest.param("mariadb", marks=pytest.mark.mariadb), pytest.param("sqlite", marks=pytest.mark.long)]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_official_client_runs_every_action_and_an_agent_leaves_nothing(
    web: httpx2.ASGITransport, backend: Backend, monkeypatch: pytest.MonkeyPatch, record_property
):
    monkeypatch.setitem(test_mcp.CAST, "agent_of_ada", AGENT)
    faulty_sandbox(backend)
    others = await reads_and_lone_changes(backend)
    deeds, actions = changes_with_a_deed(), dict(every_action())
    asked = {*others, *deeds, "manage_platform.get_change_plan", "manage_platform.apply_change_plan"}
    assert asked == set(actions), "tell tests/surfaces/mcp_stage.py how the new action is asked"
    plans: dict[str, dict[str, Any]] = {}
    wrong: list[str] = []
    refused = 0
    async with (
        httpx2.AsyncClient(transport=web, headers={"authorization": "Bearer agent_of_ada"}) as http,
        Client(streamable_http_client(URL, http_client=http)) as client,
    ):

        async def call(key: str, **arguments: Any) -> dict[str, Any]:
            tool, _, action = key.partition(".")
            return dict((await client.call_tool(tool, {"action": action, **arguments})).structured_content or {})

        assert {tool.name for tool in (await client.list_tools()).tools} == set(TOOLS)
        for key in [*others, *deeds]:
            action = actions[key]
            given = await deeds[key].given(backend) if key in deeds else {"action": action.name, **others[key]}
            before = await facts(backend)
            answer = await call(key, **{name: value for name, value in given.items() if name != "action"})
            if not answer.get("ok"):
                wrong.append(f"{key}: {answer}")
            elif action.changes:
                plans[key] = answer["change_plan"]
                at_once = {name: value for name, value in given.items() if name != "action"} | {"dry_run": False}
                told = await call(key, **at_once)
                refused += told.get("error", {}).get("code") == "APPROVAL_REQUIRED"
            if action.changes and await facts(backend) != before:
                wrong.append(f"{key} left something")
        for key, plan in plans.items():
            if plan["requires_approval"]:
                named = {"plan_id": plan["id"], "plan_hash": plan["plan_hash"]}
                told = await call("manage_platform.apply_change_plan", **named)
                if told["error"]["code"] != "APPROVAL_REQUIRED":
                    wrong.append(f"{key} was applied without anybody's word: {told}")
        first = next(iter(plans.values()))
        assert (await call("manage_platform.get_change_plan", plan_id=first["id"]))["data"]["id"] == first["id"]
        notices = await call("manage_notifications.list")
    changing = [key for key, action in actions.items() if action.changes and action.is_planned]
    held = sum(plan["requires_approval"] for plan in plans.values())
    record_property(
        "counted",
        f"the official client: {len(TOOLS)} tools, {len(actions)} actions; of an agent's {len(changing)} changes"
        f" {refused} were refused without a plan, and {held} plans wait for a person",
    )
    assert not wrong, "\n".join(wrong)
    assert set(plans) == set(changing)
    assert refused == len(changing)
    assert held > 10
    assert FORGED in [row["title"] for row in notices["data"]]
    assert "data[].title" in notices["untrusted"]


# What others wrote

# The verb itself takes only what is on a list of ours, or keeps nothing of it.
CHECKED = {"plan_hash", "resolution", "resource_id", "role"}


def texts(shape: dict[str, Any], defs: dict[str, Any], name: str) -> Iterator[str]:
    """Name the fields of a body that take any text at all."""
    if reference := shape.get("$ref"):
        yield from texts(defs[reference.rpartition("/")[2]], defs, name)
    for choice in shape.get("anyOf", ()):
        yield from texts(choice, defs, name)
    for each, inner in shape.get("properties", {}).items():
        yield from texts(inner, defs, each)
    if "items" in shape:
        yield from texts(shape["items"], defs, name)
    if shape.get("type") == "string" and not {"enum", "const", "pattern", "format"} & shape.keys():
        yield name


def test_no_text_that_somebody_may_write_is_taken_for_ours():
    for key, action in every_action():
        if action.changes:
            schema = action.arguments.model_json_schema()
            written = set(texts(schema, schema.get("$defs", {}), "")) - CHECKED
            assert not {name for name in written if is_ours(name)}, key


def test_a_text_is_named_by_its_place_whatever_it_says():
    row = {"id": "inv_1", "notes": "x", "status": "draft", "lines": [{"description": FORGED, "amount_cents": 1}]}
    answer = {"ok": True, "action": "list", "data": [row, row | {"buyer_snapshot": {"name": FORGED}}]}
    assert untrusted(answer) == ["data[].notes", "data[].lines[].description", "data[].buyer_snapshot"]
    assert untrusted({"data": {"id": "inv_1", "notes": "", "total_cents": 1}}) == []
    plan = {"facts": [{"topic": "invoice.voided", "payload": {"reason": FORGED}}]}
    assert untrusted({"data": None, "change_plan": plan}) == ["change_plan.facts[].payload"]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_there_is_nothing_to_listen_to_and_no_session_to_end(web: httpx2.ASGITransport):
    async with httpx2.AsyncClient(transport=web, headers={"authorization": "Bearer petra"}) as http:
        for method in ("GET", "DELETE", "PUT", "HEAD"):
            answer = await http.request(method, URL)
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), method
