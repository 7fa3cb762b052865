"""Deeds about what operators keep: customers, groups, partners' own prices, what is on sale."""

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import catalog, identity, registry, tenants
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.registry.schemas import ServicePatch
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn
from tests.factories import ACME, NORTHWIND, SCAIDRIVE, ada
from tests.factories.catalog import store_override, store_plan
from tests.factories.identity import store_group
from tests.factories.registry import store_service

from .deed import WHY, Deed
from .doors import Cli, Console, Mcp, Rest

_PAGE = PageRequest(page_size=200)
OVERRIDES = "/admin/partners/{partner_id}/price-overrides"


async def _a_buyer(backend: Backend) -> str:
    await backend.perform(ada, tenants.save_billing_profile, ACME, AdminBillingProfileIn(phone=None))
    return ACME


async def _no_tenant(_: Backend) -> str:
    return "tnt_nowhere"


async def _a_group(backend: Backend) -> str:
    count = (await backend.ask(ada, identity.page_groups, _PAGE)).total
    return (await store_group(backend, f"waiting{count}", [])).id


async def _a_group_of_readers(backend: Backend) -> str:
    group = await _a_group(backend)
    await backend.perform(ada, identity.grant_to_group, group, "tenant_viewer")
    return group


async def _no_group(_: Backend) -> str:
    return "grp_nowhere"


async def _a_plan(backend: Backend) -> str:
    count = (await backend.ask(ada, catalog.page, _PAGE)).total
    return (await store_plan(backend, f"waiting{count}")).id


async def _a_slug(backend: Backend) -> str:
    return f"waiting{(await backend.ask(ada, catalog.page, _PAGE)).total}"


async def _a_taken_slug(backend: Backend) -> str:
    return (await backend.ask(ada, catalog.get, await _a_plan(backend))).slug


async def _with_its_slug(backend: Backend) -> str:
    plan = await _a_plan(backend)
    return f"{plan}/{plan.removeprefix('pln_')}"


async def _with_another_slug(backend: Backend) -> str:
    return f"{await _a_plan(backend)}/waiting"


async def _no_plan(_: Backend) -> str:
    return "pln_nowhere"


async def _without_own_price(backend: Backend) -> str:
    return f"{NORTHWIND}/{await _a_plan(backend)}"


async def _with_own_price(backend: Backend) -> str:
    plan = await _a_plan(backend)
    await store_override(backend, plan, price_cents=800)
    return f"{NORTHWIND}/{plan}"


async def _sold(backend: Backend) -> str:
    if (await backend.ask(ada, registry.get, SCAIDRIVE)).status is not ServiceStatus.active:
        await backend.perform(ada, registry.update, SCAIDRIVE, ServicePatch(status=ServiceStatus.active))
    return SCAIDRIVE


async def _waiting(backend: Backend) -> str:
    count = (await backend.ask(ada, registry.page, _PAGE)).total
    return (await store_service(backend, f"waiting{count}", status=ServiceStatus.pending, approved_at=None)).id


PLAN = {
    "service_id": SCAIDRIVE, "name": "Waiting", "billing_period": "monthly", "base_price_cents": 1000,
    "currency": "EUR",
}  # fmt: skip
KEPT = (
    Deed(
        "catalog.create", "plans:manage", _a_slug, {"a slug that is taken": _a_taken_slug},
        (Rest("POST /admin/plans"), Mcp("manage_plans", "create", within="plan")),
        {**PLAN, "slug": "{id}"},
    ),
    Deed(
        "catalog.update", "plans:manage", _with_its_slug, {"another slug": _with_another_slug},
        (Rest("PUT /admin/plans/{plan_id}"), Mcp("manage_plans", "update", body={"plan_id": "{id}"}, within="plan")),
        {**PLAN, "slug": "{inner}", "base_price_cents": 1200},
    ),
    Deed(
        "tenants.save_billing_profile", "billing_profiles:exempt", _a_buyer, {"no such tenant": _no_tenant},
        (
            Rest("PUT /admin/tenants/{tenant_id}/billing-profile"),
            Mcp(
                "manage_billing_profiles", "upsert", "tenant_id", within="profile", needs="billing_profiles:update"
            ),
            Console("tenant", "save_billing_profile", {"phone": "+31 10 555 0100", "is_business": "yes"}),
        ),
        {"phone": "+31 10 555 0100"},
    ),
    Deed(
        "groups.grant", "groups:grant", _a_group, {"no such group": _no_group},
        (
            Rest("POST /admin/groups/{group_id}/role"), Mcp("manage_users", "assign_group_role", "group_id"),
            Console("group", "grant", {"role": "tenant_viewer"}),
        ),
        {"role": "tenant_viewer"},
    ),
    Deed(
        "groups.revoke", "groups:grant", _a_group_of_readers, {"no such group": _no_group, "no role": _a_group},
        (
            Rest("DELETE /admin/groups/{group_id}/role"), Mcp("manage_users", "revoke_group_role", "group_id"),
            Console("group", "revoke"),
        ),
    ),
    Deed(
        "catalog.deactivate", "plans:manage", _a_plan, {"no such plan": _no_plan},
        (Cli("admin plans deactivate"), Mcp("manage_plans", "deactivate", "plan_id"), Console("plan", "deactivate")),
    ),
    Deed(
        "catalog.add_override", "price_overrides:manage", _without_own_price,
        {"another price at that time": _with_own_price},
        (
            Rest(f"POST {OVERRIDES}"),
            Console("price-override", "add", {
                "partner": "{id}", "plan": "{inner}", "price": "9", "currency": "EUR", "valid_from": "2026-02-01",
            }),
        ),
        {"plan_id": "{inner}", "price_cents": 900, "currency": "EUR", "valid_from": "2026-02-01T00:00:00Z"},
    ),
    Deed(
        "registry.suspend", "services:update", _sold, {"never let in": _waiting},
        (
            Rest("PATCH /admin/services/{service_id}"),
            Mcp("manage_services", "update", "service_id", within="service"),
            Console("service", "suspend", WHY),
        ),
        {"status": "suspended", **WHY},
    ),
)  # fmt: skip
