"""Reminders at the command line and over REST; what a dry run says and leaves."""

import json
from datetime import timedelta

import httpx
import pytest

from scaicontrol.api import door as rest_door
from scaicontrol.services import statements
from tests.factories import ada, alice, petra
from tests.factories.api import rest_api
from tests.factories.invoices import sent


@pytest.fixture
def dialect():
    """Doors add nothing that depends on the database."""
    return "sqlite"


@pytest.fixture
def run(command_line):
    async def run(*words):
        return await command_line("admin", "invoices", *words)

    return run


@pytest.fixture
async def overdue(backend, clock):
    invoice = await sent(backend)
    clock.advance(timedelta(days=20))
    return invoice


async def made(backend, invoice):
    return [paper.level for paper in await backend.ask(ada, statements.reminders, invoice.id)]


async def test_a_dry_run_says_what_would_be_told_and_makes_nothing(backend, run, overdue):
    before = dict(backend.ports.objects.stored)
    said = await run("remind", overdue.id, "--dry-run", "--json")
    result = json.loads(said.stdout)
    assert (said.exit_code, result["would"]) == (0, ["invoice.reminder_requested"])
    assert (result["result"]["invoice_id"], result["result"]["level"]) == (overdue.id, 1)
    assert result["change_plan"]["status"] == "draft"
    assert (await made(backend, overdue), backend.ports.objects.stored) == ([], before)


async def test_a_level_is_made_once_and_all_are_listed(backend, run, overdue):
    first = json.loads((await run("remind", overdue.id, "--yes", "--json")).stdout)
    again = json.loads((await run("remind", overdue.id, "--level", "1", "--yes", "--json")).stdout)
    assert (first["id"], first["level"], first["template_id"]) == (again["id"], 1, None)
    known = json.loads((await run("remind", overdue.id, "--level", "1", "--dry-run", "--json")).stdout)
    assert (known["would"], known["result"]["id"]) == (["change nothing"], first["id"])
    await run("remind", overdue.id, "--yes")
    listed = json.loads((await run("reminders", overdue.id, "--json")).stdout)
    assert [(row["level"], row["to_day"], row["filename"]) for row in listed] == [
        (1, "2026-02-04", f"reminder-1-{overdue.number}.pdf"),
        (2, "2026-02-04", f"reminder-2-{overdue.number}.pdf"),
    ]


async def test_what_is_wrong_ends_with_the_code_of_its_kind(run, overdue):
    assert (await run("remind", "inv_nowhere", "--yes")).exit_code == 3
    assert (await run("remind", overdue.id, "--level", "4", "--yes")).exit_code == 2
    for command in ("remind", "reminders"):
        assert (await run(command, "--help")).exit_code == 0


async def test_reminders_are_listed_over_rest_for_whoever_bills(backend, overdue, monkeypatch):
    paper = await statements.make_reminder(backend, petra, overdue.id)
    actors = [petra, alice]

    async def in_turn(*_):
        return actors.pop(0)

    monkeypatch.setattr(rest_door, "authenticate", in_turn)
    app = rest_api()
    app.state.backend = backend
    path = f"/api/v1/admin/billing/invoices/{overdue.id}/reminders"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://scaicontrol.test") as client:
        (listed,) = (await client.get(path)).json()["data"]
        assert (listed["id"], listed["sha256"], listed["template_version"]) == (paper.id, paper.sha256, None)
        assert (await client.get(path)).status_code == 403
