"""A number that is not saved yet is looked at for its tenant, and nobody uses the register up for the others."""

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from scaicontrol.api import billing_profiles, door, errors
from scaicontrol.api.rate_limits import RateLimit
from tests.factories import alice, gina, petra, tom
from tests.factories.tenants import store_cast

CAST = {actor.id: actor for actor in (alice, gina, petra, tom)}
NUMBER = {"vat_number": "DE136695976", "country_code": "DE"}


@pytest_asyncio.fixture
async def check(backend, monkeypatch):
    """Somebody's check of a number over HTTP: `check(alice)`."""
    await store_cast(backend)

    async def authenticate(request, _):
        return CAST[request.headers["authorization"]]

    monkeypatch.setattr(door, "authenticate", authenticate)
    monkeypatch.setattr(billing_profiles._CHECKS, "_seen", RateLimit()._seen)
    app = FastAPI()
    errors.install(app)
    app.include_router(billing_profiles.router.api)
    app.state.backend = backend
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:

        async def ask(actor):
            path = "/billing/billing-profile/check-vat-number"
            return await client.post(path, json=NUMBER, headers={"authorization": actor.id})

        yield ask


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_eleventh_number_of_a_tenant_in_a_minute_waits_and_another_tenants_does_not(backend, check):
    assert [(await check(tom)).status_code for _ in range(11)] == [403] * 11  # whoever may not uses nothing up
    answers = [await check(alice) for _ in range(11)]
    assert [each.status_code for each in answers] == [200] * 10 + [429]
    assert answers[0].json()["data"] == {"vat_number": "DE136695976", "answer": "invalid", "name": None}
    assert answers[-1].json()["error"]["message"].startswith("Ten VAT numbers a minute are checked for each tenant")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert len(backend.ports.vat_register.asked) == 10
    assert (await check(gina)).status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_has_no_tenant_is_told_so_however_often(check):
    assert {(await check(petra)).status_code for _ in range(11)} == {400}
