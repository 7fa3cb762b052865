"""
The command line.

Each module holds one feature's commands in `app`; `PLACE` says where they hang: under `admin` unless it says otherwise.
"""

import importlib
import pkgutil
from typing import Annotated

import typer

from scaicontrol import __version__

__all__ = ["build", "main"]


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"scaicontrol {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """Assemble the command tree from the modules of this package."""
    root = typer.Typer(name="scaicontrol", no_args_is_help=True, pretty_exceptions_show_locals=False)
    admin = typer.Typer(no_args_is_help=True, help="Operate partners, tenants, subscriptions, documents and jobs.")

    @root.callback()
    def options(
        version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
    ) -> None:
        """The control plane that knows what is sold, used, owed and paid."""
        _version(wanted=version)

    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        app = getattr(module, "app", None)
        if not isinstance(app, typer.Typer):
            continue
        place = getattr(module, "PLACE", "admin")
        if place == "commands":  # its commands stand at the root themselves: serve, worker, sync …
            root.registered_commands += app.registered_commands
        else:
            (admin if place == "admin" else root).add_typer(app, name=app.info.name or info.name)
    root.add_typer(admin, name="admin")
    return root


def main() -> None:
    build()()
