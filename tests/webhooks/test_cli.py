"""A secret at the command line: rehearsed it stays, rotated it is shown once."""

import json

import pytest

from scaicontrol.services import webhooks
from tests.factories import ada
from tests.factories.webhooks import subscriber


@pytest.fixture
def dialect():
    """Doors add nothing that depends on the database."""
    return "sqlite"


async def test_a_dry_run_of_a_rotation_rotates_nothing(backend, command_line):
    async def rotate(how):
        return json.loads((await command_line("admin", "webhooks", "rotate", endpoint.id, how, "--json")).stdout)

    endpoint, _ = await subscriber(backend)
    secrets = dict(backend.ports.vault.secrets)
    planned = await rotate("--dry-run")
    assert (planned["would"], planned["result"]["secret"]) == (["webhook_endpoint.secret_rotated"], None)
    assert backend.ports.vault.secrets == secrets
    assert (await backend.ask(ada, webhooks.get, endpoint.id)).rotation_ends_at is None
    assert (await rotate("--yes"))["secret"].startswith("whsec_")
    assert (await backend.ask(ada, webhooks.get, endpoint.id)).rotation_ends_at is not None
