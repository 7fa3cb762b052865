"""One verb, several doors: the same facts when it is allowed, the same sentence when it is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.requests import Request
from typer.testing import CliRunner

from scaicontrol import cli
from scaicontrol.api import door as rest_door
from scaicontrol.api.app import build_api
from scaicontrol.cli import door as cli_door
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.errors import ControlError
from scaicontrol.core.ids import new_id
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.db.engine import Database
from scaicontrol.mcp import invoices as mcp_invoices
from scaicontrol.mcp import subscriptions as mcp_subscriptions
from scaicontrol.services import invoices, subscriptions
from tests.factories import ada
from tests.factories.invoices import a_draft, sent
from tests.factories.subscriptions import market, subscribed
from tui.door import Door
from tui.screens import invoices as invoice_screen
from tui.screens import subscriptions as subscription_screen

# A door runs a verb on an id and gives its refusal, or None.
Through = Callable[[Backend, str, str], Awaitable[str | None]]
REST_PATHS = {
    "finalize": "/api/v1/admin/billing/invoices/{id}/finalize",
    "cancel": "/api/v1/admin/subscriptions/{id}/cancel",
    "remind": "/api/v1/admin/billing/invoices/{id}/reminder",
}
COMMANDS = {
    "finalize": ["admin", "invoices", "finalize"],
    "cancel": ["admin", "subscriptions", "cancel"],
    "remind": ["admin", "invoices", "remind"],
}
TOOLS = {
    "finalize": (mcp_invoices.tool, "invoice_id"),
    "cancel": (mcp_subscriptions.tool, "subscription_id"),
    "remind": (mcp_invoices.tool, "invoice_id"),
}


@pytest.fixture
def dialect() -> str:
    """Doors add nothing that depends on the database."""
    return "sqlite"


async def through_rest(backend: Backend, verb: str, row_id: str) -> str | None:
    app = build_api()
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://scaicontrol.test") as client:
        answer = await client.post(
            REST_PATHS[verb].format(id=row_id), json={}, headers={"Idempotency-Key": new_id("req")}
        )
    return None if answer.is_success else str(answer.json()["error"]["message"])


async def through_cli(backend: Backend, verb: str, row_id: str) -> str | None:
    @asynccontextmanager
    async def connect() -> AsyncIterator[Backend]:
        database = Database(backend.database.url)  # the command has an event loop of its own
        try:
            yield replace(backend, database=database)
        finally:
            await database.dispose()

    cli_door.connect = connect
    words = [*COMMANDS[verb], row_id, "--yes", "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, cli.build(), words)
    return None if result.exit_code == 0 else str(json.loads(result.stderr)["error"]["message"])


async def through_tui(backend: Backend, verb: str, row_id: str) -> str | None:
    verbs = (*invoice_screen.VERBS, *subscription_screen.VERBS)
    chosen = next(one for one in verbs if one.action == verb)
    return await refusal(chosen.do(Door(backend, ada, write=True), row_id, ""))


async def through_mcp(backend: Backend, verb: str, row_id: str) -> str | None:
    tool, named = TOOLS[verb]
    return await refusal(tool.call(backend, ada, {"action": verb, named: row_id, "dry_run": False}))


async def through_task(backend: Backend, verb: str, row_id: str) -> str | None:
    if verb == "finalize":
        return await refusal(invoices.finalize(backend, Actor.system("billing"), row_id))
    if verb == "remind":
        return await refusal(invoices.remind(backend, Actor.system("dunning"), row_id))
    return await refusal(backend.perform(Actor.system("billing"), subscriptions.cancel, row_id))


async def refusal(work: Awaitable[Any]) -> str | None:
    try:
        await work
    except ControlError as error:
        return error.message
    return None


DOORS: dict[str, Through] = {
    "rest": through_rest, "cli": through_cli, "mcp": through_mcp, "tui": through_tui, "task": through_task,
}  # fmt: skip
REMINDING = ["rest", "cli", "mcp", "task"]


@pytest.fixture
async def shop(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Backend:
    async def always_ada(_: Request, __: Backend) -> Actor:
        return ada

    monkeypatch.setattr(rest_door, "authenticate", always_ada)
    monkeypatch.setattr(cli_door, "connect", cli_door.connect)  # put back what a door replaces
    await market(backend)
    return backend


async def make(backend: Backend, verb: str) -> str:
    if verb == "finalize":
        return (await a_draft(backend)).id
    held = await subscribed(backend)
    return held.id


async def told_about(backend: Backend, row_id: str) -> list[tuple[str, set[str]]]:
    async def read(uow: UnitOfWork) -> list[tuple[str, set[str]]]:
        facts = await uow.session.scalars(select(Outbox).where(Outbox.resource_id == row_id).order_by(Outbox.id))
        return [(fact.event_type, set(fact.payload or {})) for fact in facts]

    return await backend.ask(ada, read)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("verb", ["finalize", "cancel"])
async def test_every_door_leaves_the_same_facts_and_refuses_with_the_same_sentence(shop: Backend, verb: str, door: str):
    row_id = await make(shop, verb)
    before = await told_about(shop, row_id)
    assert await DOORS[door](shop, verb, row_id) is None
    facts = [topic for topic, _ in (await told_about(shop, row_id))[len(before) :]]
    expected = {"finalize": {"invoice.finalized", "invoice.render_requested"}, "cancel": {"subscription.changed"}}
    assert set(facts) == expected[verb]
    again = await DOORS[door](shop, verb, row_id)
    assert again == await through_task(shop, verb, row_id)
    assert again is not None


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("verb", ["finalize", "cancel"])
async def test_every_door_knows_nothing_of_what_is_not_there(shop: Backend, verb: str, door: str):
    assert await DOORS[door](shop, verb, "inv_nowhere") == await through_task(shop, verb, "inv_nowhere")


@pytest.mark.parametrize("door", REMINDING)
async def test_a_reminder_is_the_same_through_every_door(shop: Backend, clock: FrozenClock, door: str):
    invoice = await sent(shop)
    too_early = await DOORS[door](shop, "remind", invoice.id)
    assert too_early == f"Cannot remind of {invoice}: nothing of it is overdue."
    assert await DOORS[door](shop, "remind", "inv_nowhere") == await through_task(shop, "remind", "inv_nowhere")
    clock.advance(timedelta(days=20))
    before = await told_about(shop, invoice.id)
    assert await DOORS[door](shop, "remind", invoice.id) is None
    facts = [topic for topic, _ in (await told_about(shop, invoice.id))[len(before) :]]
    assert facts == ["invoice.reminder_requested"]
    assert [paper.level for paper in await shop.ask(ada, invoices.reminders, invoice.id)] == [1]
