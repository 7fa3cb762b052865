"""What REST and the command line say of packs that are gone, and of long lists."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from scaicontrol.api import door
from scaicontrol.services import packs
from tests.factories import ada, alice
from tests.factories.api import rest_api
from tests.factories.packs import packed, sold


@pytest.fixture
def dialect() -> str:
    """Doors add nothing that depends on the database."""
    return "sqlite"


@pytest_asyncio.fixture
async def rest(backend, monkeypatch) -> AsyncIterator[httpx.AsyncClient]:
    async def who(request: Any, *_: Any) -> Any:
        return alice if "/admin/" not in request.url.path else ada

    monkeypatch.setattr(door, "authenticate", who)
    app = rest_api()
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://x.test/api/v1") as client:
        yield client


async def test_a_pack_that_was_removed_is_said_to_be_gone_and_one_in_use_to_be_off_sale(backend, rest, command_line):
    gone, kept = await sold(backend), await sold(backend, slug="bureau")
    await packed(backend, "bureau")
    told = (await rest.delete(f"/admin/packs/{gone.id}")).json()["data"]
    assert (told["id"], told["is_active"]) == (gone.id, False)
    assert (await rest.get(f"/admin/packs/{gone.id}")).status_code == 404
    await sold(backend)
    assert "office is gone." in (await command_line("admin", "packs", "remove", "office", "--yes")).stdout
    said = (await command_line("admin", "packs", "remove", "bureau", "--yes")).stdout
    assert "bureau is off sale; who has it keeps it." in said
    assert not (await backend.ask(ada, packs.get, kept.id)).is_active


async def test_subscriptions_to_packs_are_paged(backend, rest):
    await sold(backend)
    ids = []
    for _ in range(3):
        row = await packed(backend)
        await backend.perform(ada, packs.cancel, row.id, immediate=True)
        ids.append(row.id)
    found, page = [], 1
    while True:
        answer = (await rest.get("/service-packs/subscriptions", params={"page": page, "page_size": 2})).json()
        found += [each["id"] for each in answer["data"]]
        if page == answer["pagination"]["total_pages"]:
            break
        page += 1
    assert (sorted(found), answer["pagination"]["total"]) == (sorted(ids), 3)
