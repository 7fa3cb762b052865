"""`scaicontrol admin subscriptions` on the backend of the test."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from typer.testing import CliRunner

from scaicontrol.cli import door
from scaicontrol.cli.subscriptions import app
from tests.factories.subscriptions import market, show, subscribed


@pytest.fixture
def cli(backend, monkeypatch):
    @asynccontextmanager
    async def connect():
        yield backend

    monkeypatch.setattr(door, "connect", connect)

    async def run(*words: str):
        # The commands open a loop of their own, so they need a thread of their own.
        return await asyncio.to_thread(CliRunner().invoke, app, list(words))

    return run


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_list_show_suspend_resume_cancel(backend, cli):
    await market(backend)
    pro = await subscribed(backend)
    listed = await cli("list", "--json", "--tenant", "tnt_acme")
    assert [row["plan"] for row in json.loads(listed.stdout)] == ["scaidrive.pro"]
    shown = json.loads((await cli("show", "--json", pro.id)).stdout)
    assert shown["timeline"][-1]["action"] == "subscription.requested"
    dry = await cli("suspend", pro.id, "--reason", "abuse", "--dry-run", "--json")
    assert json.loads(dry.stdout)["would"] == ["subscription.suspended"]
    assert (await show(backend, pro.id)).status == "active"
    for words, status in (
        (("suspend", "--reason", "abuse"), "suspended"),
        (("resume",), "active"),
        (("cancel",), "cancelling"),
        (("cancel", "--immediate"), "cancelled"),
    ):
        done = await cli(words[0], pro.id, *words[1:], "--yes", "--json")
        assert json.loads(done.stdout)["status"] == status
    assert (await cli("show", "sub_nope")).exit_code == 3
