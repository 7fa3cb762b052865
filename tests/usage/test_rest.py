"""Registry, catalogue, plans, metering and usage over HTTP: from a service's registration to what its use costs."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from scaicontrol.api import catalog, door, errors, metering, plans, registry, services
from scaicontrol.api import usage as usage_routes
from scaicontrol.api.bodies import BodyGuard
from scaicontrol.services import usage
from tests.factories import ACME, NORTHWIND, SCAIDRIVE, ada, alice, bert, nobody, petra, scaidrive, service, tom
from tests.factories.catalog import store_plan
from tests.factories.registry import DRIVE_METRICS, store_service
from tests.factories.tenants import store_cast
from tests.factories.usage import an_event, store_holder, store_world

CAST = {actor.id: actor for actor in (ada, alice, bert, petra, scaidrive, tom, service("", "wave-client"))}


@pytest_asyncio.fixture
async def http(backend, monkeypatch):
    """A client that says who it is: `await http("GET", "/usage/summary", alice)` gives status and body."""

    async def authenticate(request, _):
        return CAST.get(request.headers.get("authorization", ""), nobody)

    monkeypatch.setattr(door, "authenticate", authenticate)
    app = FastAPI()
    errors.install(app)
    app.add_middleware(BodyGuard)
    for router in (
        registry.router, services.router, catalog.router, plans.router, plans.overrides, metering.router,
        usage_routes.router, usage_routes.admin,
    ):  # fmt: skip
        app.include_router(router.api, prefix="/api/v1")
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/api/v1") as client:

        async def call(method, path, actor, **options):
            answer = await client.request(method, path, headers={"authorization": actor.id}, **options)
            return answer.status_code, answer.json() if answer.content else None

        yield call


async def test_a_service_registers_beats_and_leaves(http):
    wave = service("", "wave-client")
    link = {"label": "Open", "url_template": "https://wave.example.com", "entry_type": "web"}
    told = {"slug": "scaiwave", "name": "ScaiWave", "version": "1.0.0", "metrics": DRIVE_METRICS, "entrypoints": [link]}
    status, body = await http("POST", "/registry/register", wave, json=told)
    assert (status, body["data"]["auto_approved"], body["data"]["service_key"][:4]) == (201, True, "sck_")
    status, body = await http("PUT", "/registry/register", wave, json=told)
    assert (status, body["data"]["status"], body["data"]["service_key"]) == (200, "active", None)
    status, body = await http("POST", "/registry/heartbeat", wave, json={"slug": "scaiwave", "cpu_percent": 1.5})
    assert (status, body["data"]["ok"], body["data"]["next_heartbeat_in_seconds"]) == (200, True, 30)
    status, body = await http("GET", "/admin/services?q=wave&sort=name", ada)
    assert [row["health_status"] for row in body["data"]] == ["healthy"]
    status, body = await http("GET", f"/admin/services/{body['data'][0]['id']}", ada)
    assert [row["version"] for row in body["data"]["versions"]] == ["1.0.0"]
    gone = {"slug": "scaiwave", "reason": "done"}
    assert await http("DELETE", "/registry/register", wave, json=gone) == (204, None)


async def test_an_operator_lets_a_service_in_or_not(http):
    wave = service("", "wave-client")
    _, body = await http("POST", "/registry/register", wave, json={"slug": "weather", "name": "Weather"})
    path = f"/admin/services/{body['data']['service_id']}"
    assert (await http("POST", f"{path}/approve", bert))[0] == 403
    status, body = await http("POST", f"{path}/approve", ada)
    assert (status, body["data"]["status"], len(body["data"]["service_key"])) == (200, "active", 47)
    status, body = await http("PATCH", path, ada, json={"status": "suspended", "reason": "maintenance"})
    assert (status, body["data"]["available_actions"]) == (200, ["activate", "deregister"])
    status, body = await http("POST", f"{path}/reject", ada, json={"reason": "too late"})
    assert (status, body["error"]["code"]) == (400, "bad_request")


async def test_plans_are_written_by_the_platform_and_seen_at_the_partners_price(http, backend):
    await store_cast(backend)
    await store_service(backend)
    plan = {"service_id": SCAIDRIVE, "slug": "pro", "name": "Pro", "billing_period": "monthly",
            "base_price_cents": 1000, "currency": "EUR", "metadata": {"a": 1},
            "usage_pricing": [{"metric_slug": "api_calls", "unit_price_cents": 5, "unit_divisor": 1000}]}  # fmt: skip
    status, body = await http("POST", "/admin/plans", bert, json=plan)
    assert (status, body["data"]["plan_key"], body["data"]["metadata"]) == (201, "scaidrive.pro", {"a": 1})
    assert (await http("POST", "/admin/plans", petra, json=plan))[0] == 403
    assert (await http("POST", "/admin/plans", bert, json=plan))[0] == 409
    own = {"plan_id": body["data"]["id"], "price_cents": 900, "currency": "EUR", "valid_from": "2026-01-01T00:00:00Z"}
    prices = f"/admin/partners/{NORTHWIND}/price-overrides"
    status, made = await http("POST", prices, ada, json=own)
    assert status == 201
    assert (await http("POST", prices, ada, json=own))[0] == 409
    assert (await http("GET", prices, petra))[1]["pagination"]["total"] == 1
    for path in ("/catalog/plans/scaidrive.pro", f"/catalog/plans/{own['plan_id']}"):
        shown = (await http("GET", path, alice))[1]["data"]
        assert (shown["base_price_cents"], shown["effective_price_cents"]) == (1000, 900)
    assert (await http("GET", "/catalog/services", nobody))[1]["data"][0]["plans_from_cents"] == 1000
    assert len((await http("GET", "/catalog/services/scaidrive/plans", tom))[1]["data"]) == 1
    assert (await http("GET", "/catalog/services/scaidrive", tom))[1]["data"]["plans"][0]["metadata"] == {"a": 1}
    assert (await http("DELETE", f"{prices}/{made['data']['id']}", ada))[0] == 200
    status, body = await http("PUT", f"/admin/plans/{own['plan_id']}", bert, json={**plan, "is_active": False})
    assert (status, body["data"]["is_active"], body["data"]["version"]) == (200, False, 2)
    assert (await http("GET", "/catalog/plans/scaidrive.pro", alice))[0] == 404
    assert (await http("GET", "/admin/plans", tom))[0] == 403


async def test_use_is_reported_asked_about_and_shown(http, backend):
    await store_cast(backend)
    await store_world(backend)
    batch = {"events": [an_event("e1", "850.5"), an_event("e2", 1.5), "nonsense"]}
    status, body = await http("POST", "/metering/events", scaidrive, json=batch)
    assert (status, body["data"]["accepted"], body["data"]["duplicates"]) == (202, 1, 0)
    assert [(row["index"], row["code"]) for row in body["data"]["rejected"]] == [(1, "bad_quantity"), (2, "malformed")]
    await usage.aggregate(backend)
    status, body = await http("GET", f"/internal/quotas/{ACME}/scaidrive/api_calls", scaidrive)
    assert set(body["data"]) == {
        "tenant_id", "service_slug", "metric_slug", "entitled", "limit", "used", "remaining", "unlimited", "percent",
        "status", "period_start", "period_end", "as_of",
    }  # fmt: skip
    assert (body["data"]["used"], body["data"]["percent"], body["data"]["status"]) == ("850.5", "85.05", "warning")
    assert len((await http("GET", "/usage/quotas", tom))[1]["data"]) == 2
    assert {row["used"] for row in (await http("GET", "/usage/summary", tom))[1]["data"]} == {"850.5", "0"}
    status, body = await http("GET", "/usage/history?metric=api_calls&from=2026-01-01T00:00:00Z", tom)
    assert body["data"][0]["points"] == [{"period_start": "2026-01-10T00:00:00Z", "quantity": "850.5", "events": 1}]
    assert len((await http("GET", "/usage/by-service/scaidrive", tom))[1]["data"]) == 2
    assert (await http("GET", "/usage/summary", ada))[0] == 400
    assert (await http("GET", "/admin/usage/aggregate?period_type=month", bert))[1]["data"][0]["active_tenants"] == 1
    assert len((await http("GET", f"/admin/usage/tenant/{ACME}", petra))[1]["data"]) == 1
    assert (await http("GET", "/admin/usage/aggregate", tom))[0] == 403


async def test_metering_refuses_strangers_and_too_much(http, backend):
    await store_world(backend)
    assert (await http("POST", "/metering/events", nobody, json={"events": []}))[0] == 401
    assert (await http("POST", "/metering/events", alice, json={"events": []}))[0] == 403
    status, body = await http("POST", "/metering/events", scaidrive, json={"events": ["x" * 1024 * 1024]})
    assert (status, body["error"]["code"]) == (413, "payload_too_large")
    assert (await http("POST", "/metering/events", scaidrive, json={"events": [1] * 1001}))[0] == 422


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_only_own_partners_usage_is_shown(http, backend, clock):
    await store_cast(backend)
    await store_service(backend)
    await store_plan(backend)
    await store_holder(backend, "tnt_initech", "prt_southbay")
    await usage.submit(backend, scaidrive, [an_event(tenant_id="tnt_initech", at=clock.now() - timedelta(days=1))])
    await usage.aggregate(backend)
    assert (await http("GET", "/admin/usage/tenant/tnt_initech", petra))[0] == 404
    assert (await http("GET", "/admin/usage/aggregate", petra))[1]["data"] == []
