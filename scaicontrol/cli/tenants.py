"""Tenants: who buys."""

from typing import Annotated, Any

import typer

from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tenants
from scaicontrol.services.tenants import BillingProfileOut, TenantOut

from .door import command

app = typer.Typer(name="tenants", no_args_is_help=True, help="Tenants and their billing profiles.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    q: Annotated[str | None, typer.Option("--q", help="Part of a name or e-mail, or an id.")] = None,
    partner: Annotated[str | None, typer.Option(help="Of this partner only.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> list[TenantOut]:
    """List tenants, 200 a page."""
    found = await tenants.page(uow, PageRequest(page, PAGE_SIZE_MAX, "name"), q=q, partner_id=partner)
    return [TenantOut.model_validate(tenant) for tenant in found.items]


@command(app)
async def show(uow: UnitOfWork, tenant_id: str) -> dict[str, Any]:
    """Show a tenant with its billing profile."""
    tenant = await tenants.get(uow, tenant_id)
    profile = await tenants.billing_profile(uow, tenant_id)
    shown = TenantOut.model_validate(tenant).model_dump(mode="json")
    if profile is None:
        return {**shown, "billing_profile": "none yet; nothing can be bought"}
    return {**shown, "billing_profile": BillingProfileOut.model_validate(profile).model_dump(mode="json")}
