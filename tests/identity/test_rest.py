"""What administrators and tenants get over REST: their own, in the contract's shapes, and nothing else."""

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from scaicontrol.api import door
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from tests.factories import ACME, INITECH, NORTHWIND, SOUTHBAY, ada, alice, bert, gina, nobody, petra, pim, sam, tom
from tests.factories.api import rest_api
from tests.factories.identity import store_group, store_user
from tests.factories.tenants import BUYER, store_cast, store_tenant

CAST = {actor.name.lower() or "nobody": actor for actor in (ada, alice, bert, gina, nobody, petra, pim, sam, tom)}


@pytest.fixture
def dialect() -> str:
    """The rows are the same on both databases; here it is the wire's side."""
    return "sqlite"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The REST surface, built once, because that takes a while."""
    return rest_api()


@pytest_asyncio.fixture
async def site(app: FastAPI, backend: Backend, monkeypatch) -> AsyncIterator[httpx2.AsyncClient]:
    """The cast's world; the bearer token is the name."""

    async def by_name(request, _) -> Actor:
        return CAST[request.headers.get("authorization", "Bearer nobody").removeprefix("Bearer ")]

    monkeypatch.setattr(door, "authenticate", by_name)
    await store_cast(backend)
    await store_user(backend, "tom", "tenant_user")
    await store_user(backend, "ian", "tenant_admin", tenant_id=INITECH, partner_id=SOUTHBAY)
    await store_group(backend, "billing", ["tom"])
    app.state.backend = backend
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test/api/v1") as client:
        yield client


async def say(site: httpx2.AsyncClient, who: str, method: str, path: str, **body) -> httpx2.Response:
    return await site.request(method, path, json=body or None, headers={"Authorization": f"Bearer {who}"})


async def ids(site, who: str, path: str) -> set[str]:
    answer = await say(site, who, "GET", path)
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["data"]}


READS = ["/admin/partners", "/admin/tenants", "/admin/users", "/admin/groups", "/admin/users/roles"]


@pytest.mark.parametrize("path", READS)
async def test_tenants_and_strangers_do_not_administer(site, path):
    assert [(await say(site, who, "GET", path)).status_code for who in ("nobody", "alice", "tom")] == [401, 403, 403]


async def test_each_partner_sees_its_own(site):
    assert await ids(site, "ada", "/admin/partners") == {NORTHWIND, SOUTHBAY}
    assert await ids(site, "petra", "/admin/partners") == {NORTHWIND}
    assert await ids(site, "sam", "/admin/tenants") == {INITECH}
    assert await ids(site, "sam", "/admin/users") == {"usr_ian"}
    assert await ids(site, "sam", "/admin/groups") == set()
    foreign = [f"/admin/partners/{NORTHWIND}{more}" for more in ("", "/configuration", "/tenants", "/summary")]
    for path in (*foreign, f"/admin/tenants/{ACME}", "/admin/users/usr_tom", "/admin/groups/grp_billing"):
        assert (await say(site, "sam", "GET", path)).status_code == 404, path


async def test_a_partner_is_shown_configured_and_summed_up(site):
    shown = (await say(site, "petra", "GET", f"/admin/partners/{NORTHWIND}/configuration")).json()["data"]
    assert (shown["payment_terms_days"], shown["missing_for_finalisation"]) == (14, [])
    path = f"/admin/partners/{NORTHWIND}/configuration"
    changed = (await say(site, "petra", "PATCH", path, seller_city=None, version=1)).json()["data"]
    assert (changed["version"], changed["missing_for_finalisation"]) == (2, ["seller_city"])
    assert (await say(site, "petra", "PATCH", path, seller_city="Delft", version=1)).status_code == 409
    refused = await say(site, "petra", "PATCH", path, iban="NL00")
    assert (refused.status_code, refused.json()["error"]["reasons"][0]["field"]) == (422, "iban")
    summary = (await say(site, "petra", "GET", f"/admin/partners/{NORTHWIND}/summary")).json()["data"]
    assert (summary["tenants"], summary["mrr_amount_cents"], summary["currency"]) == (2, 0, "EUR")


async def test_tenants_are_listed_with_how_far_they_can_buy(site, backend):
    await store_tenant(backend, "tnt_new", billed=False)
    answer = (await say(site, "petra", "GET", "/admin/tenants?sort=name")).json()
    assert [(row["id"], row["billing"] is not None) for row in answer["data"]] == [
        (ACME, True), ("tnt_globex", True), ("tnt_new", False),
    ]  # fmt: skip
    assert answer["pagination"]["total"] == 3
    shown = (await say(site, "petra", "GET", "/admin/tenants/tnt_new")).json()["data"]
    assert (shown["partner_name"], shown["billing_profile"]) == ("Northwind", None)


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_operators_save_profiles_and_exempt(site, method):
    path = f"/admin/tenants/{ACME}/billing-profile"
    saved = await say(site, "petra", method, path, tax_exempt=True, tax_exempt_reason="Art. 151")
    assert (saved.status_code, saved.json()["data"]["tax_exempt"]) == (200, True)
    assert (await say(site, "pim", method, path, city="Delft")).status_code == 403
    assert (await say(site, "sam", method, path, city="Delft")).status_code == 404
    assert (await say(site, "alice", method, path, city="Delft")).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_tenant_keeps_its_own_profile(site, method):
    assert (await say(site, "alice", "GET", "/billing/billing-profile")).json()["data"]["city"] == BUYER["city"]
    saved = (await say(site, "alice", method, "/billing/billing-profile", city="Delft")).json()["data"]
    assert (saved["city"], saved["company_name"], saved["version"]) == ("Delft", BUYER["company_name"], 2)
    assert (await say(site, "alice", method, "/billing/billing-profile", tax_exempt=True)).status_code == 403
    assert (await say(site, "tom", method, "/billing/billing-profile", city="Gouda")).status_code == 403
    assert (await say(site, "ada", method, "/billing/billing-profile", city="Gouda")).status_code == 400


async def test_an_organization_is_one_s_own(site):
    shown = (await say(site, "tom", "GET", "/organization")).json()["data"]
    assert (shown["tenant_id"], shown["standing"], shown["partner"]["name"]) == (ACME, "good", "Northwind")
    changed = (await say(site, "alice", "PATCH", "/organization", preferred_language="nl")).json()["data"]
    assert changed["preferred_language"] == "nl"
    assert (shown["contact_email"], shown["people_url"]) == ("office@acme.example", None)
    assert await ids(site, "alice", "/organization/users") == {"usr_tom"}
    partner = (await say(site, "tom", "GET", "/organization/partner")).json()["data"]
    assert set(partner) == {"partner_id", "name", "legal_name", "email", "logo_url", "brand_color"}


async def test_roles_are_granted_and_revoked(site):
    offered = (await say(site, "petra", "GET", "/admin/users/roles")).json()["data"]
    assert [role["name"] for role in offered][:2] == ["partner_admin", "partner_viewer"]
    granted = (await say(site, "petra", "POST", "/admin/users/usr_tom/role", role="tenant_admin")).json()["data"]
    assert (granted["roles"], granted["effective_roles"]) == (["tenant_admin", "tenant_user"],) * 2
    assert (await say(site, "petra", "POST", "/admin/users/usr_tom/role", role="super_admin")).status_code == 403
    revoked = (await say(site, "petra", "DELETE", "/admin/users/usr_tom/role?role=tenant_admin")).json()["data"]
    assert revoked["roles"] == ["tenant_user"]


async def test_a_group_passes_its_role_on(site):
    granted = (await say(site, "petra", "POST", "/admin/groups/grp_billing/role", role="tenant_viewer")).json()["data"]
    assert (granted["role"], [member["id"] for member in granted["members"]]) == ("tenant_viewer", ["usr_tom"])
    tom_ = (await say(site, "petra", "GET", "/admin/users/usr_tom")).json()["data"]
    assert (tom_["effective_roles"], tom_["groups"][0]["member_count"]) == (["tenant_user", "tenant_viewer"], 1)
    assert await ids(site, "petra", "/admin/groups?has_role=true") == {"grp_billing"}
    assert (await say(site, "petra", "DELETE", "/admin/groups/grp_billing/role")).json()["data"]["role"] is None


async def test_a_sync_is_started_by_operators_only(site, backend):
    started = await say(site, "ada", "POST", "/admin/users/sync")
    assert (started.status_code, started.json()["data"]) == (202, {"job_id": "identity_reconciliation"})
    assert ("run_job_now", ("identity_reconciliation",)) in backend.ports.waker.woken
    assert (await say(site, "petra", "POST", "/admin/users/sync")).status_code == 403
