"""Tenants: who buys."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict
from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import statements, tenants
from scaicontrol.services.statements.schemas import Statement
from scaicontrol.services.tenants.schemas import BillingProfileOut, TenantOut

from .door import command
from .moments import day_option

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


@command(app)
async def statement(
    backend: Backend,
    actor: Actor,
    tenant_id: str,
    first: Annotated[date, day_option("--from", help="The first day.")],
    last: Annotated[date, day_option("--to", help="The last day, included.")],
    currency: Annotated[str | None, typer.Option(help="Default: the seller's currency.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the PDF here instead.")] = None,
) -> Statement | str:
    """Show what a tenant was billed and paid between two days, or write it as a PDF."""
    asked = tenant_id, first, last, currency
    if output is None:
        return await backend.ask(actor, statements.statement, *asked)
    if output.exists():
        raise Conflict(f"{output} exists; name another file, or move it away.")
    made = await statements.statement_pdf(backend, actor, *asked)
    output.write_bytes(made.body)
    return f"Wrote the statement of {tenant_id} to {output}."
