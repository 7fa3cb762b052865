"""The terminal dashboard."""

import importlib
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

    processes = importlib.import_module("tasks.processes")  # by name: surfaces do not know each other
    async with processes.waking(backend) as reaching:
        await run(reaching, actor, write=write)
