"""The registry at the console: who lives, who waits, what services may change."""

from decimal import Decimal

import pytest

from scaicontrol.services import registry
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.registry.schemas import HeartbeatIn, MetricIn, RegistrationIn
from tests.factories import SCAIDRIVE, ada, scaidrive
from tests.factories.catalog import store_plan
from tests.factories.registry import DRIVE_METRICS, store_service
from tests.surfaces.console_browser import press, said

PAGE = f"/admin/service/details/{SCAIDRIVE}"
WAITS = {"status": ServiceStatus.pending, "approved_at": None, "approved_by": None}


@pytest.fixture
def dialect() -> str:
    """A page adds nothing that depends on the database."""
    return "sqlite"


async def test_the_map_shows_health_and_who_waits(browser, backend):
    await store_service(backend, "newcomer", **WAITS)
    await backend.perform(scaidrive, registry.heartbeat, HeartbeatIn(slug="scaidrive", version="2.0.0"))
    async with browser("ada") as client:
        page = said(await client.get("/admin/registry"))
    assert "Waits for you Newcomer wants to be let in" in page
    assert "Scaidrive healthy" in page
    assert "Heartbeat" in page


async def test_a_key_is_shown_once(browser, backend):
    service = await store_service(backend, "newcomer", **WAITS)
    async with browser("ada") as client:
        answer = await press(client, f"/admin/service/{service.id}/do/approve")
        assert answer.status_code == 200, said(answer)
        assert "sck_" in answer.text
        page = await client.get(f"/admin/service/details/{service.id}")
    assert "sck_" not in page.text
    assert "/do/approve" not in page.text


async def test_a_service_is_turned_away_with_the_reason(browser, backend):
    service = await store_service(backend, "newcomer", **WAITS)
    async with browser("ada") as client:
        assert (await press(client, f"/admin/service/{service.id}/do/reject", reason=" ")).status_code == 422
        done = await press(client, f"/admin/service/{service.id}/do/reject", reason="Unknown operator")
        assert done.status_code == 303
        assert "Turned away: Unknown operator" in said(await client.get(f"/admin/service/details/{service.id}"))


@pytest.mark.parametrize(
    ("verbs", "ends"),
    [
        (("suspend",), "suspended"),
        (("deprecate",), "deprecated"),
        (("suspend", "activate"), "active"),
        (("deprecate", "activate"), "active"),
        (("deregister",), "deregistered"),
    ],
    ids=" then ".join,
)
async def test_a_service_goes_along_its_lifecycle(browser, backend, verbs, ends):
    async with browser("ada") as client:
        for verb in verbs:
            done = await press(client, f"/admin/service/{SCAIDRIVE}/do/{verb}", reason="Planned")
            assert done.status_code == 303, said(done)
        page = await client.get(PAGE)
    assert (await backend.ask(ada, registry.get, SCAIDRIVE)).status == ends
    assert f"/do/{verbs[-1]}" not in page.text


async def test_priced_metrics_change_when_somebody_says_so(browser, backend):
    await store_plan(backend, "metered", usage={"api_calls": [Bracket(Decimal(0), None, 1)]})
    metrics = [MetricIn.model_validate(metric) for metric in DRIVE_METRICS[:1]]
    asked = RegistrationIn(slug="scaidrive", name="Scaidrive", metrics=metrics)
    change = (await registry.re_register(backend, scaidrive, asked)).metric_change
    assert change is not None
    async with browser("ada") as client:
        assert "wants api_calls to mean something else" in said(await client.get("/admin/registry"))
        page = said(await client.get(f"/admin/metric-change/details/{change.id}"))
        assert "counter in call is not measured any more metered" in page
        done = await press(client, f"/admin/metric-change/{change.id}/do/approve")
        assert done.status_code == 303, said(done)
        assert "API calls counter in call, until" in said(await client.get(PAGE))
    service = await backend.ask(ada, registry.get, SCAIDRIVE)
    assert service.metric("api_calls") is None


async def test_the_registry_is_the_platforms(browser):
    async with browser("petra") as client:
        for path in ("/admin/registry", "/admin/service/list", PAGE, "/admin/metric-change/list"):
            assert (await client.get(path)).status_code == 403
