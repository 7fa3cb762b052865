"""A secret at the command line: rehearsed it stays, rotated it is shown once."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from scaicontrol import cli
from scaicontrol.cli import door
from scaicontrol.db.engine import Database
from scaicontrol.services import webhooks
from tests.factories import ada
from tests.factories.webhooks import subscriber


@pytest.fixture
def dialect():
    """Doors add nothing that depends on the database."""
    return "sqlite"


async def test_a_dry_run_of_a_rotation_rotates_nothing(backend, monkeypatch):
    @asynccontextmanager
    async def connect():
        database = Database(backend.database.url)  # the command has an event loop of its own
        try:
            yield replace(backend, database=database)
        finally:
            await database.dispose()

    async def rotate(how):
        words = ["admin", "webhooks", "rotate", endpoint.id, how, "--json"]
        return json.loads((await asyncio.to_thread(CliRunner().invoke, cli.build(), words)).stdout)

    monkeypatch.setattr(door, "connect", connect)
    endpoint, _ = await subscriber(backend)
    secrets = dict(backend.ports.vault.secrets)
    planned = await rotate("--dry-run")
    assert (planned["would"], planned["result"]["secret"]) == (["webhook_endpoint.secret_rotated"], None)
    assert backend.ports.vault.secrets == secrets
    assert (await backend.ask(ada, webhooks.get, endpoint.id)).rotation_ends_at is None
    assert (await rotate("--yes"))["secret"].startswith("whsec_")
    assert (await backend.ask(ada, webhooks.get, endpoint.id)).rotation_ends_at is not None


def test_a_procedure_that_changes_something_is_not_published_without_a_rehearsal():
    async def procedure(backend, actor):
        """Change something outside."""

    with pytest.raises(TypeError, match="has no rehearsal"):
        door.command(typer.Typer(), changes=True)(procedure)
