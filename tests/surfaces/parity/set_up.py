"""Deeds about what was set up, and about what holds for all: workflows, subscribers' settings, the platform's."""

from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.ports import ServiceReply
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import changes, provisioning, tenants
from scaicontrol.services.changes import ApprovalPolicy
from scaicontrol.services.registry.models import Service
from tests.factories import NORTHWIND, SCAIDRIVE, ada, tenant_admin
from tests.factories.payments import store_card
from tests.factories.subscriptions import PROVISIONING_URL, subscribed
from tests.factories.tenants import store_tenant
from tests.factories.webhooks import URL, subscriber

from .deed import WHY, Deed
from .documents import owed, settled
from .doors import Console, Mcp, Rest


async def _at(uow: UnitOfWork, address: str | None) -> None:
    (await uow.session.get_one(Service, SCAIDRIVE)).provisioning_url = address


async def failed(backend: Backend) -> str:
    """A workflow whose first call was refused for good, of a tenant that no other door has set up."""
    await backend.perform(ada, _at, PROVISIONING_URL)
    reply = ServiceReply(400, {"message": "unknown tenant"})
    backend.ports.services.replies[PROVISIONING_URL] = [reply]  # type: ignore[attr-defined]  # in memory
    count = (await backend.ask(ada, tenants.page, PageRequest())).total
    tenant = await store_tenant(backend, f"tnt_buyer{count}", NORTHWIND)
    await subscribed(backend, actor=tenant_admin("bea", tenant.id, NORTHWIND))
    await provisioning.run_due(backend)
    await backend.perform(ada, _at, None)  # other deeds find it as it was
    failed = (await backend.ask(ada, provisioning.page, PageRequest(), tenant_id=tenant.id)).items[0]
    assert failed.status == "failed"
    return failed.id


async def _completed(backend: Backend) -> str:
    workflow_id = await failed(backend)
    await backend.perform(ada, provisioning.force_complete, workflow_id, "Set up by hand.")
    return workflow_id


async def _a_subscriber(backend: Backend) -> str:
    return (await subscriber(backend))[0].id


async def _no_subscriber(_: Backend) -> str:
    return "whe_nowhere"


async def _nobody_set_anything(backend: Backend) -> str:
    known = await backend.ask(ada, changes.platform)
    await backend.perform(ada, changes.set_policy, ApprovalPolicy(), known.version)
    return ""


async def _with_a_card(backend: Backend) -> str:
    await store_card(backend)
    return await owed(backend)


def _policy() -> dict[str, Any]:
    policy = ApprovalPolicy()
    stricter = policy.people.model_copy(update={"subscriptions": 100})
    return policy.model_copy(update={"people": stricter}).model_dump(mode="json")


WORKFLOWS = "/admin/provisioning/workflows/{workflow_id}"
SET_UP = (
    Deed(
        "provisioning.force_complete", "provisioning:manage", failed, {"completed": _completed},
        (
            Rest(f"POST {WORKFLOWS}/force-complete"), Mcp("manage_provisioning", "force_complete", "workflow_id"),
            Console("provisioning-workflow", "force_complete", WHY),
        ),
        WHY,
    ),
    Deed(
        "provisioning.rollback", "provisioning:manage", failed, {"completed": _completed},
        (
            Rest(f"POST {WORKFLOWS}/rollback"), Mcp("manage_provisioning", "rollback", "workflow_id"),
            Console("provisioning-workflow", "rollback"),
        ),
    ),
    Deed(
        "webhooks.update", "webhooks:manage", _a_subscriber,
        {"no such subscriber": _no_subscriber, "changed meanwhile": (_a_subscriber, {"version": 7})},
        (
            Rest("PUT /admin/webhook-subscriptions/{endpoint_id}"),
            Mcp("manage_webhook_subscriptions", "update", "endpoint_id", within="subscriber"),
        ),
        {"name": "CRM", "target_url": URL, "topics": ["invoice.*"], "version": 1},
    ),
    Deed(
        "changes.set_policy", "platform:update", _nobody_set_anything,
        {"set meanwhile": (_nobody_set_anything, {"version": 70})},
        (Rest("PUT /admin/platform/settings"), Mcp("manage_platform", "update_settings")),
        {"settings": {"approval_policy": _policy()}, "version": None},
    ),
    Deed(
        "payments.pay", "payments:pay", _with_a_card, {"paid": settled},
        (Rest("POST /billing/invoices/{invoice_id}/pay"), Mcp("manage_payments", "pay", "invoice_id")),
    ),
)  # fmt: skip
