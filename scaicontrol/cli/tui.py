"""The terminal dashboard."""

from typing import Annotated

import typer

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend

from .door import command

app = typer.Typer()


@command(app)
async def tui(
    backend: Backend,
    actor: Actor,
    write: Annotated[bool, typer.Option("--write", help="Allow changes; without it everything is read-only.")] = False,
) -> None:
    """Look at what is wrong now, and act on it: the dashboard for whoever is on call."""
    from tui.app import run

    await run(backend, actor, write=write)
