"""Deeds of all other features that have two doors."""

from decimal import Decimal
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import identity, partners, registry, templates
from scaicontrol.services.catalog import Bracket
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.registry.lifecycle import ServiceStatus
from scaicontrol.services.registry.schemas import MetricIn, RegistrationIn
from tests.factories import NORTHWIND, ada, service
from tests.factories.catalog import store_plan
from tests.factories.identity import store_user
from tests.factories.registry import DRIVE_METRICS, store_service
from tests.factories.templates import draft as a_template
from tests.factories.templates import written
from tests.factories.webhooks import URL, delivered, subscriber, tell

from .deed import WHY, Deed
from .doors import Cli, Console, Mcp, Rest, Tui


async def _a_name(backend: Backend) -> str:
    return f"fancy {len(await backend.ask(ada, _all_templates))}"


async def _a_taken_name(backend: Backend) -> str:
    return (await a_template(backend, name="taken", by=ada)).name


async def _all_templates(uow: UnitOfWork) -> list[Any]:
    return list(await templates.listing(uow))


async def _saved(backend: Backend) -> str:
    return (await a_template(backend, name=await _a_name(backend))).id


async def _waiting(backend: Backend) -> str:
    count = len((await backend.ask(ada, registry.page, _PAGE)).items)
    waits = {"status": ServiceStatus.pending, "approved_at": None, "approved_by": None}
    return (await store_service(backend, f"waiting{count}", **waits)).id


async def _asked_for(backend: Backend) -> str:
    """Let a service leave out, once more, what a plan of it prices."""
    page = await backend.ask(ada, registry.page, _PAGE)
    if "measured" not in {each.slug for each in page.items}:
        await store_service(backend, "measured")
        priced = {"api_calls": [Bracket(Decimal(0), None, 1)]}
        await store_plan(backend, "of-measured", service_id="svc_measured", usage=priced)
    speaker = service("svc_measured", "measured")
    all_of_them = [MetricIn.model_validate(metric) for metric in DRIVE_METRICS]
    for metrics in (all_of_them, []):
        asked = RegistrationIn(slug="measured", name="Measured", metrics=metrics)
        change = (await registry.re_register(backend, speaker, asked)).metric_change
    assert change is not None
    return change.id


async def _decided(backend: Backend) -> str:
    change = await backend.perform(ada, registry.reject_metric_change, await _asked_for(backend), "Bill by calls")
    return change.id


async def _let_in(backend: Backend) -> str:
    return "svc_scaidrive"


async def _nobody_known(_: Backend) -> str:
    return "usr_nobody"


async def _a_person(backend: Backend) -> str:
    count = (await backend.ask(ada, identity.page_users, _PAGE)).total
    return (await store_user(backend, f"person{count}")).id


async def _a_reader(backend: Backend) -> str:
    person = await _a_person(backend)
    await backend.perform(ada, identity.grant, person, "tenant_viewer")
    return person


async def _paid_in_a_month(backend: Backend) -> str:
    await backend.perform(ada, partners.configure, NORTHWIND, PartnerConfigurationPatch(payment_terms_days=30))
    return NORTHWIND


async def _no_partner(_: Backend) -> str:
    return "prt_nowhere"


async def _a_subscriber(backend: Backend) -> str:
    return (await subscriber(backend))[0].id


async def _with_a_delivery(backend: Backend) -> str:
    endpoint_id = await _a_subscriber(backend)
    await tell(backend, f"inv_{endpoint_id}")
    assert isinstance(backend.clock, FrozenClock)
    await delivered(backend, backend.clock)
    return endpoint_id


async def _nobody(_: Backend) -> str:
    return ""


async def _no_subscriber(_: Backend) -> str:
    return "whe_nowhere"


_PAGE = PageRequest(page_size=200)
TERMS = {  # Northwind's, as the console's form sends them with what is different
    "number_prefix": "SCAI", "fiscal_year_start_month": "1", "invoice_day": "1", "invoice_grouping": "tenant",
    "default_currency": "EUR", "default_language": "en", "timezone": "Europe/Amsterdam", "proration": "none",
    "trial_end_without_payment_method": "cancel", "allow_pay_by_invoice": "no", "auto_finalize": "yes",
    "auto_send": "yes", "auto_charge": "yes", "auto_apply_credit": "yes", "auto_apply_wallet": "yes",
}  # fmt: skip
TEMPLATE = written().model_dump(mode="json", exclude={"name"}, exclude_unset=True)
SERVICES, USERS, SUBSCRIBERS = "/admin/services", "/admin/users", "/admin/webhook-subscriptions"

OTHERS = (
    Deed(
        "templates.create", "templates:manage", _a_name,
        {"a name that is taken": _a_taken_name, "what is not allowed": (_a_name, {"html_content": "{{ nobody }}"})},
        (Rest("POST /admin/billing/templates"), Mcp("manage_templates", "create", within="template")),
        {**TEMPLATE, "name": "{id}"},
    ),
    Deed(
        "templates.save", "templates:manage", _saved,
        {
            "saved meanwhile": (_saved, {"version": 7}),
            "what is not allowed": (_saved, {"html_content": "{{ nobody }}"}),
        },
        (
            Rest("PUT /admin/billing/templates/{template_id}"),
            Mcp("manage_templates", "update", "template_id", within="template"),
        ),
        {"html_content": TEMPLATE["html_content"], "version": 1},
    ),
    Deed(
        "registry.approve", "services:approve", _waiting, {"let in already": _let_in},
        (
            Rest(f"POST {SERVICES}/{{service_id}}/approve"), Cli("admin services approve"),
            Mcp("manage_services", "approve", "service_id"),
            Console("service", "approve"), Tui("services", "approve"),
        ),
    ),
    Deed(
        "registry.reject", "services:approve", _waiting, {"let in already": _let_in},
        (
            Rest(f"POST {SERVICES}/{{service_id}}/reject"),
            Mcp("manage_services", "reject", "service_id"),
            Cli("admin services reject", ("{id}", "--reason", WHY["reason"])), Console("service", "reject", WHY),
            Tui("services", "reject", WHY["reason"]),
        ),
        WHY,
    ),
    Deed(
        "registry.approve_metric_change", "services:approve", _asked_for, {"decided already": _decided},
        (
            Rest("POST /admin/metric-changes/{change_id}/approve"),
            Mcp("manage_services", "approve_metrics", "change_id"),
            Cli("admin services approve-metrics", ("{id}", "--reason", WHY["reason"])),
            Console("metric-change", "approve", WHY),
        ),
        WHY,
    ),
    Deed(
        "registry.reject_metric_change", "services:approve", _asked_for, {"decided already": _decided},
        (
            Rest("POST /admin/metric-changes/{change_id}/reject"),
            Mcp("manage_services", "reject_metrics", "change_id"),
            Cli("admin services reject-metrics", ("{id}", "--reason", WHY["reason"])),
            Console("metric-change", "reject", WHY),
        ),
        WHY,
    ),
    Deed(
        "users.grant", "users:grant", _a_person, {"nobody known": _nobody_known},
        (
            Rest(f"POST {USERS}/{{user_id}}/role"), Mcp("manage_users", "assign_role", "user_id"),
            Cli("admin roles grant", ("{id}", "tenant_viewer")),
            Console("user", "grant", {"role": "tenant_viewer"}),
        ),
        {"role": "tenant_viewer"},
    ),
    Deed(
        "users.revoke", "users:grant", _a_reader, {"nobody known": _nobody_known},
        (
            Rest(f"DELETE {USERS}/{{user_id}}/role", query={"role": "tenant_viewer"}),
            Mcp("manage_users", "revoke_role", "user_id", {"role": "tenant_viewer"}),
            Cli("admin roles revoke", ("{id}", "tenant_viewer")),
            Console("user", "revoke", {"role": "tenant_viewer"}),
        ),
    ),
    Deed(
        "partners.configure", "partners:configure", _paid_in_a_month, {"no such partner": _no_partner},
        (
            Rest("PATCH /admin/partners/{partner_id}/configuration"),
            Mcp("manage_partners", "configure", "partner_id", within="configuration"),
            Cli("admin partners configure", ("{id}", "payment_terms_days=21")),
            Console("partner", "configure_invoicing", TERMS | {"payment_terms_days": "21"}),
        ),
        {"payment_terms_days": 21},
    ),
    Deed(
        "webhooks.rotate_secret", "webhooks:manage", _a_subscriber, {"no such subscriber": _no_subscriber},
        (
            Rest(f"POST {SUBSCRIBERS}/{{endpoint_id}}/rotate-secret"),
            Mcp("manage_webhook_subscriptions", "rotate_secret", "endpoint_id"), Cli("admin webhooks rotate"),
            Console("webhook-subscriptions", "rotate_secret"),
        ),
    ),
    Deed(
        "webhooks.create", "webhooks:manage", _nobody, {},
        (
            Rest(f"POST {SUBSCRIBERS}"), Mcp("manage_webhook_subscriptions", "create", within="subscriber"),
            Console("webhook-subscriptions", "create", {"name": "CRM", "target_url": URL, "topics": "invoice.*"}),
        ),
        {"name": "CRM", "target_url": URL, "topics": ["invoice.*"]},
    ),
    Deed(
        "webhooks.delete", "webhooks:manage", _a_subscriber, {"no such subscriber": _no_subscriber},
        (
            Rest(f"DELETE {SUBSCRIBERS}/{{endpoint_id}}"),
            Mcp("manage_webhook_subscriptions", "delete", "endpoint_id"), Console("webhook-subscriptions", "delete"),
        ),
    ),
    Deed(
        "webhooks.replay", "webhooks:manage", _with_a_delivery, {"no such subscriber": _no_subscriber},
        (
            Rest(f"POST {SUBSCRIBERS}/{{endpoint_id}}/replay"),
            Mcp("manage_webhook_subscriptions", "replay", "endpoint_id"),
            Cli("admin webhooks replay", ("{id}", "--from", "2026-01-15T00:00:00", "--to", "2026-01-16T00:00:00")),
            Console("webhook-subscriptions", "replay", {"start": "2026-01-15T00:00", "end": "2026-01-16T00:00"}),
        ),
        {"from": "2026-01-15T00:00:00Z", "to": "2026-01-16T00:00:00Z"},
    ),
)  # fmt: skip
