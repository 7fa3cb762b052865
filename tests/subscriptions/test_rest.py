"""The subscription, provisioning and service-billing routes, over HTTP, in the contract's envelopes."""

from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from scaicontrol.api import door, errors
from scaicontrol.api import provisioning as workflows
from scaicontrol.api import subscriptions as subscription_routes
from scaicontrol.api.rate_limits import RateLimit
from scaicontrol.api.service_billing import router as services
from scaicontrol.core.ports import ServiceReply
from scaicontrol.services import provisioning, subscriptions
from tests.factories import ada, alice, gina, nobody, petra, scaidrive, tom
from tests.factories.registry import store_service
from tests.factories.subscriptions import PROVISIONING_URL, market, subscribed

CAST = {actor.id: actor for actor in (ada, alice, gina, petra, scaidrive, tom)}


@pytest_asyncio.fixture
async def http(backend, monkeypatch):
    """A client that says who it is: `http(alice).get("/subscriptions")`."""

    async def authenticate(request, _):
        return CAST.get(request.headers.get("authorization", ""), nobody)

    monkeypatch.setattr(door, "authenticate", authenticate)
    app = FastAPI()
    errors.install(app)
    for router in (subscription_routes.router, subscription_routes.admin, workflows.router, workflows.admin, services):
        app.include_router(router.api, prefix="/api/v1")
    app.state.backend = backend
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:

        def speaking_as(actor):
            async def call(method, path, **options):
                return await client.request(method, path, headers={"authorization": actor.id}, **options)

            return SimpleNamespace(
                get=lambda path, **options: call("GET", path, **options),
                post=lambda path, json=None, **options: call("POST", path, json=json, **options),
            )

        yield speaking_as


async def test_subscribe_look_cancel_resume(backend, http):
    await market(backend)
    made = await http(alice).post("/subscriptions", {"plan_key": "scaidrive.pro", "quantity": 2})
    assert made.status_code == 201
    new = made.json()["data"]
    assert (new["status"], new["plan_key"], new["mrr_amount_cents"]) == ("active", "scaidrive.pro", 2000)
    assert new["workflow_id"].startswith("wfl_")
    listed = (await http(tom).get("/subscriptions", params={"status": "active", "service_slug": "scaidrive"})).json()
    assert [row["id"] for row in listed["data"]] == [new["id"]]
    shown = (await http(alice).get(f"/subscriptions/{new['id']}")).json()["data"]
    assert shown["plan"]["quotas"] == {"storage_gb": 100, "api_calls": 1000}
    assert {entry["action"] for entry in shown["timeline"]} == {"subscription.requested", "subscription.activated"}
    cancelled = await http(alice).post(f"/subscriptions/{new['id']}/cancel", {"reason": "moving on"})
    assert cancelled.json()["data"]["status"] == "cancelling"
    kept = await http(alice).post(f"/subscriptions/{new['id']}/resume")
    assert kept.json()["data"]["available_actions"] == ["cancel", "change_plan"]


async def test_preview_then_apply(backend, http):
    await market(backend, proration="day")
    pro = await subscribed(backend)
    path = f"/subscriptions/{pro.id}/change-plan"
    shown = (await http(alice).post(path, {"plan_key": "scaidrive.team", "preview": True})).json()["data"]
    assert (shown["credit_cents"], shown["charge_cents"], shown["due_now_cents"]) == (1000, 3000, 2000)
    stale = await http(alice).post(path, {"plan_key": "scaidrive.team", "plan_hash": "0" * 64})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "conflict")
    done = await http(alice).post(path, {"plan_key": "scaidrive.team", "plan_hash": shown["plan_hash"]})
    assert done.json()["data"]["next_unit_price_cents"] == 3000


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/subscriptions", {"plan_key": "scaidrive.pro", "plan_id": "pln_pro"}, 422),
        ("/subscriptions", {}, 422),
        ("/subscriptions", {"plan_key": "scaidrive.pro", "quantity": 1.5}, 422),
        ("/subscriptions", {"plan_key": "scaidrive.nope"}, 404),
        ("/subscriptions/sub_nope/cancel", {}, 404),
    ],
)
async def test_what_is_refused(backend, http, path, body, status):
    await market(backend)
    assert (await http(alice).post(path, body)).status_code == status


async def test_operators_do_more_and_tenants_do_not(backend, http):
    await market(backend)
    body = {"tenant_id": "tnt_acme", "plan_key": "scaidrive.secret", "unit_price_cents": 700}
    assert (await http(alice).post("/admin/subscriptions", body)).status_code == 403
    deal = (await http(petra).post("/admin/subscriptions", body)).json()["data"]
    base = f"/admin/subscriptions/{deal['id']}"
    assert (await http(petra).post(f"{base}/suspend", {"reason": "abuse"})).json()["data"]["status"] == "suspended"
    assert (await http(petra).post(f"{base}/resume")).json()["data"]["status"] == "active"
    moved = await http(petra).post(f"{base}/override", {"plan_id": "pln_team", "reason": "as agreed"})
    assert moved.json()["data"]["plan_key"] == "scaidrive.team"
    many = await http(petra).post(
        "/admin/subscriptions/bulk", {"action": "cancel", "ids": [deal["id"], "sub_gone"], "reason": "closing"}
    )
    assert many.json()["data"]["succeeded"] == [deal["id"]]
    assert many.json()["data"]["failed"][0]["id"] == "sub_gone"
    story = (await http(petra).get(base)).json()["data"]["timeline"]
    assert story[0]["actor_id"] == "usr_petra"
    ended = await http(petra).post(f"{base}/cancel", params={"immediate": "true"})
    assert ended.json()["data"]["status"] == "cancelled"
    found = (await http(petra).get("/admin/subscriptions", params={"tenant_id": "tnt_acme"})).json()
    assert found["pagination"]["total"] == 1


async def test_a_service_reports_by_callback_and_people_follow(backend, http):
    await market(backend, provisioning_url=PROVISIONING_URL)
    backend.ports.services.replies[PROVISIONING_URL] = [ServiceReply(202), ServiceReply(200)]
    await subscribed(backend)
    await provisioning.run_due(backend)
    token = backend.ports.services.calls[0][2]["callback_token"]
    wrong = await http(nobody).post("/provisioning/callback", {"callback_token": "wrong", "status": "success"})
    assert wrong.status_code == 401
    accepted = await http(nobody).post("/provisioning/callback", {"callback_token": token, "status": "success"})
    assert accepted.json()["data"] == {"accepted": True}
    await provisioning.run_due(backend)
    latest = (await http(alice).get("/provisioning/status/scaidrive")).json()["data"]
    assert (latest["status"], latest["action"], latest["service_slug"]) == ("completed", "provision", "scaidrive")
    own = (await http(alice).get("/provisioning/workflows")).json()["data"]
    assert [row["workflow_id"] for row in own] == [latest["workflow_id"]]
    detail = f"/provisioning/workflows/{latest['workflow_id']}"
    assert (await http(gina).get(detail)).status_code == 404
    assert (await http(alice).get(f"/admin{detail}")).status_code == 403
    assert (await http(ada).get(f"/admin{detail}")).json()["data"]["failures"] == 0
    forced = await http(ada).post(f"/admin{detail}/force-complete", {"reason": "again"})
    assert forced.status_code == 400


async def test_a_service_asks_about_its_own_tenants_only(backend, http):
    await market(backend)
    await store_service(backend, "scaimail")
    pro = await subscribed(backend)
    base = "/service-billing/tenants"
    live = (await http(scaidrive).get(f"{base}/tnt_acme/subscription")).json()["data"]
    assert (live["subscription_id"], live["state"], live["plan_key"]) == (pro.id, "active", "scaidrive.pro")
    allowed = (await http(scaidrive).get(f"{base}/tnt_acme/entitlements")).json()["data"]
    assert (allowed["entitled"], allowed["quotas"]["storage_gb"]) == (True, 100)
    standing = (await http(scaidrive).get(f"{base}/tnt_acme/billing-status")).json()["data"]
    assert standing == {"has_billing_profile": True, "standing": "good", "currency": "EUR"}
    assert (await http(scaidrive).get(f"{base}/tnt_globex/subscription")).json()["data"] is None
    assert (await http(scaidrive).get(f"{base}/tnt_globex/entitlements")).json()["data"]["entitled"] is False
    assert (await http(scaidrive).get(f"{base}/tnt_globex/billing-status")).status_code == 404
    assert (await http(alice).get(f"{base}/tnt_acme/entitlements")).status_code == 403
    plans = (await http(scaidrive).get("/service-billing/plans")).json()["data"]
    assert "pro" in [plan["slug"] for plan in plans]
    await backend.perform(petra, subscriptions.suspend, pro.id, "abuse")
    allowed = (await http(scaidrive).get(f"{base}/tnt_acme/entitlements")).json()["data"]
    assert (allowed["entitled"], allowed["state"], allowed["quotas"]) == (False, "suspended", {})


async def test_callbacks_from_one_address_are_limited(backend, http, monkeypatch):
    """Whatever they say: a stranger may not try tokens as fast as the machine answers."""
    limit = RateLimit(2)
    monkeypatch.setattr(workflows.limit, "check", limit.check)
    report = {"callback_token": "no such token", "status": "success"}
    asked = [await http(nobody).post("/provisioning/callback", report) for _ in range(3)]
    assert [each.status_code for each in asked] == [401, 401, 429]
    assert asked[-1].json()["error"]["code"] == "rate_limited"
