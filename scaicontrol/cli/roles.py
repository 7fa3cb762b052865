"""Roles: handing them out and taking them away."""

from typing import Any

import typer

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import identity

from .door import command

app = typer.Typer(name="roles", no_args_is_help=True, help="Who may do what; the first super_admin is made here.")


@command(app, "list")
async def list_(uow: UnitOfWork) -> list[dict[str, Any]]:
    """List the roles one may grant, with their scopes."""
    uow.authorize("users:grant")
    return [
        {
            "role": role.name,
            "level": role.level.name,
            "read_only": role.read_only,
            "scopes": ", ".join(role.shown_scopes),
        }
        for role in identity.grantable(uow.actor)
    ]


@command(app, changes=True)
async def grant(uow: UnitOfWork, user_id: str, role: str) -> str:
    """Give a person a role."""
    return f"{await identity.grant(uow, user_id, role)} has the role {role}."


@command(app, changes=True)
async def revoke(uow: UnitOfWork, user_id: str, role: str) -> str:
    """Take a role away from a person."""
    return f"{await identity.revoke(uow, user_id, role)} no longer has the role {role}."
