"""`scaicontrol openapi`: the description of the REST surface, for whoever generates a client."""

import importlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

# What the tenant portal asks for; `frontend/openapi.json` describes exactly these.
PORTAL: Final = (
    "/api/v1/auth/me",
    "/api/v1/auth/me/preferences",
    "/api/v1/billing/address-formats/{country_code}",
    "/api/v1/billing/billing-profile",
    "/api/v1/billing/billing-profile/check-vat-number",
    "/api/v1/billing/billing-profile/vat",
    "/api/v1/billing/credit-balance",
    "/api/v1/billing/credits",
    "/api/v1/billing/documents/csv",
    "/api/v1/billing/documents/zip",
    "/api/v1/billing/invoices",
    "/api/v1/billing/invoices/{invoice_id}",
    "/api/v1/billing/invoices/{invoice_id}/apply-credit",
    "/api/v1/billing/invoices/{invoice_id}/download",
    "/api/v1/billing/invoices/{invoice_id}/explain",
    "/api/v1/billing/invoices/{invoice_id}/lines/{line_id}/usage",
    "/api/v1/billing/invoices/{invoice_id}/lines/{line_id}/usage/records",
    "/api/v1/billing/invoices/{invoice_id}/links",
    "/api/v1/billing/invoices/{invoice_id}/links/revoke",
    "/api/v1/billing/invoices/{invoice_id}/pdf",
    "/api/v1/billing/invoices/{invoice_id}/pay",
    "/api/v1/billing/overview",
    "/api/v1/billing/payment-methods",
    "/api/v1/billing/payment-methods/{method_id}",
    "/api/v1/billing/payment-methods/{method_id}/default",
    "/api/v1/billing/payment-providers",
    "/api/v1/billing/payment-providers/{slug}/confirm",
    "/api/v1/billing/payment-providers/{slug}/setup",
    "/api/v1/billing/receivables",
    "/api/v1/billing/statement/csv",
    "/api/v1/billing/statement/pdf",
    "/api/v1/billing/upcoming",
    "/api/v1/billing/wallet",
    "/api/v1/billing/wallet/lots",
    "/api/v1/catalog/services",
    "/api/v1/catalog/services/{slug}/plans",
    "/api/v1/catalog/services/{slug}/quotes",
    "/api/v1/notifications",
    "/api/v1/notifications/read-all",
    "/api/v1/notifications/{notification_id}/read",
    "/api/v1/organization",
    "/api/v1/organization/portal-views",
    "/api/v1/organization/users",
    "/api/v1/service-packs",
    "/api/v1/service-packs/subscriptions",
    "/api/v1/service-packs/subscriptions/{pack_subscription_id}/cancel",
    "/api/v1/service-packs/{slug}",
    "/api/v1/service-packs/{slug}/subscribe",
    "/api/v1/services",
    "/api/v1/subscriptions",
    "/api/v1/subscriptions/{subscription_id}",
    "/api/v1/subscriptions/{subscription_id}/cancel",
    "/api/v1/subscriptions/{subscription_id}/change-plan",
    "/api/v1/subscriptions/{subscription_id}/coupons",
    "/api/v1/subscriptions/{subscription_id}/preview-change",
    "/api/v1/subscriptions/{subscription_id}/resume",
    "/api/v1/subscriptions/{subscription_id}/undo-change",
    "/api/v1/usage/by-service/{slug}",
    "/api/v1/usage/by-service/{slug}/budget",
    "/api/v1/usage/by-service/{slug}/periods",
    "/api/v1/usage/quotas",
    "/api/v1/usage/summary",
)
_REFERENCE: Final = re.compile(r'"#/components/schemas/([^"]+)"')
app = typer.Typer()


@app.command()
def openapi(
    portal: Annotated[bool, typer.Option("--portal", help="Only what the tenant portal uses.")] = False,
) -> None:
    """Print the OpenAPI description as sorted JSON."""
    api = importlib.import_module("scaicontrol.api.app")  # by name: surfaces do not know each other
    schema = api.build_api().openapi()
    typer.echo(as_text(part(schema, PORTAL) if portal else schema), nl=False)


def part(schema: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """Cut a description down to some paths and the schemas they mention, directly or not."""
    kept = {path: schema["paths"][path] for path in paths}
    known: dict[str, Any] = schema["components"]["schemas"]
    needed = {name: known[name] for name in _reached(kept, known)}
    return {**schema, "paths": kept, "components": {**schema["components"], "schemas": needed}}


def _reached(found: Any, known: dict[str, Any]) -> set[str]:
    reached: set[str] = set()
    waiting = list(_mentioned(found))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _mentioned(known[name])
    return reached


def _mentioned(found: Any) -> Iterator[str]:
    return (match[1] for match in _REFERENCE.finditer(json.dumps(found)))


def as_text(schema: dict[str, Any]) -> str:
    """Write a description so that the same surface gives the same bytes."""
    return json.dumps(schema, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
