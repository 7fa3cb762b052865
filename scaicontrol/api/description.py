"""What OpenAPI says beyond the routes: where the API lives, what its groups are, and what every answer carries."""

from collections.abc import Iterator
from typing import Any, Final

SERVERS: Final = [
    {"url": "/", "description": "This installation"},
    {"url": "https://www.scailabs.ai", "description": "Production"},
    {"url": "http://localhost:8000", "description": "A development machine, after `make run`"},
]
TAGS: Final = {
    "auth": "How clients sign people in themselves, and who they are.",
    "catalog": "What can be subscribed to.",
    "subscriptions": "A tenant's own subscriptions.",
    "service-packs": "Services that are sold together.",
    "billing": "A tenant's own documents, payment methods and billing profile.",
    "organization": "A tenant itself, its people and its preferences.",
    "notifications": "What the portal tells people.",
    "metering": "Usage, as services report it and tenants see it.",
    "registry": "How a service says that it exists and lives.",
    "services": "What a tenant holds, and the ways into it.",
    "provisioning": "How a subscription comes to work at its service.",
    "service-billing": "What a service may know of its customers.",
    "uploads": "Icons and images of templates.",
    "schemas": "The shapes of events.",
    "webhooks": "What payment providers send.",
    "admin": "Services, plans and the overview.",
    "admin-accounting": "Exports to the books.",
    "admin-audit": "Who did what.",
    "admin-billing": "Documents and their templates.",
    "admin-bank-statements": "What sellers' banks say came and went, and what it pays.",
    "admin-billing-credits": "What is owed back to tenants, and its way back.",
    "admin-coupons": "What sellers take off the base price of subscriptions.",
    "admin-wallets": "What tenants have beforehand: paid in, or given by their sellers.",
    "admin-billing-payments": "Payments of all tenants.",
    "admin-payment-files": "What sellers' banks are told to pay back.",
    "admin-provider-accounts": "Accounts that sellers have at payment providers.",
    "admin-billing-runs": "Billing runs: planned, compared, applied.",
    "admin-change-plans": "Changes as they would be, for another person to approve and to apply exactly.",
    "admin-events": "The stream of facts, pulled.",
    "admin-groups": "Groups and their roles.",
    "admin-invariants": "What must hold of the books.",
    "admin-jobs": "What runs by the clock.",
    "admin-ledger": "Every movement of money and of what is owed, on two sides.",
    "admin-declarations": "What consumers declared about their contracts without signing in.",
    "admin-packs": "Packs: what is sold together.",
    "admin-partners": "Partners, their configuration and their prices.",
    "admin-platform": "What operators set for the whole platform.",
    "admin-provisioning": "Workflows of all services.",
    "admin-subscriptions": "Subscriptions of all tenants.",
    "admin-tenants": "Tenants and their billing profiles.",
    "admin-usage": "Usage of all tenants.",
    "admin-users": "People and their roles.",
    "admin-webhook-subscriptions": "Subscribers, their deliveries and secrets.",
}
PARAMETERS: Final = {
    "iban": "The seller's account that the file is of; spaces do not count.",
    "Idempotency-Key": "Of your making, 1 to 128 visible ASCII characters: asked again, it is answered, not done.",
    "action": "What was done, such as `invoice.finalized`.",
    "after": "The last key you saw.",
    "category": "Only this category.",
    "check_only": "Only say what is missing; nothing is changed.",
    "currency": "Only this currency, ISO 4217.",
    "document_type": "Only this kind.",
    "format": "The e-invoice's syntax; default: the buyer's.",
    "has_role": "Only with a role, or only without.",
    "health_status": "Only those that are seen like this.",
    "immediate": "At once instead of at the end of the period.",
    "is_active": "Only active ones, or only others.",
    "is_open": "Only those with something left, or only others.",
    "day": "Only this day (UTC).",
    "key": "The document's key within the run.",
    "language": "Only this language.",
    "limit": "Rows at most.",
    "metric": "Only this metric.",
    "name": "Its name.",
    "overdue": "Only what is overdue, or only what is not.",
    "part": "Only this part of the document.",
    "path": "As the upload answered it.",
    "period_type": "Hours, days or months.",
    "q": "Part of a name, or an id.",
    "resource_type": "The kind of thing it happened to.",
    "role": "The role's name.",
    "slug": "Its short name.",
    "status": "Only this status.",
    "step_name": "The step's name.",
    "topic": "The event's topic, such as `invoice.finalized.v1`.",
    "unread_only": "Only what nobody has read.",
    "with": "The run to hold it against; default: the last applied one.",
}
HEADERS: Final[dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Quote it when you ask us; your own `X-Request-Id` when you sent a UUID or one of ours.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "Where a token comes from (RFC 9728).", "schema": {"type": "string"}},
    "Idempotent-Replay": {
        "description": "`true` when this is the stored answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_BEARER: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A ScaiKey token."}


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add to FastAPI's description what holds for all operations; raises KeyError for a group nobody described."""
    used = sorted({tag for operation in _operations(schema) for tag in operation["tags"]})
    schema["servers"] = SERVERS
    schema["tags"] = [{"name": tag, "description": TAGS[tag]} for tag in used]
    schema["components"] |= {"securitySchemes": {"bearer": _BEARER}, "headers": HEADERS}
    for operation in _operations(schema):
        for parameter in operation.get("parameters", ()):
            parameter["description"] = parameter.get("description") or _parameter_description(parameter["name"])
        for status, response in operation["responses"].items():
            response["headers"] = _headers(status, keyed=operation["x-idempotent"]) | response.get("headers", {})
    return schema


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in schema["paths"].values():
        yield from item.values()


def _parameter_description(name: str) -> str:
    kind = name.removesuffix("_id").removesuffix("_slug")
    if kind == name:
        return PARAMETERS[name]
    return f"The {kind.replace('_', ' ')}'s {'id' if name.endswith('_id') else 'short name'}."


def _headers(status: str, *, keyed: bool) -> dict[str, Any]:
    names = ["X-Request-Id"]
    if status in {"409", "429", "503"}:
        names.append("Retry-After")
    if status == "401":
        names.append("WWW-Authenticate")
    if keyed and status.startswith("2"):
        names.append("Idempotent-Replay")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
