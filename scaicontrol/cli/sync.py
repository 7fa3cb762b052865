"""The directory, mirrored."""

from typing import Annotated, Any

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.services import identity_sync

from .door import command

app = typer.Typer()


@command(app, changes=True)
async def sync(
    backend: Backend,
    actor: Actor,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would change, change nothing.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every sync is a full one; scripts may say so.")] = False,  # noqa: ARG001  # nothing to add
    force_deletes: Annotated[
        bool, typer.Option("--force-deletes", help="Delete what vanished even when most of the directory did.")
    ] = False,
) -> dict[str, Any]:
    """Bring partners, tenants, people and groups from ScaiKey."""
    actor.require("identity:sync")
    report = await identity_sync.sync(backend, dry_run=dry_run, force_deletes=force_deletes)
    return report.as_dict()
