"""Deeds about what waits for a person: change plans, charges in quarantine, dead deliveries, books to export."""

import pytest
from sqlalchemy import delete, select

from scaicontrol.core.actor import Actor
from scaicontrol.core.approval import ApprovalRequired
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, changes, invoices, tenants
from scaicontrol.services.billing.models import QuarantineItem
from scaicontrol.services.tenants.models import BillingProfile
from tests.factories import NORTHWIND, ada, tenant_admin
from tests.factories.accounting import an_integration
from tests.factories.changes import bob
from tests.factories.invoices import finalized
from tests.factories.ports import Answered, MemoryOutbound
from tests.factories.subscriptions import subscribed
from tests.factories.tenants import store_tenant
from tests.factories.uploads import picture
from tests.factories.webhooks import all_deliveries, delivered, subscriber, tell

from .deed import WHY, Deed
from .doors import Cli, Console, Mcp, Rest, Tui


class Hashed(str):
    """The id of a plan or a run that knows its hash."""

    __slots__ = ("plan_hash",)
    plan_hash: str


async def _planned(backend: Backend, by: Actor) -> Hashed:
    invoice = await finalized(backend)
    with pytest.raises(ApprovalRequired) as refused:
        await backend.perform(by, invoices.void, invoice.id, WHY["reason"])
    made = Hashed(refused.value.details["change_plan"]["id"])
    made.plan_hash = refused.value.details["change_plan"]["plan_hash"]
    return made


async def _of_bob(backend: Backend) -> Hashed:
    return await _planned(backend, bob)


async def _rejected(backend: Backend) -> Hashed:
    plan = await _planned(backend, bob)
    await backend.perform(ada, changes.reject, plan, "Not today.")
    return plan


async def _approved(backend: Backend) -> Hashed:
    plan = await _planned(backend, ada)
    await backend.perform(bob, changes.approve, plan)
    return plan


async def _undecided(backend: Backend) -> Hashed:
    return await _planned(backend, ada)


async def _all_items(uow: UnitOfWork) -> list[QuarantineItem]:
    return list(await uow.session.scalars(select(QuarantineItem)))


async def _without_profile(uow: UnitOfWork, tenant_id: str) -> None:
    await uow.session.execute(delete(BillingProfile).where(BillingProfile.tenant_id == tenant_id))


async def _buyer(backend: Backend) -> str:
    """Let a tenant that no other door has billed subscribe; gives its id."""
    count = (await backend.ask(ada, tenants.page, PageRequest())).total
    tenant = await store_tenant(backend, f"tnt_buyer{count}", NORTHWIND)
    await subscribed(backend, actor=tenant_admin("bea", tenant.id, NORTHWIND))
    return tenant.id


async def _set_aside(backend: Backend) -> str:
    """Bill a tenant that has no profile any more."""
    known = {item.id for item in await backend.ask(ada, _all_items)}
    await backend.perform(ada, _without_profile, await _buyer(backend))
    await billing.plan(backend, ada, NORTHWIND, backend.clock.now())
    return next(item.id for item in await backend.ask(ada, _all_items) if item.id not in known)


async def _resolved(backend: Backend) -> str:
    item_id = await _set_aside(backend)
    await backend.perform(ada, billing.resolve, item_id, "retry", "They saved one.")
    return item_id


async def _computed(backend: Backend) -> Hashed:
    """Compute a run with one document."""
    await _buyer(backend)
    run = await billing.plan(backend, ada, NORTHWIND, backend.clock.now())
    assert run.plan_hash
    made = Hashed(run.id)
    made.plan_hash = run.plan_hash
    return made


async def _written(backend: Backend) -> Hashed:
    run = await _computed(backend)
    await billing.apply(backend, ada, run, run.plan_hash)
    return run


async def _another_hash(backend: Backend) -> Hashed:
    run = await _computed(backend)
    run.plan_hash = "0" * 64
    return run


def _file(backend: Backend, body: bytes) -> str:
    folder = backend.settings.storage_dir
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"given{len(list(folder.glob('given*')))}"
    path.write_bytes(body)
    return str(path)


async def _a_picture(backend: Backend) -> str:
    """Store a file that no other door has been given: the same picture again is the same address."""
    count = len(list(backend.settings.storage_dir.glob("given*")))
    return _file(backend, picture(colour=100 + count))


async def _no_picture(backend: Backend) -> str:
    return _file(backend, b"Dear all, our new logo is blue.")


async def _delivery_to(backend: Backend, endpoint_id: str) -> str:
    found = [row.id for row in await all_deliveries(backend) if row.subscription_id == endpoint_id]
    return f"{endpoint_id}/{found[0]}"


async def _dead(backend: Backend) -> str:
    endpoint, _ = await subscriber(backend)
    assert isinstance(backend.ports.outbound, MemoryOutbound)
    assert isinstance(backend.clock, FrozenClock)
    backend.ports.outbound.answers[endpoint.target_url] = [Answered(400)] * 50
    await tell(backend, f"inv_{endpoint.id}")
    await delivered(backend, backend.clock)
    backend.ports.outbound.answers.clear()
    return await _delivery_to(backend, endpoint.id)


async def _dispatched(backend: Backend) -> str:
    endpoint, _ = await subscriber(backend)
    await tell(backend, f"inv_{endpoint.id}")
    assert isinstance(backend.clock, FrozenClock)
    await delivered(backend, backend.clock)
    return await _delivery_to(backend, endpoint.id)


async def _books(backend: Backend) -> str:
    return (await an_integration(backend)).id


async def _no_books(_: Backend) -> str:
    return "aci_nowhere"


PLANS, QUARANTINE = "/admin/change-plans", "/admin/billing/quarantine"
BOOKS, DELIVERIES = "/admin/accounting/integrations", "/admin/webhook-subscriptions/{endpoint_id}/deliveries"

AGREED = (
    Deed(
        "changes.approve", "changes:approve", _of_bob, {"decided already": _rejected, "one's own": _undecided},
        (
            Rest(f"POST {PLANS}/{{plan_id}}/approve"), Cli("admin plans-approve approve"),
            Console("change-plan", "approve"), Tui("changes", "approve"),
        ),
    ),
    Deed(
        "changes.reject", "changes:approve", _of_bob, {"decided already": _rejected},
        (
            Rest(f"POST {PLANS}/{{plan_id}}/reject"),
            Cli("admin plans-approve reject", ("{id}", "--reason", WHY["reason"])),
            Console("change-plan", "reject", WHY), Tui("changes", "reject", WHY["reason"]),
        ),
        WHY,
    ),
    Deed(
        "changes.apply", "changes:apply", _approved, {"undecided": _undecided, "somebody else's": _of_bob},
        (
            Rest(f"POST {PLANS}/{{plan_id}}/apply"), Mcp("manage_platform", "apply_change_plan", "plan_id"),
            Cli("admin plans-approve apply", ("{id}", "{hash}")),
            Console("change-plan", "apply", {"plan_hash": "{hash}"}), Tui("changes", "apply"),
        ),
        {"plan_hash": "{hash}"},
    ),
    Deed(
        "billing.resolve", "billing:resolve", _set_aside, {"resolved already": _resolved},
        (
            Rest(f"POST {QUARANTINE}/{{item_id}}/resolve"),
            Mcp("manage_invoices", "resolve_quarantined", "item_id"),
            Cli("admin billing resolve", ("{id}", "waive", WHY["reason"])),
            Console("quarantine-item", "resolve", {"resolution": "waive", **WHY}),
            Tui("quarantine", "resolve", WHY["reason"], "waive"),
        ),
        {"resolution": "waive", **WHY},
    ),
    Deed(
        "billing.apply", "billing:apply", _computed, {"applied already": _written, "another hash": _another_hash},
        (
            Rest("POST /admin/billing/runs/{run_id}/apply"), Mcp("manage_invoices", "apply_run", "run_id"),
            Cli("admin billing apply", ("{id}", "{hash}")),
            Console("billing-run", "apply", {"plan_hash": "{hash}"}), Tui("runs", "apply"),
        ),
        {"plan_hash": "{hash}"},
    ),
    Deed(
        "billing.discard", "billing:apply", _computed, {"applied already": _written},
        (
            Rest("POST /admin/billing/runs/{run_id}/discard"), Mcp("manage_invoices", "discard_run", "run_id"),
            Console("billing-run", "discard"), Tui("runs", "discard"),
        ),
    ),
    Deed(
        "uploads.icon", "icons:upload", _a_picture, {"no picture": _no_picture},
        (Rest("POST /admin/uploads/icon", is_upload=True), Cli("admin uploads icon", ("{path}",))),
    ),
    Deed(
        "uploads.template_image", "template_images:upload", _a_picture, {"no picture": _no_picture},
        (
            Rest("POST /admin/uploads/template-image", is_upload=True),
            Cli("admin uploads template-image", ("{path}",)),
        ),
    ),
    Deed(
        "webhooks.retry", "webhooks:manage", _dead, {"dispatched": _dispatched},
        (
            Rest(f"POST {DELIVERIES}/{{delivery_id}}/retry"),
            Mcp(
                "manage_webhook_subscriptions", "retry", body={"endpoint_id": "{id}", "delivery_id": "{inner}"}
            ),
            Cli("admin webhooks retry", ("{id}", "{inner}")),
            Console("webhook-delivery", "retry", is_inner=True), Tui("deliveries", "retry", is_inner=True),
        ),
    ),
    Deed(
        "accounting.request", "accounting:manage", _books, {"no such books": _no_books},
        (
            Rest(f"POST {BOOKS}/{{integration_id}}/sync"), Mcp("manage_platform", "sync_accounting", "integration_id"),
            Cli("admin accounting sync"),
            Console("accounting-integration", "sync"),
        ),
    ),
)  # fmt: skip
