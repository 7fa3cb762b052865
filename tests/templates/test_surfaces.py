"""The same verbs over REST, MCP and the command line."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from scaicontrol import cli
from scaicontrol.api import door
from scaicontrol.cli import door as cli_door
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.db.engine import Database
from scaicontrol.mcp import templates as mcp_templates
from tests.factories import ACME, ada, petra
from tests.factories.api import rest_api
from tests.factories.invoices import finalized
from tests.factories.templates import BY_HAND, draft, tenant_names

BASE = "/api/v1/admin/billing/templates"
NEW = {"name": "fancy", "document_type": "invoice", "html_content": BY_HAND}


@pytest.fixture
def dialect() -> str:
    """Doors add nothing that depends on the database."""
    return "sqlite"


@pytest_asyncio.fixture
async def rest(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    async def as_petra(*_: Any) -> Any:
        return petra

    monkeypatch.setattr(door, "authenticate", as_petra)
    app = rest_api()
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://scaicontrol.test") as client:
        yield client


async def test_the_life_of_a_template_over_rest(rest, backend):
    made = (await rest.post(BASE, json=NEW)).json()["data"]
    assert (made["version"], made["published_version"], made["html_content"]) == (1, None, BY_HAND)
    path = f"{BASE}/{made['id']}"
    saved = await rest.put(path, json={"version": 1, "html_content": BY_HAND + "<p>x", "name": "fancy"})
    assert saved.json()["data"]["version"] == 2
    assert (await rest.put(path, json={"version": 1, "html_content": "<p>"})).status_code == 409
    live = await rest.post(f"{path}/publish", json={}, headers={"Idempotency-Key": "once"})
    assert live.json()["data"]["published_version"] == 2
    assert [each["version"] for each in (await rest.get(f"{path}/versions")).json()["data"]] == [2, 1]
    german = await rest.post(f"{path}/duplicate", json={"language": "de"})
    assert german.status_code == 201
    (group,) = (await rest.get(BASE, params={"name": "fancy"})).json()["data"]
    assert [each["language"] for each in group["languages"]] == [None, "de"]
    assert group["languages"][0]["html_content"] is None
    (group,) = (await rest.get(BASE, params={"language": "de", "include": "content"})).json()["data"]
    assert group["languages"][0]["html_content"].startswith(BY_HAND)
    await tenant_names(backend, "fancy", ACME)
    assert (await rest.delete(path)).status_code == 409
    assert (await rest.delete(f"{BASE}/{german.json()['data']['id']}")).json()["data"] == {"deleted": True}


async def test_what_is_refused_names_field_and_line(rest):
    answer = await rest.post(BASE, json=NEW | {"html_content": "<p>\n<script>", "css_content": "@import 'x';"})
    assert answer.status_code in (400, 422)
    reasons = answer.json()["error"]["reasons"]
    assert [(each["field"], each["message"].partition(":")[0]) for each in reasons] == [
        ("html_content", "Line 2"),
        ("css_content", "Line 1"),
    ]


async def test_a_preview_is_a_page_or_a_pdf(rest, backend):
    shown = await rest.post(
        f"{BASE}/preview", json={"document_type": "invoice", "html_content": "{{ invoice.number }}"}
    )
    data = shown.json()["data"]
    assert "SCAI-2026-000042" in data["html"]
    assert any("the seller's name" in each for each in data["missing"])
    invoice = await finalized(backend)
    asked = {"document_type": "invoice", "html_content": "{{ invoice.number }}", "invoice_id": invoice.id}
    assert str(invoice.number) in (await rest.post(f"{BASE}/preview", json=asked)).json()["data"]["html"]
    pdf = await rest.post(f"{BASE}/preview", json=asked | {"output": "pdf"})
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")


async def test_a_preview_of_a_reminder_is_of_the_document_and_as_late_as_the_sample(rest, backend):
    invoice = await finalized(backend)
    html = "{{ invoice.number }}, {{ reminder.days_overdue }} days"
    asked = {"document_type": "payment_reminder", "html_content": html, "invoice_id": invoice.id}
    shown = await rest.post(f"{BASE}/preview", json=asked)
    assert f"{invoice.number}, 7 days" in shown.json()["data"]["html"]


async def test_the_variables_are_a_tree(rest):
    roots = (await rest.get(f"{BASE}/variables", params={"document_type": "invoice"})).json()["data"]
    lines = next(each for each in roots if each["name"] == "lines")
    amount = next(each for each in lines["children"] if each["name"] == "amount")
    assert (lines["kind"], amount["liquid"], amount["sample"]) == ("list", "{{ line.amount | money }}", "178.80")
    mail = (await rest.get(f"{BASE}/variables", params={"document_type": "email_trial_ending"})).json()["data"]
    assert {each["name"] for each in mail} == {"recipient", "portal_url", "subscription", "seller", "brand", "labels"}


async def test_an_agent_reads_tries_and_rehearses(backend):
    async def call(action: str, **given: Any) -> Any:
        return await mcp_templates.tool.call(backend, petra, {"action": action, **given})

    planned = await call("create", dry_run=True, template=NEW)
    assert [fact["topic"] for fact in planned["change_plan"]["facts"]] == ["template.saved"]
    assert (await call("list"))["data"] == []
    made = await call("create", dry_run=False, template=NEW)
    template_id = made["data"]["id"]
    content = {"version": 1, "html_content": BY_HAND}
    saved = await call("update", dry_run=False, template_id=template_id, template=content)
    assert saved["data"]["version"] == 2
    with pytest.raises(Conflict):
        await call("update", dry_run=False, template_id=template_id, template=content)
    assert (await call("get", template_id=template_id))["data"]["html_content"] == BY_HAND
    assert [each["is_valid"] for each in (await call("validate"))["data"]] == [True]
    tried = await call(
        "preview", template={"document_type": "invoice", "html_content": "<p>{{ totals.total | money }}"}
    )
    assert "€2,044.09" in tried["data"]["html"]


@pytest.fixture
def run(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Any:
    @asynccontextmanager
    async def connect() -> AsyncIterator[Backend]:
        database = Database(backend.settings.effective_database_url)
        try:
            yield Backend(backend.settings, database, backend.clock, backend.ports)
        finally:
            await database.dispose()

    monkeypatch.setattr(cli_door, "connect", connect)

    async def run(*words: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, cli.build(), ["admin", "templates", *words])

    return run


async def test_the_command_line_checks_and_carries_templates(run, backend, tmp_path):
    await draft(backend, by=ada)
    listed = json.loads((await run("list", "--json")).stdout)
    assert [(each["owner"], each["name"], each["published_version"]) for each in listed] == [
        ("platform", "fancy", None)
    ]
    assert (await run("validate", "--name", "fancy", "--type", "invoice")).exit_code == 0
    file = tmp_path / "templates.json"
    assert "Wrote 1 templates" in (await run("export", "--output", str(file))).stdout
    await draft(backend, by=ada, name="incomplete", html_content="<p>{{ invoice.number }}", language="nl")
    checked = await run("validate", "--lang", "nl")
    assert checked.exit_code == 1
    assert "incomplete (invoice, nl): The template does not show the seller's name" in checked.stderr
    brought = await run("import", str(file), "--partner", petra.partner_id, "--json", "--dry-run")
    assert [each["outcome"] for each in json.loads(brought.stdout)] == ["created"]
    assert [each["outcome"] for each in json.loads((await run("import", str(file), "--json", "--yes")).stdout)] == [
        "unchanged"
    ]
    file.write_text('[{"name": "x"}]')
    assert (await run("import", str(file), "--yes")).exit_code == 2
    assert (await run("import", str(tmp_path / "none.json"), "--yes")).exit_code == 3
