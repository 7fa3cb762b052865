"""People, as the directory knows them."""

from typing import Annotated

import typer

from scaicontrol.core.pagination import PAGE_SIZE_MAX, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import identity

from .door import command

app = typer.Typer(name="users", no_args_is_help=True, help="People; `scaicontrol sync` brings them from ScaiKey.")


@command(app, "list")
async def list_(
    uow: UnitOfWork,
    q: Annotated[str | None, typer.Option("--q", help="Part of a name or e-mail, or an id.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Of this tenant only.")] = None,
    role: Annotated[str | None, typer.Option(help="With this role only.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
) -> list[dict[str, str]]:
    """List people with the roles they were given, 200 a page."""
    request = PageRequest(page, PAGE_SIZE_MAX, "email")
    found = await identity.page_users(uow, request, q=q, tenant_id=tenant, role=role)
    return [
        {
            "id": user.id,
            "email": user.email,
            "name": user.display_name,
            "tenant": user.tenant_id or "",
            "status": user.status,
            "roles": ", ".join(user.roles),
        }
        for user in await identity.shown_users(uow, found.items)
    ]
