"""Agents and people at the MCP door: what they are shown, what they may do, what a rehearsal leaves (nothing)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import func, select
from starlette.applications import Starlette

from scaicontrol.core.actor import Actor, ActorKind
from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Forbidden, Unauthenticated, Unavailable
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.mcp.server import build_mcp
from scaicontrol.services import changes, invoices, statements
from scaicontrol.services.invoices.models import Invoice, NumberSeries
from scaicontrol.services.invoices.schemas import InvoicePatch
from scaicontrol.services.subscriptions.models import Subscription
from tests.factories import ACME, ada, alice, bert, gina, petra, pim, sam, tom
from tests.factories.invoices import a_draft, again, finalized, sent
from tests.factories.subscriptions import market, show, subscribed

agent = replace(petra, id="agt_robin", kind=ActorKind.agent, on_behalf_of=petra.id)
CAST: dict[str, Actor] = {"agent": agent} | {a.name.lower(): a for a in (alice, bert, gina, petra, pim, sam, tom)}
URL = "http://localhost:8000/mcp"
As = Callable[[str], AbstractAsyncContextManager[Client]]


async def by_name(_: Backend, token: str) -> Actor:
    """A stand-in for ScaiKey: the token is the name."""
    if token == "later":
        raise Unavailable("ScaiKey does not answer.", retry_after=7)
    if token not in CAST:
        raise Unauthenticated("The bearer token's signature is wrong.")
    return CAST[token]


@pytest_asyncio.fixture
async def web(backend: Backend, settings: Settings) -> AsyncIterator[httpx2.ASGITransport]:
    """The server as it hangs in the product, answering in process."""
    await market(backend)
    surface = build_mcp(settings.model_copy(update={"scaikey_issuer": "https://key.example.com"}), by_name)
    surface.bind(backend)
    running, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # in one task: a fixture is entered and left in two
        async with surface.session_manager.run():
            running.set()
            await over.wait()

    living = asyncio.create_task(live())
    await running.wait()
    yield httpx2.ASGITransport(Starlette(routes=surface.routes))
    over.set()
    await living


@pytest.fixture
def signed_in(web: httpx2.ASGITransport) -> As:
    @asynccontextmanager
    async def client(name: str) -> AsyncIterator[Client]:
        async with (
            httpx2.AsyncClient(transport=web, headers={"authorization": f"Bearer {name}"}) as http,
            Client(streamable_http_client(URL, http_client=http)) as client,
        ):
            yield client

    return client


Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def call(signed_in: As) -> Call:
    async def call(who: str, tool: str, action: str, **arguments: Any) -> dict[str, Any]:
        async with signed_in(who) as client:
            result = await client.call_tool(tool, {"action": action, **arguments})
        body: dict[str, Any] = result.structured_content
        assert json.loads(result.content[0].text) == body  # type: ignore[union-attr]  # it is text
        assert result.is_error == ("error" in body)
        return body

    return call


async def apply(call: Call, planned: dict[str, Any]) -> dict[str, Any]:
    plan = planned["change_plan"]
    wanted = {"plan_id": plan["id"], "plan_hash": plan["plan_hash"]}
    return await call("agent", "manage_platform", "apply_change_plan", **wanted)


async def rows(backend: Backend) -> tuple[int, ...]:
    """Count what any change would leave."""

    async def count(uow: UnitOfWork) -> tuple[int, ...]:
        counted = (Invoice, Subscription, Outbox, AuditEntry, NumberSeries)
        return tuple([await uow.session.scalar(select(func.count()).select_from(each)) or 0 for each in counted])

    return await backend.ask(Actor.system("test"), count)


async def actions_of(client: Client) -> dict[str, list[str]]:
    return {t.name: t.input_schema["properties"]["action"]["enum"] for t in (await client.list_tools()).tools}


async def test_each_sees_only_what_it_may_do(signed_in):
    anybodys = {
        "manage_notifications": ["list", "mark_read", "mark_all_read"],
        "manage_platform": ["list_change_plans", "get_change_plan", "apply_change_plan"],
    }
    on_sale = {"manage_services": ["list", "get"], "manage_plans": ["list", "get"]}
    running = {"manage_provisioning": ["list", "get"], "manage_usage": ["summary", "history", "quotas"]}
    async with signed_in("tom") as client:
        assert await actions_of(client) == {
            "manage_subscriptions": ["list", "get"], **on_sale, **running, **anybodys
        }  # fmt: skip
    async with signed_in("alice") as client:
        assert await actions_of(client) == {
            "manage_subscriptions": [
                "list", "get", "create", "preview_change", "change_plan", "undo_change", "cancel", "resume",
            ],
            "manage_billing_profiles": ["get", "upsert"],
            "manage_invoices": ["list", "get", "explain", "statement", "upcoming", "credits", "receivables"],
            "manage_payments": ["list_methods", "pay"],
            **on_sale, **running, **anybodys,
        }  # fmt: skip
    async with signed_in("petra") as client:
        seen = await actions_of(client)
    assert {"override", "suspend", "bulk"} <= set(seen["manage_subscriptions"])
    assert {"finalize", "refund", "credit_note", "void", "verify"} <= set(seen["manage_invoices"])
    assert "approve" not in seen["manage_services"]  # only the platform lets a service in


async def test_a_read_only_role_is_shown_nothing_that_changes(signed_in):
    async with signed_in("pim") as client:
        tools = (await client.list_tools()).tools
    changing = [tool.name for tool in tools if not tool.annotations.read_only_hint]
    assert changing == ["manage_notifications"]  # what one has read is one's own matter
    assert {"manage_subscriptions", "manage_invoices", "manage_platform"} < {tool.name for tool in tools}


async def test_a_person_changes_at_once(call, backend):
    draft = await a_draft(backend)
    body = await call("petra", "manage_invoices", "finalize", invoice_id=draft.id)
    assert body["ok"]
    assert body["data"]["status"] == "finalized"
    assert (await again(backend, draft)).number == body["data"]["number"]


async def test_an_agent_rehearses_and_leaves_nothing(call, backend):
    draft, before = await a_draft(backend), None
    before = await rows(backend)
    body = await call("agent", "manage_invoices", "finalize", invoice_id=draft.id)
    plan = body["change_plan"]
    assert list(body)[:3] == ["ok", "action", "change_plan"]  # before the data, which looks like done
    assert body["data"]["status"] == "finalized"
    assert "invoice.finalized" in [fact["topic"] for fact in plan["facts"]]
    assert plan["totals"] == [{"currency": "EUR", "kind": "invoice", "direction": "in", "amount_cents": 2299}]
    assert await rows(backend) == before
    assert (await again(backend, draft)).status == "draft"


async def test_a_plan_is_applied_as_it_was_shown(call, backend):
    draft = await a_draft(backend)
    planned = await call("agent", "manage_invoices", "finalize", invoice_id=draft.id)
    twice = await call("agent", "manage_invoices", "finalize", invoice_id=draft.id)
    assert twice["change_plan"] == planned["change_plan"]
    applied = await apply(call, planned)
    assert (applied["data"]["status"], applied["data"]["action"]) == ("applied", "invoices.finalize")
    assert (await again(backend, draft)).status == "finalized"
    assert (await apply(call, planned))["error"]["code"] == "bad_request"  # once


async def test_an_agent_that_does_not_plan_is_told_which_plan_would_do_it(call, backend):
    draft = await a_draft(backend)
    refused = await call("agent", "manage_invoices", "finalize", invoice_id=draft.id, dry_run=False)
    assert refused["error"]["code"] == "APPROVAL_REQUIRED"
    assert (await again(backend, draft)).status == "draft"
    assert (await apply(call, refused["error"]))["data"]["status"] == "applied"


async def test_a_numbered_document_is_voided_only_when_another_person_agrees(call, backend):
    invoice = await sent(backend)
    planned = await call("agent", "manage_invoices", "void", invoice_id=invoice.id, reason="Twice")
    assert planned["change_plan"]["policy_rule"] == "voids"
    assert (await apply(call, planned))["error"]["code"] == "APPROVAL_REQUIRED"
    plan_id = planned["change_plan"]["id"]
    for nobody in (agent, petra):  # who planned it, and whom it was planned for
        with pytest.raises(Forbidden):
            await backend.perform(nobody, changes.approve, plan_id)
    await backend.perform(ada, changes.approve, plan_id)
    assert (await apply(call, planned))["data"]["status"] == "applied"
    assert (await again(backend, invoice)).status == "void"


async def test_a_text_is_no_yes_or_no(call, backend):
    draft = await a_draft(backend)
    for said in ("false", 0, "no"):
        refused = await call("agent", "manage_invoices", "finalize", invoice_id=draft.id, dry_run=said)
        assert refused["error"]["code"] == "validation_error"


async def test_a_plan_that_no_longer_holds_is_refused(call, backend):
    draft = await a_draft(backend)
    planned = await call("agent", "manage_invoices", "void", invoice_id=draft.id, reason="Mistake")
    await finalized(backend)
    await invoices.finalize(backend, petra, draft.id)
    refused = await apply(call, planned)
    assert refused["error"]["code"] == "PLAN_STALE"
    assert "invoices.void" not in refused["error"]["message"]
    wrong = await call(
        "agent", "manage_platform", "apply_change_plan", plan_id=planned["change_plan"]["id"], plan_hash="0" * 64
    )
    assert wrong["error"]["code"] == "PLAN_HASH_MISMATCH"
    assert (await again(backend, draft)).status == "finalized"


async def test_a_credit_note_can_be_rehearsed_and_written(call, backend):
    invoice = await sent(backend)
    lines = [{"line_id": invoice.lines[0].id, "amount_cents": 500}]
    asked = {"invoice_id": invoice.id, "lines": lines, "reason": "Outage", "finalize": True}
    planned = await call("agent", "manage_invoices", "credit_note", **asked)
    assert planned["data"]["total_cents"] == -605
    assert (await again(backend, invoice)).amount_due_cents == 2299
    written = await call("petra", "manage_invoices", "credit_note", **asked)
    assert written["data"]["status"] == "paid"
    assert (await again(backend, invoice)).amount_due_cents == 2299 - 605


async def test_a_reminder_is_rehearsed_then_made_as_it_was_shown(call, backend, clock):
    invoice = await sent(backend)
    clock.advance(timedelta(days=20))
    before = await rows(backend)
    planned = await call("agent", "manage_invoices", "remind", invoice_id=invoice.id)
    assert [fact["topic"] for fact in planned["change_plan"]["facts"]] == ["invoice.reminder_requested"]
    assert planned["data"]["level"] == 1
    assert (await rows(backend), await backend.ask(petra, statements.reminders, invoice.id)) == (before, [])
    assert (await apply(call, planned))["data"]["status"] == "applied"
    listed = (await call("petra", "manage_invoices", "reminders", invoice_id=invoice.id))["data"]
    assert [(paper["level"], paper["template_id"]) for paper in listed] == [(1, None)]


async def test_an_account_is_shown_to_its_tenant_and_its_seller_only(call, backend):
    invoice = await sent(backend)
    days = {"first": "2026-01-01", "last": "2026-01-31"}
    own = await call("alice", "manage_invoices", "statement", **days)
    sellers = await call("petra", "manage_invoices", "statement", tenant_id=ACME, **days)
    assert own["data"] == sellers["data"]
    assert own["data"]["closing_cents"] == invoice.total_cents
    assert (await call("gina", "manage_invoices", "statement", tenant_id=ACME, **days))["error"]["code"] == "not_found"
    nameless = await call("petra", "manage_invoices", "statement", **days)
    assert nameless["error"]["reasons"][0]["field"] == "tenant_id"


async def test_the_sentence_of_a_refusal_is_the_services_own(call, backend):
    invoice = await sent(backend)
    body = await call("petra", "manage_invoices", "update", invoice_id=invoice.id, document={"notes": "x"})
    assert body["error"]["code"] == "bad_request"
    assert body["error"]["message"].startswith(f"Cannot update invoice {invoice.number}: it is sent;")
    assert body["error"]["request_id"].startswith("req_")


async def test_the_gate_names_every_reason(call, backend):
    draft = await a_draft(backend, lines=[])
    await backend.perform(petra, invoices.update, draft.id, InvoicePatch(lines=[]))
    body = await call("petra", "manage_invoices", "finalize", invoice_id=draft.id)
    assert body["error"]["code"] == "bad_request"
    assert body["error"]["reasons"]


async def test_wrong_arguments_name_the_field(call):
    body = await call("petra", "manage_invoices", "void", invoice_id="inv_1", reson="typo")
    assert body["error"]["code"] == "validation_error"
    assert {reason["field"] for reason in body["error"]["reasons"]} == {"reason", "reson"}


async def test_foreign_documents_do_not_exist(call, backend):
    invoice = await sent(backend)
    assert (await call("sam", "manage_invoices", "get", invoice_id=invoice.id))["error"]["code"] == "not_found"
    assert (await call("gina", "manage_invoices", "get", invoice_id=invoice.id))["error"]["code"] == "not_found"
    assert (await call("sam", "manage_invoices", "list"))["page"]["total"] == 0
    assert (await call("alice", "manage_invoices", "list"))["data"][0]["number"] == invoice.number


async def test_what_is_not_offered_is_denied(call, backend):
    draft = await a_draft(backend)
    denied = await call("alice", "manage_invoices", "finalize", invoice_id=draft.id)
    assert denied["error"]["code"] == "PERMISSION_DENIED"
    assert (await call("alice", "manage_invoices", "explode"))["error"]["code"] == "validation_error"
    assert (await call("alice", "manage_moons", "list"))["error"]["code"] == "TOOL_NOT_FOUND"


async def test_a_tenant_subscribes_and_cancels_for_itself(call, backend):
    made = await call("alice", "manage_subscriptions", "create", plan_key="scaidrive.pro")
    assert made["data"]["tenant_id"] == ACME
    subscription_id = made["data"]["id"]
    ended = await call("alice", "manage_subscriptions", "cancel", subscription_id=subscription_id)
    assert ended["data"]["status"] == "cancelling"
    denied = await call("alice", "manage_subscriptions", "cancel", subscription_id=subscription_id, immediate=True)
    assert denied["error"]["code"] == "PERMISSION_DENIED"


async def test_a_bulk_rehearsal_tells_each_outcome(call, backend):
    subscription, before = await subscribed(backend), None
    before = await rows(backend)
    asked = {"verb": "suspend", "ids": [subscription.id, "sub_gone"], "reason": "Abuse"}
    planned = await call("petra", "manage_subscriptions", "bulk", dry_run=True, **asked)
    assert planned["data"]["succeeded"] == [subscription.id]
    assert planned["data"]["failed"] == [{"id": "sub_gone", "error": "No subscription sub_gone."}]
    assert [fact["topic"] for fact in planned["change_plan"]["facts"]] == ["subscription.suspended"]
    assert await rows(backend) == before
    done = await call("petra", "manage_subscriptions", "bulk", **asked)
    assert done["data"] == planned["data"]
    assert (await show(backend, subscription.id)).status == "suspended"


async def test_the_audit_log_names_surface_agent_and_person(call, backend):
    draft = await a_draft(backend)
    planned = await call("agent", "manage_invoices", "void", invoice_id=draft.id, reason="Mistake")
    await apply(call, planned)

    async def read(uow: UnitOfWork) -> AuditEntry:
        entry = select(AuditEntry).where(AuditEntry.resource_id == draft.id, AuditEntry.surface == "mcp")
        return (await uow.session.scalars(entry)).one()

    entry = await backend.ask(Actor.system("test"), read)
    assert (entry.actor_id, entry.on_behalf_of, entry.reason) == (agent.id, petra.id, "Mistake")
    assert entry.change_plan_id == planned["change_plan"]["id"]


ASK = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"accept": "application/json, text/event-stream"}


async def post(web: httpx2.ASGITransport, path: str = "", **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=web) as http:
        return await http.post(URL + path, json=ASK, headers=ACCEPT | headers)


async def test_without_a_valid_token_nothing_is_said(web):
    metadata = "http://localhost:8000/.well-known/oauth-protected-resource/mcp"
    for headers in ({}, {"authorization": "Bearer forged"}, {"authorization": "Basic cGV0cmE="}):
        answer = await post(web, **headers)
        assert answer.status_code == 401
        assert f'resource_metadata="{metadata}"' in answer.headers["www-authenticate"]
    assert "signature is wrong" in (await post(web, authorization="Bearer forged")).text


async def test_a_silent_scaikey_is_not_a_refusal(web):
    answer = await post(web, authorization="Bearer later")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_only_our_own_name_and_pages_are_served(web):
    assert (await post(web, authorization="Bearer petra")).status_code == 200
    assert (await post(web, "/", authorization="Bearer petra")).status_code == 200
    assert (await post(web, authorization="Bearer petra", host="evil.example")).status_code == 421
    assert (await post(web, authorization="Bearer petra", origin="https://evil.example")).status_code == 403


async def test_the_resource_says_who_issues_its_tokens(web):
    async with httpx2.AsyncClient(transport=web) as http:
        for suffix in ("", "/mcp"):
            answer = await http.get(f"http://localhost:8000/.well-known/oauth-protected-resource{suffix}")
            assert answer.json()["authorization_servers"] == ["https://key.example.com/"]
            assert answer.json()["resource"] == URL
            assert "admin:billing" in answer.json()["scopes_supported"]


async def test_before_there_is_a_backend_it_asks_to_come_back(settings):
    surface = build_mcp(settings.model_copy(update={"scaikey_issuer": "https://key.example.com"}), by_name)
    web = httpx2.ASGITransport(Starlette(routes=surface.routes))
    assert (await post(web, authorization="Bearer petra")).status_code == 503


async def test_the_bearer_token_is_the_one_rest_takes(backend, settings, ports):
    await market(backend)
    surface = build_mcp(settings.model_copy(update={"scaikey_issuer": "https://key.example.com"}))
    surface.bind(backend)
    ports.tokens.claims["petra"] = {"sub": petra.id, "partner_id": petra.partner_id, "roles": ["partner_admin"]}
    ports.tokens.claims["drive"] = {"sub": "scaidrive", "client_id": "scaidrive", "scope": "registry:manage"}
    async with surface.session_manager.run():
        web = httpx2.ASGITransport(Starlette(routes=surface.routes))
        seen = (await post(web, authorization="Bearer petra")).json()["result"]["tools"]
        assert len(seen) == 15
        assert (await post(web, authorization="Bearer drive")).json()["result"]["tools"] == []
        assert (await post(web, authorization="Bearer other")).status_code == 401
