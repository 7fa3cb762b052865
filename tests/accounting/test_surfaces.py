"""The books over HTTP and from the command line."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from scaicontrol import cli
from scaicontrol.api import door
from scaicontrol.cli import door as cli_door
from scaicontrol.db.engine import Database
from scaicontrol.services import accounting
from tests.factories import NORTHWIND, alice, nobody, petra
from tests.factories.accounting import MAPPING, an_integration
from tests.factories.api import rest_api
from tests.factories.invoices import finalized, rendered

CAST = {actor.id: actor for actor in (alice, petra)}
BOOKS = "/admin/accounting/integrations"


@pytest.fixture
def dialect() -> str:
    """Doors add nothing that depends on the database."""
    return "sqlite"


@pytest_asyncio.fixture
async def http(backend, monkeypatch):
    async def authenticate(request, _):
        return CAST.get(request.headers.get("authorization", ""), nobody)

    monkeypatch.setattr(door, "authenticate", authenticate)
    app = rest_api()
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/api/v1") as client:

        async def call(actor, method, path, body=None):
            return await client.request(method, path, json=body, headers={"authorization": actor.id})

        yield call


async def test_an_integration_from_its_making_to_its_end(backend, http, ports):
    offered = (await http(petra, "GET", "/admin/accounting/providers")).json()["data"]
    assert [each["slug"] for each in offered] == ["csv_journal", "datev_csv", "ubl_archive"]
    assert "consultant" in offered[1]["config_schema"]["properties"]
    body = {"provider": "csv_journal", "name": "Books", "mapping": MAPPING.model_dump(mode="json")}
    made = await http(petra, "POST", BOOKS, body)
    assert made.status_code == 201
    books = f"{BOOKS}/{made.json()['data']['id']}"
    assert (await http(petra, "POST", BOOKS, {**body, "provider": "exact"})).status_code == 422
    await finalized(backend)
    assert (await http(petra, "POST", f"{books}/test")).json()["data"]["ready"] is True
    started = await http(petra, "POST", f"{books}/sync", {"from": "2026-01-01", "to": "2026-01-31"})
    assert (started.status_code, started.json()["data"]) == (202, {"job_id": "accounting_sync", "queued": 1})
    assert ("run_job_now", ("accounting_sync",)) in ports.waker.woken
    await accounting.sync_due(backend)
    [item] = (await http(petra, "GET", f"{books}/sync-log?status=synced")).json()["data"]
    file = await http(petra, "GET", item["artefact_url"].split("/api/v1", 1)[1])
    assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert file.text.startswith("date,document_number")
    changed = await http(petra, "PUT", books, {**body, "name": "New", "version": 1})
    assert changed.json()["data"]["version"] == 2
    assert (await http(petra, "PUT", books, {**body, "version": 1})).status_code == 409
    assert (await http(petra, "DELETE", books)).json()["data"]["is_active"] is False
    assert (await http(petra, "GET", books)).json()["data"]["name"] == "New"
    assert len((await http(petra, "GET", BOOKS)).json()["data"]) == 1
    for path in (BOOKS, books, f"{books}/sync-log"):
        assert (await http(alice, "GET", path)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"force": True},
        {"from": "yesterday"},
        {"until": "2026-01-01"},
    ],
)
async def test_a_range_that_makes_no_sense_is_named(backend, http, body):
    books = await an_integration(backend)
    assert (await http(petra, "POST", f"{BOOKS}/{books.id}/sync", body)).status_code == 422


@pytest.fixture
def run(backend, monkeypatch):
    """Run a command in a thread of its own, as it brings its own event loop and connections."""

    @asynccontextmanager
    async def connect():
        database = Database(backend.database.url)
        try:
            yield replace(backend, database=database)
        finally:
            await database.dispose()

    monkeypatch.setattr(cli_door, "connect", connect)

    async def invoke(*words):
        given = ["admin", "accounting", *map(str, words)]
        return await asyncio.to_thread(CliRunner().invoke, cli.build(), given)

    return invoke


async def test_the_command_line_lists_tests_syncs_and_exports(backend, run, tmp_path):
    books = await an_integration(backend)
    await rendered(backend)
    listed = json.loads((await run("list", "--json")).stdout)
    assert [(each["id"], each["provider"]) for each in listed] == [(books.id, "csv_journal")]
    assert json.loads((await run("show", books.id, "--json")).stdout)["mapping"]["debtor_account"] == "1300"
    assert (await run("test", books.id)).exit_code == 0
    said = await run("sync", books.id, "--from", "2026-01-01", "--to", "2026-01-31", "--yes")
    assert said.stdout.strip() == "1 items wait to be exported."
    out = tmp_path / "journal.csv"
    words = ("export", "--provider", "csv_journal", "--partner", NORTHWIND, "--output", out)
    made = await run(*words, "--from", "2026-01-01", "--to", "2026-01-31", "--json")
    assert (made.exit_code, json.loads(made.stdout)["items"]) == (0, 1)
    kept = out.read_bytes()
    again = await run(*words, "--from", "2026-01-01", "--to", "2026-01-31")
    assert (again.exit_code, out.read_bytes()) == (4, kept)  # a file that is there is never written over
    assert (await run(*words[:-1], tmp_path / "x", "--from", "2026-02-01", "--to", "2026-01-31")).exit_code == 2
    assert (await run(*words[:-1], tmp_path / "x", "--from", "2025-01-01", "--to", "2025-01-31")).exit_code == 3


async def test_a_mapping_that_lacks_something_ends_the_test_with_one(backend, run):
    books = await an_integration(backend, mapping={})
    await finalized(backend)
    assert (await run("test", books.id)).exit_code == 1
